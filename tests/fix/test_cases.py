"""Every fix for a case applies, is formatted as its file was, adds only, and makes the plan's sources grant it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from tests.cases import TESTDATA, Case, check_with_world, with_expectation
from tests.fix.planned_again import planned_again
from tests.laws import part, some
from tests.other_schema import of_version_4, without_nulls
from tfcheck import startup
from tfcheck.fix import PlanFixes, find_fixes
from tfcheck.fix.edits.insertion import apply_insertions, group_by_file
from tfcheck.fix.proposal import DraftFix
from tfcheck.hcl.modules import Sources, from_directory
from tfcheck.hcl.modules.find import planned_source
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.plan_world import After
from tfcheck.plan import Plan, load
from tfcheck.resolve import Resolver
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.finding import Requirement, Verdict

#: Rows that no edit of a file find_fixes, and why.
BY_HAND = {
    "objects-forgotten": "an explicit deny is changed by whoever wrote it, and Terraform forgets the rest",
    "objects-left-behind": "an explicit deny is changed by whoever wrote it, and Terraform forgets the rest",
    "access-changed": "an explicit deny is changed by whoever wrote it",
    "arguments-left-null": "the module is called several times, and puts out no role name",
    "bounded-and-not-granted": "a boundary of AWS is changed by nobody",
    "bucket-in-other-account": "the bucket of another account has no policy that could be added to",
    "key-via-service-wildcard": "a statement is not written again without its condition",
    "regions-of-resources": "a statement is not written again without its condition",
    "keys-of-the-call": "a statement is not written again without its condition",
    "keys-of-other-services": "a statement is not written again without its condition",
    "look-ups-compared": "an explicit deny is changed by whoever wrote it",
    "bucket-policy-looked-up": "an explicit deny is changed by whoever wrote it",
    "bucket-policy-denies": "an explicit deny is changed by whoever wrote it",
    "conditions-decided": "a statement is not written again without its condition",
    "condition-not-met": "a statement is not written again without its condition",
    "container-instances": "the trust policy of one instance role is a choice between two",
    "document-that-denies": "an explicit deny is changed by whoever wrote it",
    "explicit-deny": "an explicit deny is changed by whoever wrote it",
    "images-of-open-account": "the repository may be of another account, and have a policy of its own there",
    "images-of-registries": "the repository of another account has a policy of its own there",
    "numbers-in-policies": "a statement is not written again without its condition",
    "s3-files-volumes": "an explicit deny is changed by whoever wrote it",
    "open-policies": "an explicit deny is changed by whoever wrote it",
    "other-partition": "the file is named in another partition, which no policy of this one is about",
    "owners-replaced": "the sources grant it already, and the next plan restores it",
    "policies-through-functions": "an explicit deny is changed by whoever wrote it",
    "role-takes-over-policies": "the sources grant it already, and the next plan restores it",
    "roles-forgotten": "the repository may be of another account, and have a policy of its own there",
}
CASES = [each for each in with_expectation() if any(row.verdict == "denied" for row in each.expected.requirements)]
ON_EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=repr)


def found(name: str) -> PlanFixes:
    return Case(TESTDATA / name).fixed()[1]


def edits(case: Case) -> list[DraftFix]:
    return [each for each in found(case.name).found if each.insertions]


def patched(case: Case, folder: Path) -> Path:
    """Copy a case and change its files as the fixes say."""
    shutil.copytree(case.folder, folder / case.folder.name)
    written_into(folder / case.folder.name, edits(case))
    return folder / case.folder.name


@ON_EVERY_CASE
def test_everything_denied_has_a_proven_fix_except_what_is_listed(case: Case) -> None:
    done = {answer.requirement for each in edits(case) for answer in each.answers}
    left = {
        answer.requirement.id
        for finding in case.report().findings
        for answer in finding.answers
        if answer.requirement not in done
    }
    assert bool(left) == (case.name in BY_HAND), left
    assert [each.fix.title for each in edits(case) if not (each.fix.proven and each.fix.diff)] == []
    assert all(each.fix.hcl for each in found(case.name).found)


@pytest.fixture(scope="module")
def sources_again(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Sources]:
    """Return what reads the patched sources of a case, once for all tests of a process."""
    return cache(lambda case: read(patched(case, tmp_path_factory.mktemp(case.name)), case.plan()))


def read(folder: Path, plan: Plan) -> Sources:
    """Read changed sources, which declare other resources than the plan."""
    assert plan.configuration
    return from_directory(folder, planned=partial(planned_source, plan.configuration))


@pytest.mark.parametrize("case", part(CASES, 10), ids=repr)
def test_a_plan_of_the_patched_sources_allows_what_was_fixed(
    case: Case, sources_again: Callable[[Case], Sources]
) -> None:
    before = case.fixed()[0]
    again = verdicts(planned_again(before.resolver, sources_again(case)))
    fixed = {need_key(answer.requirement) for each in edits(case) for answer in each.answers}
    assert {each: again.get(each) for each in fixed} == {each: {Verdict.ALLOWED} for each in fixed}
    once = verdicts(before)
    worse = {each for each, found in once.items() if found == {Verdict.ALLOWED} and again.get(each, found) != found}
    assert worse == set()


@pytest.mark.parametrize("case", part(CASES, 8, first=1), ids=repr)
def test_the_patched_sources_leave_nothing_to_do(case: Case, sources_again: Callable[[Case], Sources]) -> None:
    plan, sources = case.fixed()[0].resolver.plan, sources_again(case)
    report, world = check_with_world(plan, sources)
    again = find_fixes(report.findings, world)
    settled = {each.requirement for each in again.settled}
    denied = {each.requirement for each in report.answers if each.verdict is Verdict.DENIED}
    fixed = {answer.requirement for each in edits(case) for answer in each.answers} & denied
    if not fixed <= settled:  # inputs of modules that the plan contradicts are unknown
        believed = find_fixes(report.findings, After(Resolver(plan, sources)))
        settled |= {each.requirement for each in believed.settled}
    assert fixed <= settled
    assert [each.fix.title for each in again.found if each.insertions] == []


def verdicts(world: After) -> dict[tuple[object, ...], set[Verdict]]:
    """Decide all that the task definitions of a world need."""
    found: dict[tuple[object, ...], set[Verdict]] = {}
    for task in tasks_by_address(world).values():
        for each in startup.requirements(task, world):
            found.setdefault(need_key(each), set()).add(world.once(Judge).verdict(each, task))
    return found


def need_key(need: Requirement) -> tuple[object, ...]:
    """Return a key of a requirement that does not depend on what its resource is called in a plan."""
    return need.rule, need.task_definition, need.container, need.pointer, need.action


OLDER: Sequence[Callable[[Any], Any]] = (without_nulls, of_version_4)
WITH_OLDER = part(CASES, 28)


@pytest.mark.parametrize("case", WITH_OLDER, ids=repr)
def test_a_plan_of_an_older_provider_is_fixed_once(case: Case, tmp_path: Path) -> None:
    for change in some(OLDER, WITH_OLDER.index(case)):
        document = change(json.loads((case.folder / "plan.json").read_bytes()))
        plan = load(None, io.BytesIO(json.dumps(document).encode())).plans[0]
        copy = tmp_path / change.__name__ / case.folder.name
        shutil.copytree(case.folder, copy)
        first = fixes(plan, read(copy, plan))
        assert [each.fix.title for each in first.found] == [each.fix.title for each in found(case.name).found]
        written_into(copy, first.found)
        assert [each.fix.title for each in fixes(plan, read(copy, plan)).found if each.insertions] == []


def fixes(plan: Plan, sources: Sources) -> PlanFixes:
    report, world = check_with_world(plan, sources)
    return find_fixes(report.findings, world)


def written_into(folder: Path, fixes: Sequence[DraftFix]) -> None:
    """Change the files of a configuration as fixes say."""
    for file, several in group_by_file(insertion for each in fixes for insertion in each.insertions).items():
        (folder / file.name).write_bytes(apply_insertions(file.text, several).encode())


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository that the cases of a process are copied to."""
    made = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q"], cwd=made, check=True)
    return made


