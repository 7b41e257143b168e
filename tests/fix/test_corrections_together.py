"""Corrections for roles without a common policy are tried in one world, and separately only if that fails."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bombs.stack import ACCOUNT, TRUST, Bomb, container, plan, policy, role, statements, task
from tests.fix.found import found_in
from tfcheck.fix.fix_finder import FixFinder
from tfcheck.fix.proof.trial import Trial
from tfcheck.fix.proposal import Case
from tfcheck.vocabulary.finding import Answer

_COUNT = 4
_SERVICE = """\
resource "aws_iam_role" "r{n}" {{
  name               = "r{n}"
  assume_role_policy = jsonencode({trust})
}}

resource "aws_iam_role_policy" "p{n}" {{
  name   = "p{n}"
  role   = aws_iam_role.r{n}.name
  policy = jsonencode({document})
}}
"""


def _folder(folder: Path) -> Path:
    """Write services with a role and a policy each, whose action is misspelled."""
    document = statements("arn:aws:s3:::config/*", action="s3:GetObjct")
    rows = [
        each
        for n in range(_COUNT)
        for each in (
            role(f"r{n}"),
            policy(document, f"p{n}", f"r{n}"),
            task([container()], f"t{n}", execution_role_arn=f"arn:aws:iam::{ACCOUNT}:role/r{n}"),
        )
    ]
    texts = {name: json.dumps(each).replace(": ", " = ") for name, each in (("trust", TRUST), ("document", document))}
    Bomb(plan(*rows), {"main.tf": "\n".join(_SERVICE.format(n=n, **texts) for n in range(_COUNT))}).write(folder)
    (folder / ".git").mkdir()
    return folder


def _corrected(folder: Path) -> list[str]:
    return [
        each.fix.title.partition(",")[0][-2:] for each in found_in(folder).fixes.found if "correct" in each.fix.title
    ]


def test_all_are_proven_in_one_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Trial] = []
    real = Trial.after.__func__  # type: ignore[attr-defined]

    def counted(*given: object, **more: object) -> Trial:
        tried.append(real(Trial, *given, **more))
        return tried[-1]

    monkeypatch.setattr(Trial, "after", counted)
    assert _corrected(_folder(tmp_path)) == [f"p{n}" for n in range(_COUNT)]
    assert len(tried) < _COUNT


def test_one_that_worsens_something_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def worsens(_: FixFinder, cases: Sequence[Case], kept: Sequence[Answer] | None) -> bool:
        return kept is not None and any(case.current and ".p2" in case.current.title for case in cases)

    monkeypatch.setattr(FixFinder, "_worsens", worsens)
    assert _corrected(_folder(tmp_path)) == ["p0", "p1", "p3"]
