from __future__ import annotations

import json

from tests.iam.examples import ACCOUNT, CFG, O, allow, deny, document, request, resource_policy
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.iam import Allowed, Denied, Effect, Layers, Policy, PolicyKind, Undecided, decide, parse_policy
from tfcheck.symbolic.value import JsonText, OneOf, Set, Unknown, Value, text

SLOT = Unknown(symbol("x.y", ("z",)), reason="known after apply")
GOOD = allow("s3:GetObject", CFG + "/*")


def test_scalars_and_lists_are_the_same() -> None:
    scalar: Value = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    listed: Value = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]}
    assert parse_policy(scalar, "p") == parse_policy(listed, "p")
    as_set: Value = {
        "Version": "2012-10-17",
        "Statement": Set(({"Effect": "Allow", "Action": Set(("s3:*",)), "Resource": "*"},)),
    }
    assert parse_policy(as_set, "p") == parse_policy(listed, "p")


def test_text_and_data_are_the_same() -> None:
    data = document(GOOD, deny("s3:*", "*", {"Bool": {"aws:SecureTransport": False}}))
    parsed = parse_policy(data, "p")
    assert parsed.invalid is None
    assert parse_policy("\ufeff " + json.dumps(data, indent=2), "p") == parsed
    assert parse_policy(JsonText(data), "p") == parsed


def test_a_statement_has_its_number_and_origin() -> None:
    policy = parse_policy(document(GOOD, GOOD | {"Sid": "Second"}), "aws_iam_policy.p")
    assert [(each.origin.policy, each.origin.sid, each.origin.index) for each in policy.statements] == [
        ("aws_iam_policy.p", None, 0),
        ("aws_iam_policy.p", "Second", 1),
    ]


@every_row(
    ("statement", "reason"),
    [
        (GOOD | {"Effect": "allow"}, "an Effect is neither `Allow` nor `Deny`"),
        ({"Action": "*", "Resource": "*"}, "an Effect is neither `Allow` nor `Deny`"),
        (GOOD | {"NotAction": "*"}, "a statement has both Action and NotAction"),
        (GOOD | {"NotResource": "*"}, "a statement has both Resource and NotResource"),
        ({"Effect": "Allow", "Resource": "*"}, "a statement has neither Action nor NotAction"),
        ({"Effect": "Allow", "Action": "*"}, "a statement has neither Resource nor NotResource"),
        (GOOD | {"effect": "Allow"}, "a statement has an element that does not exist"),
        (GOOD | {"Principal": "*"}, "a policy on a role has no Principal"),
        (GOOD | {"Action": "GetObject"}, "an action must be written as service:Name"),
        (GOOD | {"Action": 5}, "an action is not a string"),
        (GOOD | {"Action": None}, "Action or NotAction is null"),
        (GOOD | {"Resource": ["arn:aws:s3:::cfg/*", ""]}, "a resource is empty"),
        (GOOD | {"Resource": "cfg"}, "a resource must be `*` or begin with `arn:`"),
        (GOOD | {"Resource": [["*"]]}, "a resource is not a string"),
        (GOOD | {"Condition": {"StringIs": {"a:b": "c"}}}, "a Condition has an operator that does not exist"),
        (GOOD | {"Condition": {"NullIfExists": {"a:b": "true"}}}, "a Condition has an operator that does not exist"),
        (GOOD | {"Condition": {"ForSome:Bool": {"a:b": "true"}}}, "a Condition has an operator that does not exist"),
        (GOOD | {"Condition": []}, "a Condition is not an object"),
        (GOOD | {"Condition": {"Bool": "x"}}, "the keys of a Condition are not an object"),
        (GOOD | {"Condition": {"Bool": {"": "x"}}}, "a Condition has a key without a name"),
        (GOOD | {"Condition": {"Bool": {"a:b": {}}}}, "a condition value is not a string, number or boolean"),
        (GOOD | {"Sid": 5}, "a Sid is not a string"),
        ("Allow", "a statement is not a JSON object"),
    ],
)
def test_what_aws_refuses_is_invalid(statement: Value, reason: str) -> None:
    policy = parse_policy(document(statement), "p")
    assert (policy.invalid, policy.statements) == (reason, ())


