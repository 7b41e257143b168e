"""In which account does a provider configuration work, when nothing says so outright?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plan.made import change, plan
from tests.rows import every_row
from tfcheck.hcl.modules import from_directory
from tfcheck.resolve import Resolver
from tfcheck.symbolic.sensitive_text import SENSITIVE, Sensitive, redact
from tfcheck.symbolic.value import Unknown, Value
from tfcheck.vocabulary.address import parse

HERE, ELSEWHERE = "111122223333", "444455556666"
BUCKET = change("aws_s3_bucket.b", "create", after={"bucket": "b"})


def arn(resource: str, account: str = HERE) -> str:
    return f"arn:aws:iam::{account}:{resource}"


def task(role: Value) -> dict[str, Any]:
    return change("aws_ecs_task_definition.t", "create", after={"family": "t", "execution_role_arn": role})


def policy(role: Value, name: str = "p") -> dict[str, Any]:
    return change(f"aws_iam_role_policy.{name}", "create", name=name, after={"name": name, "role": role})


def attached(arn: str) -> dict[str, Any]:
    return change("aws_iam_role_policy_attachment.a", "create", after={"role": "x", "policy_arn": arn})


def read(kind: str, **values: str) -> dict[str, Any]:
    found = {"address": f"data.{kind}.d", "mode": "data", "type": kind, "name": "d", "values": values}
    return {"prior_state": {"values": {"root_module": {"resources": [found]}}}}


def used(aliased: tuple[str, ...], **expressions: Any) -> dict[str, Any]:
    """Make a configuration whose resources use the default provider, except those listed."""
    rows = [BUCKET["address"], "aws_ecs_task_definition.t", "aws_iam_role_policy.p"]
    resources = [
        {
            "address": address,
            "mode": "managed",
            "type": address.partition(".")[0],
            "name": address.partition(".")[2],
            "provider_config_key": "aws.other" if address in aliased else "aws",
        }
        for address in rows
    ]
    other = {"name": "aws", "alias": "other", "expressions": expressions}
    providers = {"aws": {"name": "aws"}, "aws.other": other}
    return {"configuration": {"provider_config": providers, "root_module": {"resources": resources}}}


def resolver(*changes: dict[str, Any], **sections: Any) -> Resolver:
    return Resolver(plan(BUCKET, *changes, **sections))


def account(*changes: dict[str, Any], **sections: Any) -> str | None:
    """Return the account that the plan shows, without assumptions."""
    found = resolver(*changes, **sections).surroundings(parse("aws_s3_bucket.b"))
    return found.account if isinstance(found.account, str) and not found.assumption else None


def test_a_role_that_is_looked_up_is_in_the_account() -> None:
    assert account(**read("aws_iam_role", name="x", arn=arn("role/x"))) == HERE


@pytest.mark.parametrize("kind", ["aws_kms_key", "aws_secretsmanager_secret"])
def test_what_may_be_looked_up_in_another_account_shows_nothing(kind: str) -> None:
    assert account(**read(kind, arn=f"arn:aws:kms:eu-west-1:{ELSEWHERE}:key/k")) is None


def test_a_managed_policy_is_attached_in_its_account() -> None:
    assert account(attached(arn("policy/p"))) == HERE
    assert account(attached(arn("policy/p", "aws"))) is None


def test_a_role_of_a_task_to_which_a_policy_is_attached_by_name_is_in_the_account() -> None:
    assert account(task(arn("role/team/x")), policy("x")) == HERE
    assert account(task(arn("role/x")), policy("y")) is None
    assert account(task(arn("role/x"))) is None
    assert account(task("x"), policy("x")) is None


def test_accounts_that_disagree_show_nothing() -> None:
    other = change("aws_ecs_task_definition.u", "create", name="u", after={"task_role_arn": arn("role/x", ELSEWHERE)})
    assert account(task(arn("role/x")), other, policy("x")) is None


def test_what_another_provider_configuration_attaches_shows_nothing() -> None:
    changes = task(arn("role/x")), policy("x")
    elsewhere = {"assume_role": [{"role_arn": {"references": ["var.role"]}}]}
    assert account(*changes, **used(())) == HERE
    assert account(*changes, **used(("aws_iam_role_policy.p",), **elsewhere)) is None
    assert account(*changes, **used(("aws_iam_role_policy.p",), region={"constant_value": "eu-west-1"})) == HERE


# Shown only in what the plan marks


def hidden(row: dict[str, Any], *names: str) -> dict[str, Any]:
    row["change"]["after_sensitive"] = dict.fromkeys(names, True)
    return row


@pytest.mark.parametrize(
    "changes",
    [
        (hidden(attached(arn("policy/p")), "policy_arn"),),
        (hidden(task(arn("role/x")), "execution_role_arn"), policy("x")),
        (hidden(change("aws_iam_role.r", "create", after={"arn": arn("role/r")}), "arn"),),
    ],
)
def test_an_account_that_only_marked_arns_show_is_marked(changes: tuple[dict[str, Any], ...]) -> None:
    assert redact(account(*changes) or "") == SENSITIVE
    assert account(*changes) == HERE


def test_an_account_that_is_assumed_from_marked_arns_only_is_marked() -> None:
    parameter = change("aws_ssm_parameter.p", "create", after={"name": "p", "value": arn("role/x")})
    shown = resolver(parameter).surroundings(parse("aws_s3_bucket.b"))
    assert (shown.account, HERE in shown.assumption) == (HERE, True)
    found = resolver(hidden(parameter, "value")).surroundings(parse("aws_s3_bucket.b"))
    assert found.account == HERE
    assert isinstance(found.account, Sensitive)
    assert HERE not in found.assumption


def test_an_account_that_another_arn_shows_is_not_marked() -> None:
    other = change("aws_iam_role_policy_attachment.b", "create", name="b", after={"policy_arn": arn("policy/q")})
    found = account(hidden(attached(arn("policy/p")), "policy_arn"), other)
    assert redact(found or "") == HERE


# Looked up by name


def looked_up(kind: str, arn: str, arguments: dict[str, Any]) -> dict[str, Any]:
    declared = {"address": f"data.{kind}.d", "mode": "data", "type": kind, "name": "d"}
    expressions = {name: {"constant_value": value} for name, value in arguments.items()}
    resources = [declared | {"provider_config_key": "aws", "expressions": expressions}]
    return read(kind, arn=arn) | {"configuration": {"root_module": {"resources": resources}}}


SECRET_ARN = f"arn:aws:secretsmanager:eu-west-1:{HERE}:secret:s-AbCdEf"


@every_row(
    ("kind", "arguments"),
    [
        ("aws_secretsmanager_secret", {"name": "s"}),
        ("aws_ssm_parameter", {"name": "/s"}),
        ("aws_kms_key", {"key_id": "alias/s"}),
        ("aws_ecr_repository", {"name": "s"}),
    ],
)
def test_what_is_looked_up_by_name_is_in_the_account(kind: str, arguments: dict[str, Any]) -> None:
    assert account(**looked_up(kind, SECRET_ARN, arguments)) == HERE


@every_row(
    ("kind", "arguments"),
    [
        ("aws_secretsmanager_secret", {"arn": SECRET_ARN}),
        ("aws_secretsmanager_secret", {"name": SECRET_ARN}),
        ("aws_kms_key", {"key_id": "arn:aws:kms:eu-west-1:111122223333:key/k"}),
        ("aws_ecr_repository", {"name": "s", "registry_id": HERE}),
        ("aws_ssm_parameter", {}),
    ],
)
def test_what_an_arn_or_a_registry_names_may_be_in_another_account(kind: str, arguments: dict[str, Any]) -> None:
    assert account(**looked_up(kind, SECRET_ARN, arguments)) is None


# The account as people write it


def assumed(*changes: dict[str, Any], **sections: Any) -> tuple[str | None, int]:
    asked = resolver(*changes, **sections)
    found = asked.surroundings(parse("aws_s3_bucket.b"))
    stated = [each for each in asked.assumptions if "account" in each]
    assert stated == ([found.assumption] if found.assumption else [])
    return found.account if isinstance(found.account, str) else None, len(stated)


def test_the_only_account_in_literal_arns_is_assumed_and_stated() -> None:
    assert assumed(task(arn("role/x"))) == (HERE, 1)
    assert assumed(task(arn("role/y")), attached(arn("policy/p", "aws"))) == (HERE, 1)
    elb = change("aws_s3_bucket_policy.l", "create", name="l", after={"policy": arn("root", "127311923021")})
    assert assumed(task(arn("role/x")), elb) == (HERE, 1)


@every_row(
    "literal",
    [
        f"arn:aws:ssm:*:{HERE}:parameter/x",
        f"arn:aws:ssm:eu-*:{HERE}:parameter/x",
        f"arn:*:ssm:eu-west-1:{HERE}:parameter/x",
        f"arn:${{data.aws_partition.p.partition}}:ssm:${{var.region}}:{HERE}:parameter/x",
    ],
)
def test_the_account_of_a_pattern_is_assumed(literal: str) -> None:
    assert assumed(change("aws_iam_policy.p", "create", name="p", after={"policy": literal})) == (HERE, 1)


@every_row(
    "literal",
    [
        f"arn:aws:ecr:eu-west-1:{ELSEWHERE}:repository/shared",
        f"arn:aws:lambda:eu-west-1:{ELSEWHERE}:layer:tracing:1",
        f"arn:aws:lambda:*:{ELSEWHERE}:layer:tracing:1",
        "arn:aws:iam::193672423079:user/logs",
        "arn:aws:iam::386209384616:root",
    ],
)
def test_repositories_and_layers_may_be_anybodys(literal: str) -> None:
    policy = change("aws_iam_policy.shared", "create", name="shared", after={"policy": literal})
    assert assumed(policy) == (None, 0)
    assert assumed(task(arn("role/x")), policy) == (HERE, 1)


def test_an_account_that_a_role_only_trusts_is_not_assumed() -> None:
    trust = {"Statement": [{"Action": "sts:AssumeRole", "Principal": {"AWS": arn("root", ELSEWHERE)}}]}
    role = change("aws_iam_role.monitor", "create", name="monitor", after={"assume_role_policy": json.dumps(trust)})
    assert isinstance(resolver(role).surroundings(parse("aws_s3_bucket.b")).account, Unknown)
    own = change("aws_iam_policy.p", "create", name="p", after={"policy": arn("role/x")})
    assert resolver(role, own).surroundings(parse("aws_s3_bucket.b")).account == HERE


def test_several_accounts_in_literal_arns_decide_nothing() -> None:
    other = change("aws_s3_bucket_policy.l", "create", name="l", after={"policy": arn("root", ELSEWHERE)})
    found = resolver(task(arn("role/x")), other).surroundings(parse("aws_s3_bucket.b")).account
    assert isinstance(found, Unknown)
    assert "`--account`" in found.reason
    assert "`allowed_account_ids`" in found.reason


def test_an_account_that_another_provider_configuration_works_in_is_not_assumed() -> None:
    role = {"assume_role": [{"role_arn": {"constant_value": arn("role/deploy", ELSEWHERE)}}]}
    assert assumed(task(arn("role/x", ELSEWHERE)), **used((), **role)) == (None, 0)
    assert assumed(task(arn("role/x")), **used((), **role)) == (HERE, 1)


def test_nothing_is_assumed_where_several_configurations_are_open() -> None:
    assert assumed(task(arn("role/x")), **used((), profile={"constant_value": "dns"})) == (None, 0)


def test_arns_that_disagree_leave_no_room_for_an_assumption() -> None:
    keys = [
        change(f"aws_kms_key.{name}", name=name, before={"arn": key}, after={"arn": key})
        for name, key in (("a", arn("key/a")), ("b", arn("key/b", ELSEWHERE)))
    ]
    text = change("aws_iam_policy.p", "create", after={"policy": arn("role/x")})
    found = Resolver(plan(BUCKET, *keys, text), account=HERE).surroundings(parse("aws_s3_bucket.b"))
    assert isinstance(found.account, Unknown)


def test_the_only_allowed_account_decides() -> None:
    allowed = {"expressions": {"allowed_account_ids": {"constant_value": [HERE]}}}
    one = {"configuration": {"provider_config": {"aws": {"name": "aws"} | allowed}}}
    assert account(task(arn("role/x", ELSEWHERE)), **one) == HERE
    two = {"expressions": {"allowed_account_ids": {"constant_value": [HERE, ELSEWHERE]}}}
    assert account(configuration={"provider_config": {"aws": {"name": "aws"} | two}}) is None


def test_a_given_account_is_used_where_nothing_shows_it() -> None:
    def account_with(**sections: Any) -> Value:
        return Resolver(plan(BUCKET, **sections), account=ELSEWHERE).surroundings(parse("aws_s3_bucket.b")).account

    assert account_with() == ELSEWHERE
    assert account_with(**read("aws_caller_identity", account_id=HERE)) == HERE
    profile = {"profile": {"constant_value": "dns"}}
    assert account_with(**used((), **profile)) == ELSEWHERE
    assert isinstance(account_with(**used(("aws_s3_bucket.b",), **profile)), Unknown)


SOURCES = """
variable "profile" {}
variable "region" {}
provider "aws" {
  region = replace(var.region, "eu", "us")
}
provider "aws" {
  alias   = "other"
  profile = "${var.profile}-b"
}
# once arn:aws:iam::999999999999:role/x
locals { role = "arn:aws:iam::111122223333:role/x" }
"""


def test_arguments_of_providers_are_evaluated_from_the_sources(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SOURCES)
    sections = used(("aws_iam_role_policy.p",), profile={"references": ["var.profile"]})
    sections["configuration"]["provider_config"]["aws"]["expressions"] = {"region": {"references": ["var.region"]}}
    sections["variables"] = {"profile": {"value": "a"}, "region": {"value": "eu-west-1"}}
    made = plan(BUCKET, policy("x"), **sections)
    asked = Resolver(made, from_directory(tmp_path))
    assert asked.surroundings(parse("aws_s3_bucket.b")).region == "us-west-1"
    assert (
        asked.surroundings(parse("aws_s3_bucket.b")).account
        != asked.surroundings(parse("aws_iam_role_policy.p")).account
    )
    assert isinstance(Resolver(made).surroundings(parse("aws_s3_bucket.b")).region, Unknown)


def test_comments_of_the_sources_name_no_account(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SOURCES)
    found = Resolver(plan(BUCKET), from_directory(tmp_path)).surroundings(parse("aws_s3_bucket.b"))
    assert found.account == HERE


# The region


def region(*changes: dict[str, Any], **sections: Any) -> str | None:
    """Return the region of a bucket, where the plan shows it."""
    found = resolver(*changes, **sections).surroundings(parse("aws_s3_bucket.b")).region
    return found if isinstance(found, str) else None


def region_looked_up(**expressions: Any) -> dict[str, Any]:
    source = {"address": "data.aws_region.d", "mode": "data", "type": "aws_region", "name": "d"}
    declared = source | {"provider_config_key": "aws", "expressions": expressions}
    values = {"name": "us-west-2", "region": "us-west-2", "id": "us-west-2"}
    prior = {"values": {"root_module": {"resources": [source | {"values": values}]}}}
    return {"prior_state": prior, "configuration": {"root_module": {"resources": [declared]}}}


def test_a_look_up_of_the_region_names_that_of_its_provider_configuration() -> None:
    assert region(**region_looked_up()) == "us-west-2"
    assert region(**region_looked_up(region={"constant_value": None})) == "us-west-2"


@pytest.mark.parametrize("argument", ["name", "region", "endpoint"])
def test_a_look_up_of_another_region_shows_nothing(argument: str) -> None:
    assert region(**region_looked_up(**{argument: {"constant_value": "us-west-2"}})) is None
    assert region(**region_looked_up(**{argument: {"references": ["var.region"]}})) is None


def test_the_arn_of_a_resource_with_a_region_of_its_own_shows_nothing() -> None:
    arn = "arn:aws:sqs:us-west-2:111122223333:q"
    queue = change("aws_sqs_queue.q", "no-op", before={"arn": arn}, after={"arn": arn, "region": "us-west-2"})
    declared = {"address": "aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue", "name": "q"}
    own = declared | {"provider_config_key": "aws", "expressions": {"region": {"constant_value": "us-west-2"}}}
    assert region(queue) == "us-west-2"
    assert region(queue, configuration={"root_module": {"resources": [own]}}) is None


@every_row(
    ("own", "where"),
    [
        ({}, ("eu-west-1", ELSEWHERE)),
        ({"alias": "other"}, None),
        ({"expressions": {"region": {"constant_value": "us-east-1"}}}, ("us-east-1", None)),
    ],
)
@every_row("root", [True, False])
def test_a_module_without_a_provider_works_where_its_callers_do(
    own: dict[str, Any], where: tuple[str, str | None] | None, root: bool
) -> None:
    """Terraform keeps a key of its own for a module whose caller has no use for the provider."""
    key = "module.team.module.service:aws"
    deploy = {
        "region": {"constant_value": "eu-west-1"},
        "assume_role": [{"role_arn": {"constant_value": arn("role/x", ELSEWHERE)}}],
    }
    configs = {key: {"name": "aws", "module_address": "module.team.module.service", **own}}
    top = (
        {"aws": {"name": "aws", "expressions": deploy}}
        if root
        else {"module.team:aws": {"name": "aws", "module_address": "module.team", "expressions": deploy}}
    )
    address = "module.team.module.service.aws_s3_bucket.b"
    kept = {
        "address": "aws_s3_bucket.b",
        "mode": "managed",
        "type": "aws_s3_bucket",
        "name": "b",
        "provider_config_key": key,
    }
    inner = {"module_calls": {"service": {"module": {"resources": [kept]}}}}
    configuration = {"provider_config": configs | top, "root_module": {"module_calls": {"team": {"module": inner}}}}
    made = plan(change(address, "create", after={"bucket": "b"}), configuration=configuration)
    found = Resolver(made).surroundings(parse(address))
    known = tuple(each if isinstance(each, str) else None for each in (found.region, found.account))
    assert known == (where or (None, None))
