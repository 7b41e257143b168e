"""Plans that leave something out, whether or not they say so."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.cases import TESTDATA
from tests.laws import part
from tests.plan.made import SMALLEST, change
from tests.rows import every_row
from tfcheck.plan import load
from tfcheck.vocabulary.errors import InputError

PLANS = sorted(TESTDATA.glob("*/*plan.json"))


def read(document: dict[str, Any]) -> None:
    load(None, io.BytesIO(json.dumps(document).encode()))


def plan(*rows: dict[str, Any], kept: list[dict[str, Any]], module: str = "") -> dict[str, Any]:
    inner = {"resources": kept} | ({"address": module} if module else {})
    root = {"child_modules": [inner]} if module else inner
    found = SMALLEST | {"resource_changes": list(rows), "prior_state": {"values": {"root_module": root}}}
    return {name: part for name, part in found.items() if name != "complete"}


def kept(address: str, **more: Any) -> dict[str, Any]:
    kind, name = address.rpartition("[")[0].split(".")[-2:] if "[" in address else address.split(".")[-2:]
    return {"address": address, "mode": "managed", "type": kind, "name": name} | more


@pytest.mark.long
def test_a_whole_plan_that_does_not_say_so_is_read() -> None:
    for path in part(PLANS, 4):
        read_without_saying_so(path)


def read_without_saying_so(path: Any) -> None:
    document = json.loads(path.read_bytes())
    document.pop("complete", None)
    read(document)


@pytest.mark.parametrize("path", [each for each in PLANS if each.name == "applied.plan.json"][::9])
def test_an_object_of_the_prior_state_that_is_not_listed_makes_a_plan_partial(path: Any) -> None:
    document = json.loads(path.read_bytes())
    document.pop("complete", None)
    managed = [row for row in document["resource_changes"] if row["mode"] == "managed"]
    document["resource_changes"].remove(managed[-1])
    with pytest.raises(InputError, match="is not a complete plan: it leaves out") as caught:
        read(document)
    assert f"`{managed[-1]['address']}`" in caught.value.message
    with pytest.raises(InputError, match="is not a complete plan: it leaves out"):
        read(document | {"complete": True})  # by a filter


@every_row(
    "document",
    [
        plan(change("aws_x.new", previous_address="aws_x.old"), kept=[kept("aws_x.old")]),
        plan(change("aws_x.a"), kept=[kept("aws_x.a"), kept("aws_x.a", deposed_key="12ab")]),
        plan(change("aws_x.a", "forget"), kept=[kept("aws_x.a")]),
        plan(change("aws_x.a[0]", index=0), kept=[kept("aws_x.a", index=0)]),  # as Terraform 0.12 wrote it
        plan(change("module.m.aws_x.a"), kept=[kept("aws_x.a")], module="module.m"),  # likewise
        plan(kept=[{"address": "data.t.x", "mode": "data", "type": "t", "name": "x"}]),
        {name: part for name, part in plan(kept=[kept("aws_x.a")]).items() if name != "resource_changes"}
        | {"planned_values": {}},  # -refresh-only
    ],
)
def test_what_is_listed_otherwise_is_not_left_out(document: dict[str, Any]) -> None:
    read(document)


@pytest.mark.parametrize(
    ("document", "missing"),
    [
        (plan(change("aws_x.b"), kept=[kept("aws_x.a"), kept("aws_x.b")]), "aws_x.a"),
        (plan(change("aws_x.a[0]", index=0), kept=[kept("aws_x.a[1]", index=1)]), "aws_x.a[1]"),
        (plan(kept=[kept("module.m.aws_x.a")], module="module.m"), "module.m.aws_x.a"),
    ],
)
def test_what_is_left_out_is_named(document: dict[str, Any], missing: str) -> None:
    with pytest.raises(InputError) as caught:
        read(document)
    assert f"it leaves out `{missing}`" in caught.value.message
