"""What a boundary, or the policy of a key or a bucket, lacks for several roles is one edit, with their grants."""

from __future__ import annotations

from tests.cases import TESTDATA, Case
from tests.fix.test_cases import edits
from tests.fix.test_repetition import added
from tfcheck.fix.layout.render import StatementStyle, statement
from tfcheck.fix.needed_statements import NeededStatement, Reference
from tfcheck.fix.proposal import DraftFix


def fix_of(policy: str) -> DraftFix:
    (found,) = (each for each in edits(Case(TESTDATA / "guards-of-several-roles")) if policy in each.fix.title)
    return found


def test_what_roles_with_one_boundary_lack_is_one_edit() -> None:
    found = fix_of("aws_iam_policy.boundary")
    assert found.fix.title == (
        "add aws_iam_role_policy.billing_start_up; and add a statement to aws_iam_role_policy.orders; and add 3 "
        "statements to aws_iam_policy.boundary, the permissions boundary of aws_iam_role.billing and "
        "aws_iam_role.orders"
    )
    assert added(found).count('"Sid": "ReadSecrets"') == 1
    assert len({each.requirement.task_definition for each in found.answers}) == 2


def test_a_key_policy_names_all_roles_in_one_statement() -> None:
    assert "identifiers = values(aws_iam_role.execution)[*].arn" in added(fix_of("aws_iam_policy_document.key"))
    found = fix_of("aws_kms_key_policy.mail")
    assert '"Principal": {"AWS": ["${aws_iam_role.mail.arn}", "${aws_iam_role.push.arn}"]},' in added(found)
    assert "add aws_iam_role_policy.push_start_up" in found.fix.title


def test_a_bucket_policy_that_is_repeated_names_what_belongs_to_each_bucket() -> None:
    lines = [each.strip() for each in added(fix_of("aws_s3_bucket_policy.team")).split("\n")]
    assert lines.count("Principal = { AWS = aws_iam_role.team[each.key].arn }") == 2
    assert 'Resource  = ["${aws_s3_bucket.team[each.key].arn}/app.env"]' in lines


def test_a_template_of_a_bucket_policy_is_passed_the_role() -> None:
    found = fix_of("aws_s3_bucket_policy.central")
    assert "central_role_arn = aws_iam_role.central.arn" in added(found)
    assert '"Principal": {"AWS": "${central_role_arn}"},' in added(found)


def test_a_document_in_json_syntax_gets_statements_with_a_principal() -> None:
    found = fix_of("aws_iam_policy_document.old")
    assert '"principals": {"type": "AWS", "identifiers": ["${aws_iam_role.old.arn}"]}' in added(found)


def test_items_are_aligned_only_with_those_on_the_next_lines() -> None:
    wanted = NeededStatement("Read", ("kms:Decrypt",), (("*",),), ("AWS", ((Reference("aws_iam_role.a.arn"),),)))
    assert statement(wanted, StatementStyle(sid=False, lists=True, spread=(True, False))) == [
        "{",
        '  Effect = "Allow"',
        "  Action = [",
        '    "kms:Decrypt",',
        "  ]",
        '  Resource  = "*"',
        "  Principal = { AWS = aws_iam_role.a.arn }",
        "}",
    ]
