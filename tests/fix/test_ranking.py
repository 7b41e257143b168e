"""The place that a maintainer would choose for a grant."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cases import TESTDATA, Case
from tests.fix.found import found_in, replaced
from tfcheck.fix import ranking
from tfcheck.fix.callers import call_inputs
from tfcheck.fix.layout.render import statement, style_of
from tfcheck.fix.needed_statements import NeededStatement, Reference
from tfcheck.fix.policies.written_policies import FILLED
from tfcheck.fix.proposal import DraftFix, PlanFixes, Proposal, join_proposals
from tfcheck.fix.ranking import _plain_first, rank
from tfcheck.fix.text.policy_text import Syntax, items, read_parts
from tfcheck.fix.title import Title
from tfcheck.fix.values.gates import OF_THIS_PLAN, choices_in
from tfcheck.fix.values.repetition import Repeated
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_source
from tfcheck.vocabulary.address import parse
from tfcheck.vocabulary.finding import Fix


def fixes_of(name: str) -> list[tuple[str, str]]:
    return [(each.fix.title, each.fix.safety) for each in Case(TESTDATA / name).fixed()[1].found]


def added_lines(name: str) -> list[str]:
    diffs = (each.fix.diff for each in Case(TESTDATA / name).fixed()[1].found)
    return [line[1:].strip() for each in diffs for line in each.split("\n") if line.startswith("+")]


def test_each_grant_goes_into_the_policy_beside_its_task() -> None:
    assert fixes_of("policies-beside-tasks") == [
        ("add a resource to aws_iam_role_policy.billing; and add a resource to aws_iam_role_policy.orders", "safe")
    ]


def test_no_team_gets_the_secrets_of_others_by_a_policy_that_they_share() -> None:
    assert fixes_of("secrets-of-teams") == [("add aws_iam_role_policy.team_start_up", "safe")]
    assert "for_each = aws_iam_role.team" in added_lines("secrets-of-teams")
    assert "aws_secretsmanager_secret.team[each.key].arn," in added_lines("secrets-of-teams")


def test_no_role_gets_more_managed_policies_than_iam_attaches() -> None:
    titles = fixes_of("attachments-at-their-quota")
    assert ("add aws_iam_role_policy.hub_start_up", "safe") in titles
    assert any(title.startswith("attach aws_iam_policy.pull to aws_iam_role.desk") for title, _ in titles)


def test_a_policy_beside_the_role_names_what_a_module_with_its_policy_cannot() -> None:
    assert ("add aws_iam_role_policy.web_start_up", "safe") in fixes_of("attachments-at-their-quota")
    resource = 'Resource = "${aws_s3_bucket.web.arn}/${aws_s3_object.web.key}"'
    assert resource in added_lines("attachments-at-their-quota")


def test_a_new_policy_is_a_document_where_all_others_are() -> None:
    assert ("add aws_iam_role_policy.team_start_up", "safe") in fixes_of("documents-for-policies")
    lines = added_lines("documents-for-policies")
    assert "policy = data.aws_iam_policy_document.team_start_up[each.key].json" in lines
    assert lines.count("for_each = aws_iam_role.team") == 2
    start = lines.index('data "aws_iam_policy_document" "till_start_up" {')
    assert lines[start + 1 : start + 6] == [
        "statement {",
        'effect = "Allow"',
        "",
        'actions = ["secretsmanager:GetSecretValue"]',
        "",
    ]


def test_changes_that_make_a_circle_only_together_are_not_both_made() -> None:
    titles = dict(fixes_of("documents-for-policies"))
    assert "add a statement to data.aws_iam_policy_document.cash" in titles
    assert "add aws_iam_role_policy.till_start_up" in titles


def test_a_policy_is_repeated_for_the_flag_under_which_services_read_something() -> None:
    assert fixes_of("flags-of-services") == [("add aws_iam_role_policy.execution_start_up", "safe")]
    lines = added_lines("flags-of-services")
    assert "for_each = { for key, value in local.services : key => value if value.enable_secrets }" in lines
    assert "role = aws_iam_role.execution[each.key].id" in lines


def test_a_policy_of_a_module_depends_on_the_flag_of_its_calls() -> None:
    title = 'add aws_iam_role_policy.execution_start_up in module.service["api"] and 1 more'
    assert fixes_of("flag-of-a-module") == [(title, "safe")]
    assert "count = var.tracing ? 1 : 0" in added_lines("flag-of-a-module")


def test_what_depends_on_several_flags_is_one_policy_with_a_condition_for_each() -> None:
    assert fixes_of("several-flags") == [
        ("add aws_iam_role_policy.execution_start_up", "safe"),
        ("add aws_iam_role_policy.this_start_up in module.mail and 1 more", "safe"),
    ]
    lines = added_lines("several-flags")
    assert "for_each = { for key, value in var.services : key => value if value.db || value.queue }" in lines
    conditions = [each for each in lines if each.endswith("? [")]
    assert conditions == ["each.value.db ? [", "each.value.queue ? [", "var.with_token ? [", "var.tracing ? ["]
    # The objects of a conditional list have the same type.
    assert "Resource = [aws_secretsmanager_secret.tracing.arn]" in lines
    assert "Resource = var.parameters.queue" in lines


def test_no_role_gets_two_policies_where_others_lack_a_part_of_what_it_lacks() -> None:
    assert fixes_of("roles-of-separate-tasks") == [("add aws_iam_role_policy.execution_start_up", "safe")]
    lines = added_lines("roles-of-separate-tasks")
    assert [each for each in lines if each.endswith("? [") or each.startswith("for_each")] == [
        "for_each = aws_iam_role.execution",
        'contains(["api", "cron"], each.key) ? [',
        'each.key == "worker" ? [',
        'contains(["cron", "worker"], each.key) ? [',
    ]


def test_what_every_role_of_a_policy_lacks_has_no_condition(tmp_path: Path) -> None:
    folder = shutil.copytree(TESTDATA / "roles-of-separate-tasks", tmp_path / "case")
    # The plan contradicts this: nothing is decided for the role of this task.
    only = "valueFrom = aws_secretsmanager_secret.db.arn }]"
    replaced(folder / "main.tf", only, only.replace(".db.", ".mail."))
    (found,) = found_in(folder).fixes.found
    lines = [each[1:].strip() for each in found.fix.diff.split("\n") if each.startswith("+")]
    assert (
        'for_each = { for key, role in aws_iam_role.execution : key => role if contains(["cron", "worker"], key) }'
        in lines
    )
    assert [each for each in lines if each.endswith("[")] == ["[", 'each.key == "cron" ? [', 'each.key == "worker" ? [']


def test_instances_of_a_module_that_calls_the_role_module_share_one_policy() -> None:
    title = 'add aws_iam_role_policy.role_start_up in module.platform.module.service["orders"] and 1 more'
    assert fixes_of("role-module-of-services") == [(title, "safe")]
    assert "count = length(var.secrets) > 0 ? 1 : 0" in added_lines("role-module-of-services")
    assert "Resource = values(var.secrets)" in added_lines("role-module-of-services")


def test_a_negated_flag_turns_the_count_around() -> None:
    (block,) = read_source(SourceText("main.tf", 'resource "aws_iam_role" "app" {\n  name = "app"\n}\n')).blocks
    repeated = Repeated("aws_iam_role.app", "id", block, (None,), others=False)
    assert repeated.only_where("!var.off", by_value=False) == "var.off ? 0 : 1"
    assert repeated.only_where("!(var.off)", by_value=False) == "!(var.off) ? 1 : 0"


def test_conditions_are_read_with_what_depends_on_them() -> None:
    text = """
