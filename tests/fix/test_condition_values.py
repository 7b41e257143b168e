"""A condition that lets another service in gets the value that it lacks, where it is written."""

from __future__ import annotations

from pathlib import Path

from tests.fix.found import after, copied, found_in, replaced
from tfcheck.fix.proposal import DraftFix

NEW = '"ssm.${data.aws_region.current.name}.amazonaws.com"'


def found(folder: Path) -> DraftFix | None:
    drafts = found_in(folder).fixes.found
    return next((each for each in drafts if "condition" in each.fix.title), None)


def test_a_condition_accepts_one_more_service_written_like_the_others(tmp_path: Path) -> None:
    draft = found(copied("documents-for-policies", tmp_path))
    assert draft is not None
    assert (draft.fix.title, draft.fix.safety) == (
        "let the condition of a statement of aws_iam_role_policy.ledger accept `ssm.ap-northeast-1.amazonaws.com` as "
        "kms:ViaService",
        "review",
    )
    assert f'.amazonaws.com", {NEW}]\n' in after(draft)


def test_the_only_value_of_a_condition_in_jsonencode_becomes_a_list(tmp_path: Path) -> None:
    draft = found(copied("attachments-at-their-quota", tmp_path))
    assert draft is not None
    assert draft.fix.title.startswith("let the condition of statement `Decrypt` of aws_iam_role_policy.book accept")
    assert '"kms:ViaService" = [\n' in after(draft)
    assert '"ssm.ap-northeast-1.amazonaws.com",\n' in after(draft)


def test_a_condition_for_something_else_is_only_explained(tmp_path: Path) -> None:
    folder = copied("documents-for-policies", tmp_path)
    replaced(folder / "main.tf", '"StringEquals"', '"StringNotLike"')
    replaced(folder / "main.tf", '"secretsmanager.${', '"ssm.${')
    assert found(folder) is None
