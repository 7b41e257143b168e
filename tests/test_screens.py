"""What does the user see? The screens of a few cases, compared whole.

`make docs` writes them again; read the difference before committing it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.docs import printed

pytestmark = pytest.mark.usefixtures("checked_once")
ROOT = Path(__file__).resolve().parent.parent
SCREENS = ROOT / "tests" / "screens"
#: Screen: the plan, and the exit status.
CASES = {
    "literal-missing": ("literal-missing/plan.json", 1),
    "literal-granted": ("literal-granted/plan.json", 0),
    "wrong-resource-scope": ("wrong-resource-scope/plan.json", 1),
    "regression-on-update": ("regression-on-update/plan.json", 1),
    "access-changed": ("access-changed/plan.json", 1),
    "explicit-deny": ("explicit-deny/plan.json", 1),
    "conditional-grant": ("conditional-grant/plan.json", 0),
    "modules-passing-arns": ("modules-passing-arns/plan.json", 1),
    "destroy": ("literal-granted/destroy.plan.json", 0),
}
#: What other readers see: the file, the format, the plan, and the exit status.
PAGES = {
    "literal-missing.md": ("markdown", "literal-missing/plan.json", 1),
    "regression-on-update.md": ("markdown", "regression-on-update/plan.json", 1),
    "access-changed.md": ("markdown", "access-changed/plan.json", 1),
    "access-changed.junit.xml": ("junit", "access-changed/plan.json", 1),
    "access-changed.github.txt": ("github", "access-changed/plan.json", 1),
    "conditional-grant.md": ("markdown", "conditional-grant/plan.json", 0),
    "literal-granted.md": ("markdown", "literal-granted/plan.json", 0),
    "literal-missing.junit.xml": ("junit", "literal-missing/plan.json", 1),
    "literal-missing.github.txt": ("github", "literal-missing/plan.json", 1),
}
#: What `tfcheck show` prints: the file, the plan, and the columns of the terminal.
MAPS = {
    "access-changed.show.txt": ("access-changed/plan.json", 100),
    "literal-missing.show.txt": ("literal-missing/plan.json", 80),
    "thirty-services.show.txt": ("thirty-services/plan.json", 60),
    "conditional-grant.show.txt": ("conditional-grant/plan.json", 120),
}


def screen(plan: str, form: str = "text") -> tuple[str, int]:
    return printed("--format", form, f"testdata/{plan}", both=True)


@pytest.mark.parametrize("name", CASES)
def test_the_screen(name: str) -> None:
    plan, status = CASES[name]
    shown, ended = screen(plan)
    assert shown == (SCREENS / f"{name}.txt").read_text(encoding="utf-8")
    assert ended == status


@pytest.mark.parametrize("name", PAGES)
def test_the_page(name: str) -> None:
    form, plan, status = PAGES[name]
    shown, ended = screen(plan, form)
    assert shown == (SCREENS / name).read_text(encoding="utf-8")
    assert ended == status


@pytest.mark.parametrize("name", MAPS)
def test_the_map(name: str) -> None:
    plan, columns = MAPS[name]
    shown, ended = printed("show", f"testdata/{plan}", columns=columns, both=True)
    assert shown == (SCREENS / name).read_text(encoding="utf-8")
    assert ended == 0


if __name__ == "__main__":
    SCREENS.mkdir(exist_ok=True)
    for each, (path, width) in MAPS.items():
        (SCREENS / each).write_text(printed("show", f"testdata/{path}", columns=width, both=True)[0], encoding="utf-8")
    for each, (form, path, _) in PAGES.items():
        (SCREENS / each).write_text(screen(path, form)[0], encoding="utf-8")
    for each, (path, _) in CASES.items():
        (SCREENS / f"{each}.txt").write_text(screen(path)[0], encoding="utf-8")
