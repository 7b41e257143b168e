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


def _folder(folder: Path, action: str = "s3:GetObjct") -> Path:
    """Write services with a role and a policy each, whose action is misspelled."""
    document = statements("arn:aws:s3:::config/*", action=action)
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


@pytest.mark.parametrize("action", ["s3:GetObjct", "GetObject"])  # by a grant, and by a check
def test_all_are_proven_in_one_world(action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Trial] = []
    real = Trial.after.__func__  # type: ignore[attr-defined]

    def counted(*given: object, **more: object) -> Trial:
        tried.append(real(Trial, *given, **more))
        return tried[-1]

    monkeypatch.setattr(Trial, "after", counted)
    assert _corrected(_folder(tmp_path, action)) == [f"p{n}" for n in range(_COUNT)]
    assert len(tried) < _COUNT


def test_one_that_worsens_something_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def worsens(_: FixFinder, cases: Sequence[Case], kept: Sequence[Answer] | None) -> bool:
        return kept is not None and any(case.current and ".p2" in str(case.current.title) for case in cases)

    monkeypatch.setattr(FixFinder, "_worsens", worsens)
    assert _corrected(_folder(tmp_path)) == ["p0", "p1", "p3"]


_TASK = """\
resource "aws_ecs_task_definition" "t{n}" {{
  family                = "t{n}"
  execution_role_arn    = aws_iam_role.r0.arn
  container_definitions = jsonencode([{{ name = "app", image = "nginx", environmentFiles = local.files }}])
  tags                  = {{ File = "{tag}" }}
}}
"""


def test_no_change_is_proven_by_another_one(tmp_path: Path) -> None:
    file = {"type": "s3", "value": "s3://config/web.env"}
    names = (("0", "none"), ("1", file["value"]))
    arn = f"arn:aws:iam::{ACCOUNT}:role/r0"
    rows = [task([container(environmentFiles=[file])], f"t{n}", execution_role_arn=arn) for n, _ in names]
    local = f'locals {{\n  files = [{{ type = "s3", value = "{file["value"]}" }}]\n}}\n'
    text = local + "".join(_TASK.format(n=n, tag=tag) for n, tag in names)
    Bomb(plan(role("r0"), *rows), {"main.tf": text}).write(tmp_path)
    (tmp_path / ".git").mkdir()
    found = [each for each in found_in(tmp_path).fixes.found if each.finding is not None]
    assert [[text[: one.offset].count("locals") for one in each.insertions] for each in found] == [[1], [1]]
    assert not any("resource" in text[: one.offset] for each in found for one in each.insertions)
