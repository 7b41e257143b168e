"""The secret of a database is known as far as AWS documents it: there is one or none, and no other database has it."""

from __future__ import annotations

import pytest

from tests.plan.made import change, plan
from tfcheck.resolve import Resolver
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.value import Truth, Unknown, Value
from tfcheck.vocabulary.address import parse

LATER = {"master_user_secret": True, "master_password_secret_arn": True}


def resolved(address: str, arguments: dict[str, Value], attribute: str = "master_user_secret") -> Value:
    row = change(address, "create", after=arguments, after_unknown=LATER)
    return Resolver(plan(row)).attribute(parse(address), attribute)


def arn(name: str) -> Unknown:
    listed = resolved(f"aws_db_instance.{name}", {"manage_master_user_password": True})
    assert isinstance(listed, list)
    (secret,) = listed
    assert isinstance(secret, dict)
    found = secret["secret_arn"]
    assert isinstance(found, Unknown)
    return found


def test_a_database_whose_password_is_kept_has_one_secret() -> None:
    assert str(arn("a").symbol) == "aws_db_instance.a.master_user_secret[0].secret_arn"
    assert glob("arn:*:secretsmanager:*:*:secret:rds!db-*", arn("a")) is Truth.TRUE
    assert glob("arn:*:secretsmanager:*:*:secret:rds!cluster-*", arn("a")) is Truth.FALSE
    assert equal(arn("a"), "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf") is Truth.FALSE


def test_each_database_has_a_secret_of_its_own() -> None:
    assert equal(arn("a"), arn("a")) is Truth.TRUE
    assert equal(arn("a"), arn("b")) is Truth.FALSE


@pytest.mark.parametrize("arguments", [{}, {"manage_master_user_password": False, "password": "x"}])
def test_a_database_with_a_password_of_its_own_has_none(arguments: dict[str, Value]) -> None:
    assert resolved("aws_rds_cluster.c", arguments) == []


def test_one_that_is_made_of_another_may_have_a_secret() -> None:
    assert isinstance(resolved("aws_db_instance.c", {"snapshot_identifier": "s"}), Unknown)


def test_whether_there_is_one_may_be_known_only_after_apply() -> None:
    row = change("aws_db_instance.c", "create", after={}, after_unknown={**LATER, "manage_master_user_password": True})
    assert isinstance(Resolver(plan(row)).attribute(parse("aws_db_instance.c"), "master_user_secret"), Unknown)


def test_redshift_shows_the_arn_itself() -> None:
    found = resolved("aws_redshift_cluster.c", {"manage_master_password": True}, "master_password_secret_arn")
    assert isinstance(found, Unknown)
    assert glob("arn:*:secretsmanager:*:*:secret:redshift!*", found) is Truth.TRUE
