"""Looking things up in a plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.laws import part
from tests.plan.made import PLANS, change, plan
from tests.rows import every_row
from tfcheck.plan import load
from tfcheck.plan.overlay import marks_anything
from tfcheck.symbolic.value import is_known
from tfcheck.vocabulary.address import Address, ModulePath, parse, parse_module
from tfcheck.vocabulary.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def state(**modules: list[str]) -> dict[str, Any]:
    """Make a prior state: data sources of type `t` by module; the root is `root`."""

    def resources(addresses: list[str]) -> list[dict[str, Any]]:
        return [
            {"address": each, "mode": "data", "type": "t", "name": parse(each).name, "values": {"from": each}}
            for each in addresses
        ]

    root = {
        "resources": [{"address": "t.x", "mode": "managed", "type": "t"}, *resources(modules.pop("root", []))],
        "child_modules": [
            {"address": name.replace("_", "."), "resources": resources(addresses)}
            for name, addresses in modules.items()
        ],
    }
    return {"format_version": "1.0", "values": {"root_module": root}}


@pytest.mark.long
def test_every_instance_of_a_real_plan_is_found_by_every_way() -> None:
    for path in part(PLANS, 4):
        find_every_instance(path)


def find_every_instance(path: Path) -> None:
    (found,) = load(path).plans
    rows = [row for row in json.loads(path.read_bytes())["resource_changes"] if "deposed" not in row]
    for row in rows:
        instance = found.instance(row["address"])
        assert instance
        address = instance.address
        assert str(address) == row["address"]
        assert (address.mode, address.type, address.name, address.key) == (
            row["mode"],
            row["type"],
            row["name"],
            row.get("index"),
        )
        assert str(address.module) == row.get("module_address", "")
        assert instance in found.instances(address.type, mode=address.mode)
        assert instance in found.siblings(address.module, address.mode, address.type, address.name)
        assert address.module in found.module_instances()
        assert address.config in found.changed_configs
        assert instance.before == row["change"]["before"]
        if instance.actions == ("forget",):
            assert instance.after == row["change"]["before"]
            continue
        assert (instance.after is None) == (row["change"]["after"] is None)
        assert instance.after is None or is_known(instance.after) != (
            "true" in json.dumps(row["change"]["after_unknown"])
        )


@pytest.mark.long
def test_every_data_source_of_a_real_plan_is_found_by_every_way() -> None:
    for path in PLANS:
        find_every_data_source(path)


def find_every_data_source(path: Path) -> None:
    (found,) = load(path).plans
    for row in data_rows(json.loads(path.read_bytes()).get("prior_state", {}).get("values", {}).get("root_module", {})):
        read = found.data(row["address"])
        assert read
        assert str(read.address) == row["address"]
        assert read.values == row["values"]
        assert read.sensitive == (row["sensitive_values"] if marks_anything(row["sensitive_values"]) else False)
        assert read in found.data_sources(row["type"])
        assert read in found.data_siblings(read.address.module, row["type"], row["name"])


def data_rows(module: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [row for row in module.get("resources", []) if row["mode"] == "data"]
    return rows + [row for child in module.get("child_modules", []) for row in data_rows(child)]


def test_instances_come_in_the_order_of_the_types_and_of_the_plan() -> None:
    found = plan(change("b.two"), change("a.one"), change("b.one"), change("data.b.three", "read", mode="data"))
    assert [str(each.address) for each in found.instances("a", "b")] == ["a.one", "b.two", "b.one"]
    assert [str(each.address) for each in found.instances("b", mode="data")] == ["data.b.three"]
    assert found.instances("c") == []


@pytest.mark.parametrize("mode", ["managed", "data", "ephemeral"])
def test_modes_are_distinguished(mode: str) -> None:
    address = "t.x" if mode == "managed" else f"{mode}.t.x"
    found = plan(change(address, mode=mode) | {"type": "t"}, change("t.z", mode="a mode to come") | {"type": "t"})
    (instance,) = found.instances("t", mode=mode)
    assert (instance.address.mode, str(instance.address)) == (mode, address)


@every_row("written", ["", "no address"])
def test_a_row_without_an_address_has_that_of_its_parts(written: str) -> None:
    rows = [change(each) | {"address": written} for each in ("a.x", "a.y", "b.x")]
    assert [str(each.address) for each in plan(*rows).instances("a", "b")] == ["a.x", "a.y", "b.x"]


def test_a_resource_has_the_type_that_its_row_says() -> None:
    found = plan(change("a.x") | {"address": "module.m.b.x", "module_address": "module.m"}, change("b.y"))
    assert [str(each.address) for each in found.instances("a")] == ["module.m.a.x"]
    assert [str(each.address) for each in found.instances("b")] == ["b.y"]


def test_deposed_objects_are_skipped() -> None:
    found = plan(change("a.x", "delete", deposed="00000000", before={}), change("a.x", "create", after={}))
    assert [each.actions for each in found.instances("a")] == [("create",)]


def test_an_instance_is_the_same_object_every_time() -> None:
    found = plan(change("a.x"))
    assert found.instance("a.x") is found.instances("a")[0]


@every_row("address", ["a.y", "a.x[0]", "data.a.x", "module.m.a.x", "no address", ""])
def test_what_the_plan_does_not_list_is_none(address: str) -> None:
    assert plan(change("a.x")).instance(address) is None


def test_siblings_are_the_instances_of_one_resource_in_one_module_instance() -> None:
    rows = []
    for address in ('module.m["a"].t.x[0]', 'module.m["a"].t.x[1]', 'module.m["b"].t.x[0]', 'module.m["a"].t.y'):
        parsed = parse(address)
        rows.append(change(address, name=parsed.name) | {"type": parsed.type})
    found = plan(*rows)
    siblings = found.siblings(parse_module('module.m["a"]'), "managed", "t", "x")
    assert [each.address.key for each in siblings] == [0, 1]
    assert found.siblings(ModulePath(), "managed", "t", "x") == []


def test_an_address_in_another_writing_is_built_from_its_parts() -> None:
    row = {"address": "m/t/x/0", "type": "t", "name": "x", "index": 0, "module_address": "module.m", "change": {}}
    (instance,) = plan(row).instances("t")
    assert instance.address == Address(parse_module("module.m"), "managed", "t", "x", 0)
    assert plan(row).changed_configs == {"module.m.t.x"}
    with pytest.raises(InputError, match="the plan lists `m/t/x/0`, which is not the address"):
        plan({"address": "m/t/x/0", "type": "t"}).instances("t")


def test_a_hand_made_row_may_have_only_an_address() -> None:
    found = plan({"address": "a.x"}, {"address": "data.b.y", "type": "b"}, {"address": "anything"}, {})
    assert [str(each.address) for each in found.instances("a")] == ["a.x"]
    assert [str(each.address) for each in found.instances("b", mode="data")] == ["data.b.y"]
    assert found.instances("b") == []
    assert found.module_instances() == {ModulePath()}


def test_data_that_was_read_is_distinguished_from_data_that_waits_for_apply() -> None:
    prior = state(root=["data.t.old", "data.t.stale"])
    found = plan(change("t.x"), change("data.t.stale", "read", mode="data", after={}), prior_state=prior)
    assert [str(each.address) for each in found.data_sources("t")] == ["data.t.old"]
    assert found.data("data.t.stale") is None
    old = found.data("data.t.old")
    assert old
    assert old.values == {"from": "data.t.old"}
    assert old.sensitive is None
    assert found.data("t.x") is None


def test_prior_state_is_read_however_deep_its_modules_are() -> None:
    module: dict[str, Any] = {"resources": state(root=["data.t.deep"])["values"]["root_module"]["resources"][1:]}
    for _ in range(300):
        module = {"child_modules": [module]}
    found = plan(prior_state={"values": {"root_module": module}})
    assert [str(each.address) for each in found.data_sources("t")] == ["data.t.deep"]


def test_module_instances_come_with_those_around_them() -> None:
    rows = [change("t.x"), change('module.m["k"].module.n.a.x', module_address='module.m["k"].module.n')]
    prior = state(module_d=["module.d.data.t.x"], module_empty=[])
    found = plan(*rows, prior_state=prior)
    expected = {"", 'module.m["k"]', 'module.m["k"].module.n', "module.d"}
    assert {str(path) for path in found.module_instances()} == expected


def test_variables_are_as_given() -> None:
    found = plan(variables={"a": {"value": 5}, "b": {"value": None}, "c": {}, "d": None})
    assert found.variables == {"a": 5, "b": None, "c": None, "d": None}


def test_nulls_among_rows_are_passed_over() -> None:
    prior = {"values": {"root_module": {"resources": [None], "child_modules": [None, {"resources": None}]}}}
    found = plan(None, change("a.x"), prior_state=prior)  # type: ignore[arg-type]
    assert len(found.instances("a")) == 1
    assert found.data_sources("a") == []


def test_a_section_of_another_shape_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="the plan's prior state cannot be read"):
        plan(prior_state=[1]).data_sources("a")
    with pytest.raises(InputError, match="the plan's configuration cannot be read"):
        _ = plan(configuration={"root_module": 1}).configuration


def test_an_address_that_nobody_can_read_is_refused() -> None:
    with pytest.raises(InputError, match="an address in the plan has 100,00"):
        plan(change(f"a.{'x' * 100_000}")).instances("a")


def test_instances_one_at_a_time_are_those_of_the_plan() -> None:
    rows = [change(f"aws_sqs_queue.{name}", before={"name": name}, after={"name": name}) for name in ("a", "b")]
    once, kept = plan(*rows), plan(*rows)
    assert [each.after for each in once.each_instance("aws_sqs_queue", "t")] == [{"name": "a"}, {"name": "b"}]
    instances = kept.instances("aws_sqs_queue")
    assert list(kept.each_instance("aws_sqs_queue")) == instances
