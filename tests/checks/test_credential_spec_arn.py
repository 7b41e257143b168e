"""A credential specification is named by the ARN of an object or a parameter, or is a file on the host."""

from __future__ import annotations

from tests.checks.made_tasks import LATER, SECRET, messages
from tests.rows import every_row
from tfcheck.checks import credential_spec_arn
from tfcheck.symbolic.value import Value


@every_row(
    ("specification", "wrong"),
    [
        ("credentialspec:arn:aws:s3:::specs/web.json", ""),
        ("credentialspecdomainless:arn:aws:ssm:eu-west-1:111122223333:parameter/web", ""),
        ("credentialspec:file://web.json", ""),
        ("no-new-privileges", ""),
        (LATER, ""),
        (f"credentialspec:{SECRET}", "neither S3 nor Systems Manager"),
        ("credentialspec:arn:aws:s3:::specs", "names a bucket and no key"),
        ("credentialspec:specs/web.json", "neither the ARN"),
    ],
)
@every_row("member", ["credentialSpecs", "dockerSecurityOptions"])
def test_the_arn_is_of_an_object_or_a_parameter(member: str, specification: Value, wrong: str) -> None:
    found = messages(credential_spec_arn.CHECK, {member: [specification]})
    assert [wrong in each and each.startswith("error") for each in found] == [True] * bool(wrong)
