"""The schema for editors, and the keys that are read."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, FormatChecker

from scripts import docs
from tfcheck.config.keys import KEYS, OF_TARGETS, SECTIONS, TARGETS, ConfigKey, Kind
from tfcheck.config.reading import settings_of
from tfcheck.config.schema import schema
from tfcheck.config.waivers import WAIVER
from tfcheck.vocabulary.errors import UsageError

RULES = ("image", "env-file", "env-file-arn")
VALIDATOR = Draft7Validator(schema(RULES), format_checker=FormatChecker())
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
    ["images"],
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


SELECTORS = ["image", "env-file", "env-*", "*", "env-file-arn*", "env-flie", "env", "images*", "", "**", "e*v*"]
TEXTS = st.sampled_from(["x", " ", "", "arn:aws:s3:::acme/*", 3, True, ["x"], {"x": "y"}])
#: Mostly values that keys of each kind accept, and some that they do not.
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    kind: st.sampled_from([*GOOD.get(kind, []), *BAD]) for kind in Kind if kind not in (Kind.RULES, Kind.SEVERITIES)
} | {
    Kind.RULES: st.lists(st.sampled_from(SELECTORS), max_size=2),
    Kind.SEVERITIES: st.dictionaries(
        st.sampled_from(SELECTORS), st.sampled_from(["info", "error", "fatal"]), max_size=2
    ),
}
WAIVERS = st.fixed_dictionaries(
    {},
    optional={
        "rule": st.sampled_from([*SELECTORS, 1]),
        "reason": TEXTS,
        "until": st.sampled_from(
            ["2027-03-01", date(2027, 3, 1), datetime(2027, 3, 1), "2027-02-30", "20270301", "soon", 1]
        ),
        "address": TEXTS,
        "container": TEXTS,
        "resource": TEXTS,
        "fingerprint": TEXTS,
        "verdict": st.sampled_from(["unknown", "denied", ""]),
        "where": st.sampled_from(["change == 'existing'", "!fix", "", f"message == '{'x' * 1_000}'", 1]),
        "adress": TEXTS,
    },
)


def of_keys(keys: Iterable[ConfigKey]) -> st.SearchStrategy[dict[str, Any]]:
    values = {each.name: st.sampled_from(each.choices) if each.choices else VALUES[each.kind] for each in keys}
    return st.sets(st.sampled_from(sorted(values)), max_size=2).flatmap(
        lambda names: st.fixed_dictionaries({name: values[name] for name in names})
    )


def in_table(name: str, contents: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: contents})


FILES = st.one_of(
    of_keys(each for each in KEYS if not each.section),
    *(in_table(name, of_keys(each for each in KEYS if each.section == name)) for name in SECTIONS),
    in_table(TARGETS, st.dictionaries(st.sampled_from([".", "infra:prod", ""]), of_keys(OF_TARGETS), max_size=2)),
    in_table(WAIVER, st.lists(WAIVERS, max_size=2)),
)


def toml(value: Any) -> str:
    """Write a value as TOML, in one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(name)} = {toml(each)}" for name, each in value.items()) + "}"
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case date():
            return value.isoformat()
        case _:
            return json.dumps(value)


@given(FILES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_accepts_the_files_that_are_read_and_no_others(tmp_path: Path, file: dict[str, Any]) -> None:
    text = "".join(f"{name} = {toml(value)}\n" for name, value in file.items())
    shown = json.loads(json.dumps(tomllib.loads(text), default=str))  # as editors do, which know no dates
    assert VALIDATOR.is_valid(shown) is is_read(text, tmp_path), text


@pytest.mark.parametrize(
    "text", ["fail_on = 'error'", "[fix]\nwhen = 'always'", "fix = 3", "[targets.x]\nformat = 'json'"]
)
def test_neither_accepts_an_unknown_key(text: str, tmp_path: Path) -> None:
    assert not VALIDATOR.is_valid(tomllib.loads(text))
    assert not is_read(text, tmp_path)