resource "aws_ecs_task_definition" "app" {
  container_definitions = jsonencode(concat(each.value.db ? [local.db] : [], [
    { secrets = var.off ? [] : [{ valueFrom = "a" }], cpu = length(local.x) > 1 ? 1 : 2 },
    { user = each.value.db && var.arn != "" ? "a" : "b", links = var.arn == "" ? [] : ["c"] },
    { name = !local.open ? 1 : 2, image = var.password == "hunter2" ? 1 : each.key != "api" ? 2 : 3 },
  ]))
}
"""
    (block,) = read_source(SourceText("main.tf", text)).blocks
    assert list(choices_in(block.arguments["container_definitions"])) == [
        ("each.value.db", "[local.db]"),
        ("!each.value.db", "[]"),
        ("var.off", "[]"),
        ("!var.off", '[{ valueFrom = "a" }]'),
        ('each.value.db && var.arn != ""', '"a"'),
        ('!(each.value.db && var.arn != "")', '"b"'),
        ('var.arn == ""', "[]"),
        ('var.arn != ""', '["c"]'),
        ("!local.open", "1"),
        ("local.open", "2"),
        ('each.key != "api"', "2"),
        ('each.key == "api"', "3"),
    ]


def test_statements_keep_the_punctuation_of_unformatted_neighbours() -> None:
    text = """
  policy = jsonencode( {
      "Statement": [
          { "Effect": "Allow", "Action": [ "s3:GetObject" ], "Resource": [ "*" ] }
      ]
  } )
