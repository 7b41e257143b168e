"""`tfcheck rules`: the list, one page, and what is not a rule."""

from __future__ import annotations

import pytest

from tfcheck.analysis import rulebook
from tfcheck.cli.main import run
from tfcheck.report.manual import Manual


def test_the_list_names_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules"]) == 0
    shown = capsys.readouterr().out
    assert [each.id for each in rulebook.manuals() if f"  {each.id} " not in shown] == []
    assert shown.startswith("What ECS does before a task runs, and the permissions it needs:\n  trust ")


@pytest.mark.parametrize("manual", rulebook.manuals(), ids=lambda each: each.id)
def test_a_page_is_the_manual(manual: Manual, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", manual.id]) == 0
    shown = capsys.readouterr().out
    assert shown == f"{manual.id}: {manual.title}\n\n{manual.text.strip()}\n"


def test_what_is_not_a_rule_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "env-flie"]) == 2
    assert capsys.readouterr().err == "error: there is no rule `env-flie`\nhint: did you mean `env-file`?\n"
    assert run(["rules", "zzz"]) == 2
    assert "`tfcheck rules` lists them" in capsys.readouterr().err


def test_rules_are_shown_without_what_checks_plans(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "--help"]) == 0
    assert "tfcheck rules [OPTIONS] [ID]" in capsys.readouterr().out