@pytest.mark.parametrize("case", part(CASES, 4), ids=repr)
def test_the_diff_applies_with_git_and_gives_the_same_files(case: Case, repository: Path) -> None:
    copy = repository / "testdata" / case.name
    shutil.copytree(case.folder, copy)
    for each in edits(case):
        diff = each.fix.diff.encode()
        command = ["git", "apply", *(["--unidiff-zero"] if b"apply with --unidiff-zero" in diff else [])]
        only = len(edits(case)) == 1
        subprocess.run([*command, *([] if only else ["--check"]), "-"], cwd=repository, input=diff, check=True)
        if only:
            for file, several in group_by_file(each.insertions).items():
                assert (copy / file.name).read_bytes() == apply_insertions(file.text, several).encode()


def terraform() -> str:
    command = shutil.which("terraform")
    if command is None:
        pytest.skip("terraform is not installed")
    return command


def unformatted(folder: Path) -> set[str]:
    environment = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"}
    command = [terraform(), "fmt", "-check", "-recursive", "-list=true", "."]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stderr
    return {each for each in done.stdout.split("\n") if each}


@pytest.mark.several_cases
def test_what_was_formatted_stays_formatted(tmp_path: Path) -> None:
    for case in part(CASES, 28):
        shutil.copytree(case.folder, tmp_path / "before" / case.name)
        patched(case, tmp_path / "after")
    assert unformatted(tmp_path / "after") <= unformatted(tmp_path / "before")


@pytest.mark.parametrize("name", ["owners-replaced", "role-takes-over-policies"])
def test_what_the_apply_removes_although_it_is_granted_comes_back_after_it(name: str) -> None:
    words = {remedy.words for _, remedy in found(name).remedies}
    assert (
        "run `terraform plan` again after this apply: it removes what the sources grant, which the next plan restores"
        in words
    )
