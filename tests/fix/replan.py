"""Plan cases again after `tfcheck fix --write`, with Terraform and the AWS provider, and see whether the findings go.

    PYTHONPATH=src:. python tests/fix/replan.py --python MOTO_PYTHON [--providers DIR] [CASE...]

MOTO_PYTHON is a Python with moto, as `scripts/make_plans.py` needs it. Exits with 1 where something is still missing
that the fix was to draft. Without cases all are planned that have something to fix.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.cases import TESTDATA, Case, with_expectation
from tfcheck.analysis.check import check
from tfcheck.analysis.fix_selection import FixSelection
from tfcheck.analysis.fix_session import fix
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
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        patched = [case for case in cases if _patched(case, scratch / "patched" / case.name)]
        _planned([scratch / "patched" / case.name for case in patched], scratch / "plans", options)
        wrong = [case.name for case in patched if not _is_mended(case, scratch)]
    print(f"{len(patched) - len(wrong)} of {len(patched)} patched configurations plan without what was fixed")
    raise SystemExit(f"not fixed: {' '.join(wrong)}" if wrong else 0)


def _patched(case: Case, folder: Path) -> bool:
    """Copy a case and fix the copy; tell whether there was anything to change."""
    shutil.copytree(case.folder, folder)
    return fix([str(folder / "plan.json")], str(folder), None, FixSelection(), into_files=True).changed > 0


def _planned(folders: list[Path], out: Path, options: argparse.Namespace) -> None:
    providers = ["--providers", options.providers] if options.providers else []
    command = [options.python, str(MAKE_PLANS), *providers, "--out", str(out), *map(str, folders)]
    subprocess.run(command, check=False)


def _is_mended(case: Case, scratch: Path) -> bool:
    """Compare what was denied and fixed with what the new plan says."""
    before = case.plan()
    old = check(before, case.sources(before), fixes=True)
    plan_file = scratch / "plans" / case.name / "plan.json"
    if not plan_file.exists():
        return False
    new = check(load(plan_file).plans[0], from_directory(scratch / "patched" / case.name))
    denied = {_name(each.requirement) for each in new.answers if each.verdict is Verdict.DENIED}
    fixed = {
        _name(answer.requirement)
        for finding in old.findings
        if finding.fix and finding.fix.diff and "(fixes " not in finding.fix.title
        for answer in finding.answers
    }
    corrected = {each.message for each in old.findings if each.fix and each.fix.diff and not each.answers}
    wrong = {each.message for each in new.findings} & corrected
    left = len(fixed & denied) + len(wrong)
    print(f"{case.name}: {len(fixed) + len(corrected)} fixed, {left} of them still there", flush=True)
    return not left


def _name(need: Requirement) -> tuple[str, str | None, str, str]:
    return need.task_definition, need.container, need.pointer, need.action


if __name__ == "__main__":
    main()
