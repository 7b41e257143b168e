"""The schema for editors, and the keys that are read."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from scripts import docs
from tfcheck.config.keys import KEYS, ConfigKey, Kind
from tfcheck.config.reading import settings_of
from tfcheck.config.schema import schema
from tfcheck.vocabulary.errors import UsageError

VALIDATOR = Draft7Validator(schema())
RULES = ("image", "env-file")
GOOD: dict[Kind, Any] = {
    Kind.FLAG: [True, False],
    Kind.TEXT: ["prod"],
    Kind.ACCOUNT: ["123456789012"],
    Kind.NUMBER: [0, 50],
    Kind.PATH: ["infra"],
    Kind.PATHS: [["a.json"], []],
    Kind.RULES: [["image", "env-*"], []],
    Kind.SEVERITIES: [{"image": "info"}, {}],
}
BAD: list[Any] = [
    3.5,
    "",
    "whatever",
    ["", "x"],
    [1],
    {"image": "fatal"},
    -1,
    51,
    "12345678901",
    "１２３４５６７８９０１２",
    True,
]


def test_the_package_contains_it() -> None:
    assert docs.SCHEMA.read_text(encoding="utf-8") == docs.schema_text(), "run `make docs`"
    Draft7Validator.check_schema(json.loads(docs.schema_text()))


def document(key: ConfigKey, value: Any) -> str:
    """Write a file that sets one key."""
    shown = json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        shown = "{" + ", ".join(f"{name} = {json.dumps(each)}" for name, each in value.items()) + "}"
    table = f"[{key.section}]\n" if key.section else ""
    return f"{table}{key.name} = {shown}\n"


def is_read(text: str, folder: Path) -> bool:
    (folder / "tfcheck.toml").write_text(text, encoding="utf-8")
    try:
        return settings_of(folder, lambda: RULES, shared=False) is not None
    except UsageError:
        return False


@pytest.mark.parametrize("key", KEYS, ids=lambda key: str(key.path))
def test_it_agrees_with_what_is_read(key: ConfigKey, tmp_path: Path) -> None:
    good = list(key.choices) if key.kind is Kind.CHOICE else GOOD[key.kind]
    for value in (*good, *BAD):
        text = document(key, value)
        assert VALIDATOR.is_valid(tomllib.loads(text)) is is_read(text, tmp_path), text
    assert all(is_read(document(key, value), tmp_path) for value in good)


WAIVER = {"rule": "image", "reason": "x", "address": "y"}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"until": "2027-03-01"},
        {"where": "change == 'existing'", "address": None},
        {"rule": None},
        {"reason": None},
        {"address": None},
        {"adress": "x"},
        {"container": 3},
        {"reason": ""},
        {"container": ""},
    ],
    ids=str,
)
def test_both_agree_about_waivers(change: dict[str, Any], tmp_path: Path) -> None:
    keys = {name: value for name, value in (WAIVER | change).items() if value is not None}
    text = "[[waiver]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in keys.items())
    assert VALIDATOR.is_valid(tomllib.loads(text)) is is_read(text, tmp_path)


@pytest.mark.parametrize(
    "text", ["fail_on = 'error'", "[fix]\nwhen = 'always'", "fix = 3", "[targets.x]\nformat = 'json'"]
)
def test_neither_accepts_an_unknown_key(text: str, tmp_path: Path) -> None:
    assert not VALIDATOR.is_valid(tomllib.loads(text))
    assert not is_read(text, tmp_path)
