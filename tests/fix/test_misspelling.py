"""Which patterns are taken for a slip, and what are they to be? Most tests show what is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.rows import every_row
from tfcheck.fix.corrections.misspelling import Misspelling, misspelled_action, misspelled_prefix, misspelled_resources
from tfcheck.symbolic.wildcards import glob_known

S3 = "arn:aws:s3:::"
FILE = f"{S3}acme-config/orders/prod.env"
SECRETS = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
GET = ("s3:GetObject",)

SLIPS = {
    "acme-confg/*": "acme-config/*",
    "acme-conffig/*": "acme-config/*",
    "acme-comfig/orders/*": "acme-config/orders/*",
    "amce-config/*": "acme-config/*",
    "acme_config/*": "acme-config/*",
    "acme.config/orders/prod.env": "acme-config/orders/prod.env",
    "Acme-Config/Orders/*": "acme-config/orders/*",
    "acme-configorders/*": "acme-config/orders/*",
    "acme-config/order/*": "acme-config/orders/*",
    "acme-config/orders/prod.evn": "acme-config/orders/prod.env",
    "acme-config/*/prod.evn": "acme-config/*/prod.env",
    "acme-config": "acme-config/*",
    "acme-config/": "acme-config/*",
    "acme-config/orders": "acme-config/orders/*",
}
#: As likely another object.
OTHERS = [
    "acme-config1/*",
    "acme-config/orders/prod1.env",
    "acme-config/app/*",
    "acme-config/orders/dev.env",
    "other/*",
    "acme-config/orders/prod.env.bak",
]


@every_row(("pattern", "wanted"), SLIPS.items())
def test_a_slip_is_corrected(pattern: str, wanted: str) -> None:
    found = next(misspelled_resources(S3 + pattern, FILE, GET))
    assert found.correct(S3 + pattern) == S3 + wanted


@every_row("pattern", OTHERS)
def test_another_name_is_not_a_misspelling(pattern: str) -> None:
    assert list(misspelled_resources(S3 + pattern, FILE, GET)) == []


def test_short_words_are_names_of_their_own() -> None:
    assert list(misspelled_resources(f"{S3}acme/app/*", f"{S3}acme/api/x.env", GET)) == []
    assert list(misspelled_resources(f"{S3}acme-a/*", f"{S3}acme-b/x.env", GET)) == []


def test_a_missing_colon_in_an_arn_is_a_slip() -> None:
    assert next(misspelled_resources("arn:aws:s3::acme-config/*", FILE, GET)).correct("arn:aws:s3::acme-config/*") == (
        f"{S3}acme-config/*"
    )


def test_regions_and_accounts_are_not_compared() -> None:
    pattern = "arn:aws:ssm:eu-west-2:111122223333:parameter/prod/db_password"
    needed = "arn:aws:ssm:\0${region}\0:\0${account}\0:parameter/prod/db-password"
    assert (
        next(misspelled_resources(pattern, needed, ("ssm:GetParameters",)))
        .correct(pattern)
        .endswith("prod/db-password")
    )


def test_a_plural_is_a_slip_also_in_a_short_word_before_the_end_of_a_secret() -> None:
    (found,) = misspelled_resources(
        f"{SECRETS}job/db-??????", f"{SECRETS}jobs/db-AbCdEf", ("secretsmanager:GetSecretValue",)
    )
    assert found.correct(f"{SECRETS}job/db-??????") == f"{SECRETS}jobs/db-??????"
    assert (
        list(
            misspelled_resources(
                f"{SECRETS}job/db-??????", f"{SECRETS}jot/db-AbCdEf", ("secretsmanager:GetSecretValue",)
            )
        )
        == []
    )


def test_what_is_not_known_is_never_changed() -> None:
    pattern, needed = "\0${aws_s3_bucket.one.arn}\0/*", "\0${aws_s3_bucket.ones.arn}\0/x.env"
    assert list(misspelled_resources(pattern, needed, GET)) == []
    assert list(misspelled_resources(pattern.replace("one", "config"), needed.replace("one", "config"), GET)) == []


def test_an_end_is_only_added_where_all_actions_are_about_what_is_inside() -> None:
    assert list(misspelled_resources(f"{S3}acme-config", FILE, (*GET, "s3:ListBucket"))) == []
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/web"
    stream = f"{group}:log-stream:x"
    (found,) = misspelled_resources(group, stream, ("logs:CreateLogStream", "logs:PutLogEvents"))
    assert found.text == ":*"
    assert list(misspelled_resources(group, stream, ("logs:CreateLogStream", "logs:DescribeLogStreams"))) == []


def test_a_secret_without_its_suffix() -> None:
    name = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db"
    (found,) = misspelled_resources(name, f"{name}-AbCdEf", ("secretsmanager:GetSecretValue",))
    assert found.text == "-??????"
    assert list(misspelled_resources(name, f"{name}-replica-AbCdEf", ("secretsmanager:GetSecretValue",))) == []


def test_a_secret_with_the_suffix_of_another_one_or_the_key_of_a_value() -> None:
    name, get = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db", ("secretsmanager:GetSecretValue",)
    (found,) = misspelled_resources(f"{name}-AbCdE1", f"{name}-xYz123", get)
    assert found.correct(f"{name}-AbCdE1") == f"{name}-??????"
    assert list(misspelled_resources(f"{name}-backup", f"{name}-xYz123", get)) == []
    for needed in (f"{name}-xYz123", "\0aws_secretsmanager_secret.db.arn\0"):
        (found,) = misspelled_resources(f"{needed}:password::", needed, get)
        assert found.correct(f"{needed}:password::") == needed
    assert list(misspelled_resources("\0aws_s3_bucket.db.arn\0:password::", "\0aws_s3_bucket.db.arn\0", GET)) == []


def test_another_prefix_of_the_same_bucket() -> None:
    found = misspelled_prefix(f"{S3}acme-config/env/*", FILE)
    assert found is not None
    assert found.correct(f"{S3}acme-config/env/*") == f"{S3}acme-config/orders/*"
    found = misspelled_prefix(f"{S3}acme-config/env/prod.env", FILE)
    assert found is not None
    assert found.correct(f"{S3}acme-config/env/prod.env") == FILE
    assert misspelled_prefix(f"{S3}acme-config/env/dev.env", FILE) is None
    assert misspelled_prefix(f"{S3}other/env/*", FILE) is None
    assert misspelled_prefix(f"{S3}acme-config/*", FILE) is None


def test_a_file_without_a_directory_is_granted_alone() -> None:
    found = misspelled_prefix(f"{S3}acme-config/env/*", f"{S3}acme-config/prod.env")
    assert found is not None
    assert found.correct(f"{S3}acme-config/env/*") == f"{S3}acme-config/prod.env"


@every_row("action", ["s3:GetObjects", "s3.GetObject", "s3:Get_Object", "s3:GetObjet", "s3:GteObject"])
def test_an_action_that_does_not_exist(action: str) -> None:
    assert misspelled_action(action, "s3:GetObject") == Misspelling(
        0, len(action), "s3:GetObject", "IAM has no such action"
    )


@every_row(
    ("action", "needed"),
    [
        ("s3:PutObject", "s3:GetObject"),
        ("s3:getobject", "s3:GetObject"),
        ("s3:Get*", "s3:GetObject"),
        ("ssm:GetParameter", "ssm:GetParameters"),
    ],
)
def test_other_actions_are_left_alone(action: str, needed: str) -> None:
    assert misspelled_action(action, needed) is None


NAMES = st.text("abcdefgh-_/.", min_size=1, max_size=30)


@given(NAMES, NAMES, st.sampled_from(["", "*", "/*"]))
def test_what_is_corrected_matches(own: str, needed: str, end: str) -> None:
    pattern = f"{S3}{own}{end}"
    for found in misspelled_resources(pattern, S3 + needed, GET):
        assert glob_known(found.correct(pattern), S3 + needed)
