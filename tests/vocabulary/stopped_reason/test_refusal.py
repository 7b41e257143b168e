"""Check that a refused call is explained without any text of ECS around it."""

from __future__ import annotations

import pytest

from tests.cases import TESTDATA, Case
from tests.rows import every_row
from tests.vocabulary.stopped_reason.test_texts import FETCH, refused
from tfcheck.analysis import rulebook
from tfcheck.analysis.check import check
from tfcheck.checks import ecs_exec
from tfcheck.startup import RULES
from tfcheck.vocabulary.stopped_reason import CALLS, StopCause, explain_text


def test_every_action_of_every_rule_is_explained() -> None:
    asked: set[tuple[str, str]] = set()
    for name in (
        "rarer-fetches",
        "log-router-files",
        "image-and-logs",
        "secrets-with-key",
        "efs-volumes",
        "encrypted-bucket",
        "proxies-of-services",
    ):
        report = check(Case(TESTDATA / name).plan(), None)
        asked |= {(each.requirement.action, each.requirement.rule) for each in report.answers}
    asked |= {(action, rule.id) for rule in RULES for action in rule.symptoms}
    asked |= {(action, ecs_exec.ID) for action in ecs_exec.ACTIONS}
    assert len(asked) > len(RULES)
    known = {(action, rule) for call in CALLS for action in call.actions for rule in call.rules}
    assert asked - known == set()


def test_texts_name_existing_rules() -> None:
    assert {rule for call in CALLS for rule in call.rules} <= {each.id for each in rulebook.manuals()}


@pytest.mark.parametrize("action", [action for call in CALLS for action in call.actions])
def test_a_bare_refusal_is_explained(action: str) -> None:
    for said in (refused(action), refused(action, ""), refused(action).lower(), f"{refused(action)}\n"):
        found = explain_text(said)
        assert found is not None
        assert found.cause in {StopCause.REFUSED, StopCause.TASK_PERMISSION, StopCause.TRUST}
        assert found.denial is not None
        assert found.denial.action == action


def test_a_refused_secret_may_belong_to_several_rules() -> None:
    found = explain_text(refused("secretsmanager:GetSecretValue"))
    assert found is not None
    assert found.known.rules == ("secret", "registry-credentials", "service-connect-log", "fsx")
    assert "credentials of private registries" in found.known.meaning


def test_the_resource_decides_which_file_is_meant() -> None:
    env_file = refused("s3:GetObject").replace("arn:aws:x:eu-west-1:111122223333:thing", '"arn:aws:s3:::cfg/a.env"')
    other = refused("s3:GetObject").replace("arn:aws:x:eu-west-1:111122223333:thing", "arn:aws:s3:::cfg/a.conf")
    first, second = explain_text(env_file), explain_text(other)
    assert first is not None
    assert second is not None
    assert first.denial is not None
    assert first.denial.resource == "arn:aws:s3:::cfg/a.env"
    assert first.known.rules == ("env-file", "decrypt")
    assert "firelens-config" in second.known.rules


def test_the_surrounding_text_decides_who_called() -> None:
    found = explain_text(f"{FETCH}unable to retrieve secrets from ssm: {refused('kms:Decrypt')}")
    assert found is not None
    assert (found.known.rules, found.cause) == (("decrypt",), StopCause.PERMISSION)


@every_row(
    ("action", "called"),
    [
        ("ssm:GetParameter", "ssm:GetParameters"),
        ("ssm:GetParametersByPath", "ssm:GetParameters"),
        ("s3:GetObjectVersion", "s3:GetObject"),
        ("secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"),
    ],
)
def test_a_similar_action_is_not_a_call_of_ecs(action: str, called: str) -> None:
    found = explain_text(refused(action))
    assert found is not None
    assert found.cause is StopCause.OTHER_CALL
    assert found.known.meaning.startswith(f"ECS calls {called}, never {action}: something else did")
    assert found.known.actions == (called,)


def test_a_truncated_refusal_is_explained() -> None:
    text = refused("secretsmanager:GetSecretValue")
    for length in range(text.index("GetSecretV") + len("GetSecretV"), len(text)):
        found = explain_text(text[:length])
        assert found is not None
        assert found.denial is not None
        assert found.denial.action == "secretsmanager:GetSecretValue"
        if found.denial.resource is not None:
            assert found.denial.is_cut == (len(text[:length].rstrip()) <= text.index(" because"))
