"""What data sources find by a name, an ARN, a part of an ARN, or with more behind it, before they are read."""

from __future__ import annotations

import pytest

from tests.plan.made import change, plan
from tfcheck.resolve import Resolver
from tfcheck.resolve.other_forms import whole_secret
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.value import SECRET_SUFFIX, PlainText, Truth, Unknown, text
from tfcheck.vocabulary.address import parse

ROLE = change("aws_iam_role.own", "no-op", after={"arn": "arn:aws:iam::111122223333:role/own"})
PARAMETER = "arn:aws:ssm:eu-west-1:444455556666:parameter/shop/mode"
SECRET = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:shop/db"


def found(address: str, attribute: str, **arguments: object) -> PlainText:
    action, mode = ("read", "data") if address.startswith("data.") else ("create", "managed")
    row = change(address, action, mode=mode, after=arguments, after_unknown={attribute: True})
    value = Resolver(plan(row, ROLE)).attribute(parse(address), attribute)
    assert isinstance(value, PlainText)
    return value


@pytest.mark.parametrize("behind", ["", ":3", ":live"])
def test_a_version_or_a_label_belongs_neither_to_the_name_nor_to_the_arn_of_a_parameter(behind: str) -> None:
    assert equal(found("data.aws_ssm_parameter.p", "arn", name=PARAMETER + behind), PARAMETER) is Truth.TRUE
    by_name = found("data.aws_ssm_parameter.p", "arn", name="/shop/mode" + behind)
    assert glob("arn:aws:ssm:*:*:parameter/shop/mode", by_name) is Truth.TRUE
    assert equal(found("data.aws_ssm_parameter.p", "id", name="/shop/mode" + behind), "/shop/mode") is Truth.TRUE


@pytest.mark.parametrize("address", ["data.aws_secretsmanager_secret_version.v", "aws_secretsmanager_secret_version.v"])
@pytest.mark.parametrize("written", ["shop/db", SECRET])
def test_the_secret_of_a_version_has_a_whole_arn(address: str, written: str) -> None:
    arn = found(address, "arn", secret_id=written)
    assert glob("arn:aws:secretsmanager:*:*:secret:shop/db-??????", arn) is Truth.TRUE
    assert glob("arn:aws:secretsmanager:*:*:secret:shop/db", arn) is Truth.FALSE
    assert equal(found(address, "arn", secret_id=f"{SECRET}-a1B2c3"), f"{SECRET}-a1B2c3") is Truth.TRUE


def test_the_id_of_a_secret_is_its_whole_arn() -> None:
    assert glob(f"{SECRET}-??????", found("data.aws_secretsmanager_secret.s", "id", arn=SECRET)) is Truth.TRUE


def test_a_repository_is_in_the_registry_in_which_it_is_looked_up() -> None:
    arguments = {"name": "shop", "registry_id": "444455556666"}
    arn = found("data.aws_ecr_repository.r", "arn", **arguments)
    assert glob("arn:aws:ecr:*:444455556666:repository/shop", arn) is Truth.TRUE
    url = found("data.aws_ecr_repository.r", "repository_url", **arguments)
    assert glob("444455556666.*/shop", url) is Truth.TRUE


def test_names_that_services_choose_are_found_too() -> None:
    assert equal(found("data.aws_secretsmanager_secret.s", "name"), "rds!db-1") is Truth.UNKNOWN
    assert equal(found("data.aws_secretsmanager_secret.s", "name", arn=f"{SECRET}-a1B2c3"), "a/b") is Truth.UNKNOWN
    assert equal(found("data.aws_ssm_parameter.p", "name"), PARAMETER) is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("end", "is_whole"),
    [
        (["-", Unknown(hole=SECRET_SUFFIX)], True),
        (["-AbCdEf"], True),
        (["/db"], False),
        (["AbCdEfG"], False),
        ([Unknown()], None),
        (["CdEf"], None),
    ],
)
def test_whether_the_end_of_a_secret_s_arn_is_missing_may_be_unknown(end: list[str | Unknown], is_whole: bool) -> None:
    arn = text(["arn:aws:secretsmanager:eu-west-1:123456789012:secret:", Unknown(), *end])
    suffix = Unknown(hole=SECRET_SUFFIX)
    expected = {True: arn, False: text([arn, "-", suffix]), None: None}[is_whole]
    assert whole_secret(arn, suffix) == expected
