"""What a trial of a change decides anew, and where the sources say something else than the plan."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.cases import TESTDATA, Case
from tests.fix.found import copied, plan_in
from tfcheck.fix.edits.insertion import Change, ChangedAttribute, Insertion
from tfcheck.fix.proof.plan_differences import outdated_objects
from tfcheck.fix.proof.trial import Trial, repeats_the_check
from tfcheck.hcl.modules import from_directory
from tfcheck.resolve import Resolver
from tfcheck.resolve.declarations import Doubted
from tfcheck.vocabulary.address import parse

POLICY = parse("aws_iam_role_policy.ledger")
CHANGES = (ChangedAttribute(POLICY, "policy"),)


def resolver(folder: Path, doubts: Iterable[Doubted] = ()) -> Resolver:
    return Resolver(plan_in(folder), from_directory(folder), doubts=doubts)


def test_a_policy_that_is_replaced_is_decided_anew(tmp_path: Path) -> None:
    folder = copied("documents-for-policies", tmp_path)
    assert repeats_the_check(resolver(folder), CHANGES)
    plan = json.loads((folder / "plan.json").read_text())
    (row,) = (each for each in plan["resource_changes"] if each["address"] == str(POLICY))
    row["change"] |= {"actions": ["delete", "create"], "before": {**row["change"]["after"], "policy": "{}"}}
    (folder / "plan.json").write_text(json.dumps(plan))
    assert not repeats_the_check(resolver(folder), CHANGES)


def test_an_object_with_an_argument_that_the_plan_contradicts_is_outdated(tmp_path: Path) -> None:
    folder = copied("documents-for-policies", tmp_path)
    assert outdated_objects(CHANGES, (), resolver(folder)) == frozenset()
    doubts = [Doubted("argument", (), POLICY.resource, "role")]
    assert outdated_objects(CHANGES, (), resolver(folder, doubts)) == {POLICY}


@pytest.mark.parametrize(("name", "invalid"), [("DB", False), ("SMTP", True)])
def test_what_is_an_error_for_another_caller_is_invalid(name: str, *, invalid: bool) -> None:
    world, _ = Case(TESTDATA / "lists-of-environments").fixed()
    paths = [f'module.prod.module.service["{key}"].' for key in ("shop", "till")]
    block = world.resolver.block(parse(f"{paths[0]}aws_ecs_task_definition.this"))
    assert block is not None
    text = f'resource "aws_iam_role_policy" "new" {{\n  policy = jsonencode([var.secrets.{name}])\n}}\n\n'
    added = tuple(parse(f"{each}aws_iam_role_policy.new") for each in paths)
    change = Change(insertions=(Insertion(block.source, block.start, text),), added=added)
    assert Trial.after(world, change).is_invalid(change) is invalid