@every_row(
    ("whole", "reason"),
    [
        ("", "the document is not JSON"),
        ('{"Statement": [', "the document is not JSON"),
        ('{"Version": NaN}', "the document is not JSON"),
        ("[]", "the document is not a JSON object"),
        (5, "the document is not a JSON object"),
        ({"Version": "2012-10-17"}, "the policy has no Statement"),
        ({"Version": "2012-10-18", "Statement": []}, "Version is neither 2012-10-17 nor 2008-10-17"),
        ({"version": "2012-10-17", "Statement": []}, "the policy has an element that does not exist"),
        (SLOT, "the document is known only after apply"),
        (text(["{", SLOT]), "the document is known only after apply"),
        ('{"a":' * 100_000, "the document is nested too deeply"),
    ],
)
def test_what_is_not_a_policy_is_invalid(whole: Value, reason: str) -> None:
    assert parse_policy(whole, "p").invalid == reason


@every_row(
    ("statement", "reason"),
    [
        (GOOD, "a statement has neither Principal nor NotPrincipal"),
        (GOOD | {"Principal": {"Aws": "*"}}, "a Principal cannot be of the kind `Aws`"),
        (GOOD | {"Principal": "123"}, "a Principal is neither `*` nor an object"),
        (GOOD | {"Principal": "*", "NotPrincipal": "*"}, "a statement has both Principal and NotPrincipal"),
    ],
)
def test_what_aws_refuses_of_a_resource_policy(statement: Value, reason: str) -> None:
    assert parse_policy(document(statement), "p", PolicyKind.RESOURCE).invalid == reason


def test_a_trust_policy_names_no_resource() -> None:
    statement = allow("sts:AssumeRole", Principal={"Service": "ecs-tasks.amazonaws.com"})
    assert parse_policy(document(statement), "p", PolicyKind.TRUST).invalid is None
    assert parse_policy(document(statement | {"Resource": "*"}), "p", PolicyKind.TRUST).invalid is not None


def test_a_trust_policy_has_no_not_principal() -> None:
    for effect in ("Allow", "Deny"):
        statement: Value = {
            "Effect": effect,
            "Action": "sts:AssumeRole",
            "NotPrincipal": {"Service": "x.amazonaws.com"},
        }
        assert parse_policy(document(statement), "p", PolicyKind.TRUST).invalid == "a trust policy has no NotPrincipal"


def test_what_is_strange_is_read_with_a_warning() -> None:
    twice = '{"Version": "2012-10-17", "Version": "2008-10-17", "Statement": []}'
    assert parse_policy(twice, "p").version == "2008-10-17"
    assert parse_policy(twice, "p").warnings == ("a key is written twice in one object; the last one counts",)
    strange = document(
        allow(["s*:GetObject", "s3:"], ["arn:aws:s3", "arn:aws:ssm:*:*:para*/x"], Sid="A"),
        allow([], [], {"StringEquals": {"a:b": []}}, Sid="A"),
    )
    policy = parse_policy(strange, "p")
    assert policy.invalid is None
    assert policy.warnings == (
        "an action has a wildcard in the name of the service",
        "an action names no action",
        "a resource has fewer than the six parts of an ARN",
        "a resource has a wildcard inside the type of the resource",
        "a list for an action is empty",
        "a list for a resource is empty",
        "a list of condition values is empty",
        "two statements have the same Sid",
    )


def test_one_kind_of_principal_may_be_empty_but_not_all() -> None:
    none: dict[str, Value] = {"AWS": []}
    for kinds, warnings in (({**none, "Service": "a.amazonaws.com"}, ()), (none, ("a Principal names nobody",))):
        policy = parse_policy(document(allow("sts:AssumeRole", Principal=kinds)), "p", PolicyKind.TRUST)
        assert (policy.invalid, policy.warnings) == (None, warnings)


def test_empty_lists_match_nothing() -> None:
    assert decide(O, Layers((parse_policy(document(allow([], "*")), "p"),))) == Denied("implicit")
    assert decide(O, Layers((parse_policy(document(allow("*", [])), "p"),))) == Denied("implicit")
    all_but_nothing = parse_policy(document({"Effect": "Allow", "NotAction": [], "NotResource": []}), "p")
    assert isinstance(decide(O, Layers((all_but_nothing,))), Allowed)


