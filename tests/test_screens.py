"""What does the user see? The screens of a few cases, compared whole.

`make docs` writes them again; read the difference before committing it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCREENS = ROOT / "tests" / "screens"
#: Screen: the plan, and the exit status.
CASES = {
    "literal-missing": ("literal-missing/plan.json", 1),
    "literal-granted": ("literal-granted/plan.json", 0),
    "wrong-resource-scope": ("wrong-resource-scope/plan.json", 1),
    "regression-on-update": ("regression-on-update/plan.json", 1),
    "explicit-deny": ("explicit-deny/plan.json", 1),
    "conditional-grant": ("conditional-grant/plan.json", 0),
    "modules-passing-arns": ("modules-passing-arns/plan.json", 1),
    "destroy": ("literal-granted/destroy.plan.json", 0),
}


def screen(plan: str) -> tuple[str, int]:
    run = subprocess.run(
        [sys.executable, "-m", "tfcheck", "--color", "never", f"testdata/{plan}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    return run.stdout, run.returncode


@pytest.mark.parametrize("name", CASES)
def test_the_screen(name: str) -> None:
    plan, status = CASES[name]
    shown, ended = screen(plan)
    assert shown == (SCREENS / f"{name}.txt").read_text(encoding="utf-8")
    assert ended == status


if __name__ == "__main__":
    SCREENS.mkdir(exist_ok=True)
    for each, (path, _) in CASES.items():
        (SCREENS / f"{each}.txt").write_text(screen(path)[0], encoding="utf-8")
