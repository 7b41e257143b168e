"""Which rules are selected, and how severe what they find is."""

from __future__ import annotations

from tests.rows import every_row
from tfcheck.analysis.rulebook import known_rules
from tfcheck.config.rules import RuleSelection, match_rules, suggestion

RULES = known_rules()


@every_row(
    ("select", "ignore", "expected"),
    [
        ((), (), True),
        ((), ("env-file",), False),
        ((), ("env-file*",), False),
        ((), ("env-file-absent",), True),
        (("image",), (), False),
        (("env-file",), ("env-file*",), True),
        (("env-*",), ("env-file",), False),
        (("env-file*",), ("env-*",), True),
        (("*",), ("env-file",), False),
        (("env-file",), ("env-file",), False),
        ((), ("*",), False),
    ],
)
def test_the_nearest_selector_counts(select: tuple[str, ...], ignore: tuple[str, ...], expected: bool) -> None:
    assert RuleSelection(select, ignore).selects("env-file") is expected


def test_an_id_names_no_other_rule_that_begins_with_it() -> None:
    assert match_rules("env-file", RULES) == ("env-file",)
    assert len(match_rules("env-file*", RULES)) == 8
    assert match_rules("env", RULES) == ()


def test_the_nearest_selector_gives_the_severity() -> None:
    chosen = RuleSelection(severity={"env-file*": "info", "env-file": "warning"})
    assert [chosen.severity_of(each) for each in ("env-file", "env-file-arn", "image")] == ["warning", "info", None]


def test_a_wrong_name_leads_to_a_right_one() -> None:
    assert suggestion("env-flie", RULES) == "did you mean `env-file`?"
    assert suggestion("env-fil", RULES) == "did you mean `env-file`? `env-fil*` names all rules that begin with it"
    assert suggestion("env", RULES) == "`env*` names all rules that begin with it"
    assert suggestion("", RULES) == "`tfcheck rules` lists them"
