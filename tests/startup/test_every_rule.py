"""What holds for every rule: its name, its page and its tests, and nothing to need for a plain task."""

from __future__ import annotations

from pathlib import Path

from tests.made_world import task
from tests.rows import every_row
from tests.startup.needs import SECRET, needs
from tfcheck.report.words import PURPOSES
from tfcheck.startup import RULES
from tfcheck.startup.rule import Rule


def test_a_rule_has_the_name_of_its_module_and_of_its_tests_and_a_page() -> None:
    for rule in RULES:
        module = rule.derive.__module__.rpartition(".")[2]
        assert rule.id == module.replace("_", "-")
        assert "https://docs.aws.amazon.com/" in rule.manual
        assert Path(__file__).with_name(f"test_{module}.py").exists()


def test_a_rule_says_what_a_role_cannot_do_without_its_permissions() -> None:
    assert [each.id for each in RULES if each.id not in PURPOSES] == ["trust"]


@every_row("rule", RULES)
def test_a_plain_task_needs_nothing_but_its_roles(rule: Rule) -> None:
    assert rule.id == "trust" or needs(rule, task({"image": "nginx"})) == []


def test_keys_of_any_case_and_null_are_read() -> None:
    of = task({"Secrets": [{"Name": "A", "ValueFrom": SECRET}], "logConfiguration": None, "environmentFiles": None})
    assert [each.action for rule in RULES for each in needs(rule, of)] == [
        "sts:AssumeRole",
        "secretsmanager:GetSecretValue",
    ]