"""
    listed = read_parts(text, text.index("[\n"))
    style = style_of(text, items(listed), Syntax.HCL)
    wanted = NeededStatement("Read", ("s3:GetBucketLocation",), ((Reference("aws_s3_bucket.config.arn"),),))
    assert statement(wanted, style) == [
        '{ "Effect": "Allow", "Action": [ "s3:GetBucketLocation" ], "Resource": [ aws_s3_bucket.config.arn ] }'
    ]
    assert style.unit == "    "


def test_one_action_is_written_like_the_last_single_one() -> None:
    several = '{"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}'
    for one in ('"s3:GetObject"', '["s3:GetObject"]'):
        text = f'[{{"Action": {one}, "Resource": "*"}}, {several}]'
        style = style_of(text, items(read_parts(text, 0)), Syntax.JSON)
        (line,) = statement(NeededStatement("", ("s3:GetObject",), (("*",),)), style)
        assert f'"Action": {one},' in line


def test_what_is_needed_is_written_by_the_names_and_among_the_like_of_its_module() -> None:
    assert set(fixes_of("parameters-by-path")) == {
        ("add a statement and a resource to data.aws_iam_policy_document.parameters", "safe"),
        ("add 3 resources to data.aws_iam_policy_document.ledger", "safe"),
    }
    lines = [each.strip() for each in added_lines("parameters-by-path")]
    assert '"${local.arn_prefix}/${local.app}/key",' in lines
    assert '"${local.arn_prefix}/${local.app}/salt",' in lines
    # the module has this text as it is
    assert '"${local.arn_prefix}/shared/ledger",' in lines


def proposal(what: str, *remarks: str, safety: str = "review") -> Proposal:
    return Proposal(title=Title(what, remarks), safety=safety, hcl="")


def test_ways_that_may_be_wrong_for_other_plans_come_last() -> None:
    ways = [proposal("a", OF_THIS_PLAN, FILLED), proposal("b", OF_THIS_PLAN), proposal("c", FILLED), proposal("d")]
    found = _plain_first(ways, (OF_THIS_PLAN, FILLED))
    assert [each.title.what for each in found] == ["d", "c", "b", "a"]


def test_changes_are_safe_together_only_if_each_is() -> None:
    assert join_proposals([proposal("a", safety="safe"), proposal("b", safety="safe")]).safety == "safe"
    assert join_proposals([proposal("a", safety="safe"), proposal("b")]).safety == "review"


def test_a_finding_names_the_change_for_most_of_it_and_text_last() -> None:
    """The finding lacks three permissions: the text is for all, one change for one of them, and another for two."""
    (finding, *_) = (
        each for each in found_in(TESTDATA / "attachments-at-their-quota").report.findings if len(each.answers) > 2
    )
    drafts = [
        DraftFix(Fix(title=title, safety="review", proven=True, hcl="", diff=diff), finding.answers[:number])
        for title, diff, number in (("text", "", 3), ("one", "-", 1), ("two", "-", 2))
    ]
    assert [each.title for each in PlanFixes(tuple(drafts)).fixes_of(finding)] == ["two", "one", "text"]


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        # A policy beside the call that grants the same, rather than a literal in the module.
        ("containers-from-modules", {"add a statement to aws_iam_policy.files"}),
        # The text that the module is passed, and a policy where it is called for what only one of its roles lacks.
        ("conventions-of-modules", {"add a statement to module.role", "add aws_iam_role_policy.role_jobs_start_up"}),
        # A new input where the module has none for that.
        (
            "arns-of-another-module",
            {
                "add a statement to data.aws_iam_policy_document.execution, and pass what it names to "
                f"module.{each} by the new input `secret_arns`"
                for each in ("iam", "web_iam", "worker_iam")
            },
        ),
    ],
)
def test_what_a_module_cannot_name_is_written_at_its_calls(name: str, titles: set[str]) -> None:
    assert {title for title, _ in fixes_of(name)} == titles


def test_a_policy_for_the_role_of_a_module_that_may_have_none_says_so() -> None:
    (title, safety), *others = fixes_of("empty-for-some-callers")
    doubt = "; it names the role of module.api, which another plan of these files may not have"
    assert f", by the new output `exec_role_name` of module.api{doubt}; and add " in title
    assert (safety, others) == ("review", [])


class _Ways:
    """Ways to grant that are only names."""

    def __getattr__(self, name: str) -> Any:
        def propose(*_: object, **how: bool) -> Iterator[Proposal]:
            words = [name.removeprefix("propose_"), *(each for each, is_so in how.items() if is_so)]
            yield Proposal(title=Title(" ".join(words)), hcl="")

        return propose

    def reach(self, _: object) -> frozenset[str]:
        return frozenset()


AT_CALLERS, BY_OUTPUT = "at_callers", "at_callers new_output"
#: What callers of a role's module can do: name what it cannot, name what would be a literal in it, have that literally.
CALLERS = [
    ((), [AT_CALLERS]),
    (("for",), [AT_CALLERS, AT_CALLERS]),
    (("named",), [BY_OUTPUT, AT_CALLERS]),
    (("literally",), [AT_CALLERS, BY_OUTPUT, AT_CALLERS]),
]


@pytest.mark.parametrize(("able", "expected"), CALLERS)
def test_callers_grant_what_a_module_cannot_name(
    monkeypatch: pytest.MonkeyPatch, able: tuple[str, ...], expected: list[str]
) -> None:
    ways, named = _Ways(), lambda *_, literally=False: ("literally" if literally else "named") in able
    for name in ("propose_attachments", "propose_existing", "propose_in_elements"):
        monkeypatch.setattr(ranking, name, getattr(ways, name))
    for name in ("propose_call_inputs", "propose_new_inputs"):
        monkeypatch.setattr(call_inputs, name, getattr(ways, name))
    monkeypatch.setattr(ranking, "is_for_callers", lambda *_: "for" in able)
    monkeypatch.setattr(ranking, "is_named_by_callers", named)
    role = SimpleNamespace(address=parse("module.service.aws_iam_role.execution"))
    policies, resolver = SimpleNamespace(of=lambda _: ()), SimpleNamespace(block=lambda _: None)
    places: Any = SimpleNamespace(
        world=SimpleNamespace(resolver=resolver), policies=policies, names_all=lambda _: False
    )
    need: Any = SimpleNamespace(roles=(role,), names=frozenset)
    found = [each.title.what for each in rank(need, places, ways)]  # type: ignore[arg-type]
    assert [each for each in found if each in (AT_CALLERS, BY_OUTPUT)] == expected
    assert found[-2:] == ["existing wide", "at_each_caller"]
