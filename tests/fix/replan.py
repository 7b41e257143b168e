"""Plan cases again after `tfcheck fix --write`, with Terraform and the AWS provider, and see whether the findings go.

    PYTHONPATH=src:. python tests/fix/replan.py --python MOTO_PYTHON [--providers DIR] [CASE...]

MOTO_PYTHON is a Python with moto, as `scripts/make_plans.py` needs it. Exits with 1 where something is still missing
that the fix was to draft, where there is a new finding, where a second plan still changes something, or where a file is
no longer formatted. A case that the emulated AWS cannot apply is only planned. Without cases all are planned that have
something to fix.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.cases import TESTDATA, Case, with_expectation
from tfcheck.analysis.check import check
from tfcheck.analysis.fix_session import fix
from tfcheck.analysis.options import FixSelection, RunOptions
from tfcheck.hcl.modules import from_directory
from tfcheck.plan import load
from tfcheck.vocabulary.finding import Requirement, Verdict

MAKE_PLANS = TESTDATA.parent / "scripts" / "make_plans.py"


def main() -> None:
    """Plan again and compare; the last line says how many findings have gone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default="python3", help="the Python that has moto")
    parser.add_argument("--providers", help="directory of provider plugins")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    cases = [Case(TESTDATA / name) for name in options.cases] or with_expectation()
    wrong: list[str] = []
    number = 0
    for case in cases:
        with tempfile.TemporaryDirectory() as name:
            copy, plans = Path(name) / "patched" / case.name, Path(name) / "plans"
            if patched(case, copy):
                number += 1
                _planned(copy, plans, options)
                faults = list(_faults(case, copy, plans / case.name))
                wrong += [case.name] if faults else []
                print(f"{case.name}: {'; '.join(faults) or 'ok'}", flush=True)
    print(f"{number - len(wrong)} of {number} patched configurations plan without what was fixed")
    raise SystemExit(f"not fixed: {' '.join(wrong)}" if wrong else 0)


def patched(case: Case, folder: Path) -> bool:
    """Copy a case and fix the copy; return whether there was anything to change."""
    shutil.copytree(case.folder, folder)
    return fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True).changed > 0


def _planned(folder: Path, out: Path, options: argparse.Namespace) -> None:
    providers = ["--providers", options.providers] if options.providers else []
    command = [options.python, str(MAKE_PLANS), *providers, "--out", str(out), str(folder)]
    subprocess.run(command, check=False)


def _faults(case: Case, folder: Path, plans: Path) -> Iterator[str]:
    """Compare what was denied and fixed with what the new plan says."""
    if not (plans / "plan.json").exists():
        yield "no plan"
        return
    if case.has("applied.plan.json") and not (plans / "applied.plan.json").exists():
        yield "it cannot be applied"
    before = case.plan()
    old = check(before, case.sources(before), RunOptions(fixes=True))
    new = check(load(plans / "plan.json").plans[0], from_directory(folder))
    denied = {_name(each.requirement) for each in new.answers if each.verdict is Verdict.DENIED}
    fixed = {
        _name(answer.requirement)
        for finding in old.findings
        if finding.fix and finding.fix.diff and "(fixes " not in finding.fix.title
        for answer in finding.answers
    }
    corrected = {each.message for each in old.findings if each.fix and each.fix.diff and not each.answers}
    known = {(each.rule, each.address) for each in old.findings}
    yield from (f"still denied: {each}" for each in sorted(map(str, fixed & denied)))
    yield from (f"still there: {each}" for each in sorted({each.message for each in new.findings} & corrected))
    added = (each for each in new.findings if (each.rule, each.address) not in known)
    yield from (f"new: {each.rule}: {each.message}" for each in added)
    if case.has("applied.plan.json"):
        yield from (f"changes again: {each}" for each in sorted(_changing(plans) - _changing(case.folder)))
    yield from (f"not formatted: {each}" for each in sorted(_unformatted(folder) - _unformatted(case.folder)))


def _changing(plans: Path) -> set[str]:
    """Name what a plan made after the apply still changes."""
    shown = plans / "applied.plan.json"
    rows = json.loads(shown.read_bytes()).get("resource_changes", []) if shown.exists() else []
    return {each["address"] for each in rows if each["change"]["actions"] not in (["no-op"], ["read"])}


def _unformatted(folder: Path) -> set[str]:
    environment = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"}
    command = ["terraform", "fmt", "-check", "-recursive", "-list=true", "."]
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    return {each for each in done.stdout.split("\n") if each}


def _name(need: Requirement) -> tuple[str, str | None, str, str]:
    return need.task_definition, need.container, need.pointer, need.action


if __name__ == "__main__":
    main()