def test_an_invalid_policy_is_unreadable_and_no_verdict() -> None:
    broken = parse_policy(document(GOOD | {"Effect": "allow"}), "aws_iam_policy.p")
    reason = "aws_iam_policy.p (an Effect is neither `Allow` nor `Deny`)"
    assert decide(O, Layers((broken,))) == Undecided("policy_not_readable", reason)
    good = parse_policy(document(GOOD), "good")
    beside = decide(O, Layers((broken, good)))
    assert isinstance(beside, Allowed)
    assert beside.assumptions == (f"assumes that {reason} does not deny it",)
    assert decide(O, Layers((good,), boundary=(broken,))) == Undecided(
        "policy_not_readable", reason, (good.statements[0].origin,)
    )
    who = resource_policy(allow("s3:*", "*", Principal={"AWS": ACCOUNT}))
    broken_resource = parse_policy(document(GOOD), "aws_s3_bucket_policy.p", PolicyKind.RESOURCE)
    assert isinstance(decide(O, Layers(resource=broken_resource)), Undecided)
    assert decide(O, Layers(resource=who)) == Denied("implicit")


def test_unknown_parts_leave_open_what_depends_on_them() -> None:
    unknown_effect = parse_policy(document(GOOD | {"Effect": SLOT}), "p")
    assert unknown_effect.statements[0].effect is Effect.OPEN
    assert decide(O, Layers((unknown_effect,))) == Undecided(
        "unknown_value", "the statement's Effect", (unknown_effect.statements[0].origin,)
    )
    unknown_statement = parse_policy(document(GOOD, SLOT), "p")
    assert decide(O, Layers((unknown_statement,))) == Undecided(
        "unknown_value", "${x.y.z}", (unknown_statement.statements[1].origin,)
    )
    unknown_list = parse_policy({"Version": "2012-10-17", "Statement": SLOT}, "p")
    assert unknown_list.open
    assert decide(O, Layers((unknown_list,))) == Undecided(
        "unknown_value", "${x.y.z}", (unknown_list.statements[0].origin,)
    )
    unknown_resource = parse_policy(document(GOOD | {"Resource": SLOT}), "p")
    assert isinstance(decide(O, Layers((unknown_resource,))), Undecided)
    unknown_sid = parse_policy(document(GOOD | {"Sid": SLOT}), "p")
    assert unknown_sid.statements[0].origin.sid is None
    assert isinstance(decide(O, Layers((unknown_sid,))), Allowed)


def _one_of(*values: Value) -> OneOf:
    return OneOf(reason="a condition", values=values)


def _effects(policy: Policy) -> list[tuple[str, bool]]:
    return [(each.effect.value, bool(each.conditions)) for each in policy.statements]


@every_row(
    ("statement", "effects"),
    [  # the effect of each statement, and whether it is in doubt
        (_one_of([GOOD], [GOOD, deny("s3:*", "*")]), [("Allow", False), ("Deny", True)]),
        (_one_of(GOOD, None), [("Allow", True)]),
        ([GOOD, _one_of(deny("s3:*", "*"), None)], [("Allow", False), ("Deny", True)]),
        ([GOOD | {"Resource": _one_of(["*"], ["*", CFG])}], [("Allow", False), ("Allow", True)]),
        ([GOOD | {"Action": _one_of(["s3:*"], None)}], [("Allow", True)]),
        ([GOOD | {"Resource": _one_of(CFG, "*")}], [("Allow", False)]),
        ([GOOD | {"Condition": _one_of({}, {"Bool": {"aws:SecureTransport": "true"}})}], [("Allow", True)] * 2),
        ([GOOD, _one_of({"Effect": "Nonsense"}, None)], [("Allow", False), ("unknown", False)]),
        ([dict.fromkeys(("Effect", "Action", "Resource"), _one_of(*["*"] * 5, None))], [("unknown", False)]),
    ],
)
def test_what_a_condition_adds_to_a_policy_is_in_doubt(statement: Value, effects: list[tuple[str, bool]]) -> None:
    policy = parse_policy({"Version": "2012-10-17", "Statement": statement}, "p")
    assert not policy.invalid
    assert _effects(policy) == effects


def test_an_exception_that_a_condition_adds_is_left_out_with_certainty() -> None:
    exceptions = _one_of([CFG + "/a"], [CFG + "/a", CFG + "/b"])
    layers = Layers((parse_policy(document(allow("s3:GetObject", NotResource=exceptions)), "p"),))
    found = [decide(request("s3:GetObject", f"{CFG}/{each}"), layers) for each in "abc"]
    assert [type(each) for each in found] == [Denied, Undecided, Allowed]
