"""The common mistakes are named, where they are what keeps a statement from granting."""

from __future__ import annotations

import pytest

from tests.cases import TESTDATA, Case
from tests.rows import every_row
from tfcheck.analysis.findings import advice
from tfcheck.symbolic.value import SECRET_SUFFIX, TextLike, Unknown, text
from tfcheck.vocabulary.finding import Answer, Evidence, EvidenceKind, Requirement, RoleKind, Severity, Verdict

#: What is said of each role of the case, by what it was granted.
SAID = {
    "no-suffix": "six random characters",
    "json-key": "IAM never sees what follows a secret's ARN",
    "singular": "ssm:GetParameters, the plural",
    "two-slashes": "remove the second slash",
    "alias": "an alias names the alias",
    "bare-group": "append `:*`",
    "bucket": "is a bucket",
    "objects": "is decided on the bucket",
    "no-slash": "a slash is missing",
    "token": "granted on `*` only",
}
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-AbCdEf"
FILE = "arn:aws:s3:::cfg/web/prod.env"


@pytest.mark.parametrize("name", ["plan.json", "applied.plan.json"])
def test_each_role_has_its_misconfiguration_and_no_other(name: str) -> None:
    advised: dict[str, set[str]] = {}
    for finding in Case(TESTDATA / "near-misses").report(name).findings:
        key = finding.task_definition.partition('"')[2].partition('"')[0]
        advised.setdefault(key, set()).update(advice(finding.answers))
    assert {key for key, sentences in advised.items() if sentences} == set(SAID)
    for key, words in SAID.items():
        assert [words in each for each in advised[key]] == [True]


def advice_on(
    action: str, needed: TextLike, pattern: str, kind: EvidenceKind = EvidenceKind.OTHER_RESOURCE
) -> list[str]:
    need = Requirement("r", "t", "c", "/0", RoleKind.EXECUTION, action, needed, Severity.ERROR, "x")
    evidence = (Evidence("p", None, "Allow", kind, (pattern,)),)
    return list(advice([Answer(need, "role", Verdict.DENIED, evidence=evidence)]))


@every_row(
    ("action", "needed", "pattern"),
    [
        ("s3:GetObject", FILE, "arn:aws:s3:::other/*"),
        ("s3:GetObject", FILE, "arn:aws:s3:::cfg-logs/web/*"),
        ("s3:GetBucketLocation", "arn:aws:s3:::cfg", "arn:aws:s3:::other/*"),
        ("secretsmanager:GetSecretValue", SECRET, "arn:aws:*:*:*:secret:x"),
        ("secretsmanager:GetSecretValue", SECRET, "arn:aws:secretsmanager:eu-west-1:444455556666:secret:app/db"),
        ("secretsmanager:GetSecretValue", SECRET, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/mail"),
        ("ssm:GetParameters", "arn:aws:ssm:a:b:parameter/x", "arn:aws:ssm:a:b:parameter//y"),
        ("logs:CreateLogStream", "arn:aws:logs:a:b:log-group:/x:log-stream:s", "arn:aws:logs:a:b:log-group:/y"),
        ("kms:Decrypt", "arn:aws:kms:a:b:key/1", "arn:aws:kms:a:b:key/2"),
    ],
)
def test_what_would_not_match_either_way_is_not_called_that_mistake(action: str, needed: str, pattern: str) -> None:
    assert advice_on(action, needed, pattern) == []


def test_a_secret_that_is_still_to_be_made_has_a_suffix_too() -> None:
    begun = text(["arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-", Unknown(hole=SECRET_SUFFIX)])
    (sentence,) = advice_on("secretsmanager:GetSecretValue", begun, SECRET.removesuffix("-AbCdEf"))
    assert sentence.startswith("the ARN of a secret ends in")


def test_what_a_deny_names_is_not_a_mistake_of_this_kind() -> None:
    need = Requirement("r", "t", "c", "/0", RoleKind.EXECUTION, "s3:GetObject", FILE, Severity.ERROR, "x")
    denies = Evidence("p", None, "Deny", EvidenceKind.DENIES, ("arn:aws:s3:::cfg",))
    assert list(advice([Answer(need, "role", Verdict.DENIED, evidence=(denies,))])) == []
