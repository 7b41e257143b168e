from __future__ import annotations

from tests.made_world import ELSEWHERE, HERE, OPEN, MadeResource, MadeWorld, reference
from tests.rows import every_row
from tfcheck.startup.source import ValueStore, named_secret, parameter_arn, sources, without_tail
from tfcheck.symbolic.value import SECRET_SUFFIX, Text, Unknown, Value, display, spelled_out, text

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-AbCdEf"
NOTHING = MadeWorld()


@every_row(
    ("value", "arn"),
    [
        (SECRET, SECRET),
        (f"{SECRET}:password::", SECRET),
        (f"{SECRET}:password:AWSCURRENT:", SECRET),
        (f"{SECRET}:::0123", SECRET),
    ],
)
def test_the_tail_of_a_secret_is_not_part_of_its_arn(value: str, arn: str) -> None:
    assert [(each.store, each.arn, each.doubt) for each in sources(value, HERE, NOTHING)] == [
        (ValueStore.SECRETS_MANAGER, arn, "")
    ]


def test_the_tail_behind_a_reference_is_cut_and_the_reference_stays() -> None:
    whole = reference("aws_secretsmanager_secret.db", "arn", "arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf")
    assert without_tail(text([whole, ":password::"])) == whole
    bare = reference("aws_secretsmanager_secret.db", "arn")
    assert without_tail(text([bare, ":password::"])) == bare


def test_an_arn_that_a_function_writes_out_is_the_attribute_of_its_secret() -> None:
    suffix = reference("aws_secretsmanager_secret.db", "arn_suffix")
    written = Text(("arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-", suffix))
    own = Unknown(symbol=reference("aws_secretsmanager_secret.db", "arn").symbol, shape=written)
    world = MadeWorld(MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": own}))
    assert [(each.arn, each.named) for each in sources(written, HERE, world)] == [(own, None)]


def test_a_hole_inside_a_known_arn_contains_no_colons() -> None:
    suffix = Unknown(hole=SECRET_SUFFIX)
    named = text(["arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-", suffix])
    assert without_tail(text([named, ":key::"])) == named


@every_row(
    ("name", "tail"),
    [("/app/token", "app/token"), ("app-token", "app-token"), ("token", "token"), ("arn", "arn"), ("/a//b", "a//b")],
)
def test_a_parameter_s_name_means_the_task_s_region_and_account(name: str, tail: str) -> None:
    assert [each.arn for each in sources(name, HERE, NOTHING)] == [
        f"arn:aws:ssm:eu-west-1:111122223333:parameter/{tail}"
    ]


def test_an_account_that_is_not_known_stays_open_in_the_arn() -> None:
    found = parameter_arn("/app/token", OPEN, NOTHING)
    assert display(found) == "arn:aws:ssm:eu-west-1:${provider.aws.account_id}:parameter/app/token"


def test_a_parameter_of_the_plan_is_named_by_its_own_arn() -> None:
    arn = reference("aws_ssm_parameter.token", "arn", "arn:aws:ssm:eu-west-1:111122223333:parameter/app/token")
    world = MadeWorld(MadeResource("aws_ssm_parameter.token", {"name": "/app/token", "arn": arn}))
    assert parameter_arn("/app/token", HERE, world) == arn
    assert parameter_arn("/app/token", ELSEWHERE, world) == "arn:aws:ssm:eu-west-1:444455556666:parameter/app/token"


def test_a_name_known_only_after_apply_means_its_resource() -> None:
    name = reference("aws_ssm_parameter.token", "name")
    arn = reference("aws_ssm_parameter.token", "arn")
    world = MadeWorld(MadeResource("aws_ssm_parameter.token", {"name": name, "arn": arn}))
    assert [(each.store, each.arn) for each in sources(name, HERE, world)] == [(ValueStore.PARAMETER_STORE, arn)]


@every_row("version", [":3", ":prod"])
def test_the_version_of_a_parameter_is_not_part_of_its_arn(version: str) -> None:
    arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/app/token"
    own = reference("aws_ssm_parameter.token", "arn", arn)
    world = MadeWorld(MadeResource("aws_ssm_parameter.token", {"name": "/app/token", "arn": own}))
    for value in (arn + version, text([own, version]), f"/app/token{version}"):
        (found,) = sources(value, HERE, world)
        assert (found.store, spelled_out(found.arn)) == (ValueStore.PARAMETER_STORE, arn)


def test_a_parameter_may_refer_to_a_secret_and_both_are_read() -> None:
    parameter, secret = sources("/aws/reference/secretsmanager/app/db", HERE, NOTHING)
    assert parameter.arn == "arn:aws:ssm:eu-west-1:111122223333:parameter/aws/reference/secretsmanager/app/db"
    assert secret.store is ValueStore.SECRETS_MANAGER
    assert isinstance(secret.arn, Text)
    assert secret.arn.pieces[0] == "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-"


def test_what_is_unknown_may_be_either() -> None:
    found = sources(Unknown(reason="known only after apply"), HERE, NOTHING)
    assert {each.store for each in found} == set(ValueStore)
    assert all(each.doubt for each in found)


@every_row("value", [None, "", 5, ["x"]])
def test_what_is_not_a_text_names_nothing(value: Value) -> None:
    assert sources(value, HERE, NOTHING) == ()


def test_registry_credentials_are_named_by_arn_or_by_name() -> None:
    arn = reference("aws_secretsmanager_secret.r", "arn")
    world = MadeWorld(MadeResource("aws_secretsmanager_secret.r", {"name": "registry", "arn": arn}))
    assert named_secret(SECRET, HERE, world) == SECRET
    assert named_secret("registry", HERE, world) == arn
    assert named_secret(reference("aws_secretsmanager_secret.r", "name"), HERE, world) == arn
    assert display(named_secret("other", HERE, world)).startswith(
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:other-"
    )
