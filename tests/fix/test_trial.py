"""What a trial of a change decides anew, and where the sources say something else than the plan."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.cases import TESTDATA, Case, check_with_world
from tests.fix.found import copied, plan_in
from tfcheck.fix import find_fixes
from tfcheck.fix.edits.insertion import Change, ChangedAttribute, Insertion
from tfcheck.fix.proof.plan_differences import outdated_objects, without_outdated
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


OUTDATED = [
    ([Doubted("var", ("iam",), "name")], ["module.iam.name"]),
    ([Doubted("repetition", ("iam",)), Doubted("argument", (), POLICY.resource, "role")], ["module.iam.for_each"]),
    ([Doubted("argument", (), "aws_iam_role_policy.audit", "name")], ["aws_iam_role_policy.audit"]),
    ([Doubted("local", (), "job_secrets"), Doubted("file", (), "main.tf")], []),
]


def test_a_block_of_which_the_plan_shows_another_value_is_not_edited() -> None:
    folder = TESTDATA / "lists-at-calls"
    planned, sources = plan_in(folder), from_directory(folder)
    report, world = check_with_world(planned, sources)
    found = find_fixes(report.findings, world, answers=report.answers)
    for doubts, names in OUTDATED:
        left = without_outdated(found, report.findings, Resolver(planned, sources, doubts=doubts))
        assert len(found.found) - len(left.found) == len(names)
        words = "run `terraform plan` again: the sources of {} differ from what the plan shows"
        assert {each.words for _, each in left.remedies} == {words.format(each) for each in names}


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
    edited = Insertion(block.source, block.body_end, f"  tags = {{ name = var.secrets.{name} }}\n")
    touched = tuple(ChangedAttribute(parse(f"{each}aws_ecs_task_definition.this"), "tags") for each in paths)
    change = Change(insertions=(edited,), touched=touched)
    assert Trial.after(world, change).is_invalid(change) is invalid
