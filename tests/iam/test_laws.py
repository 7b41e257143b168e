"""What must hold for every policy and every request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.iam.examples import ACCOUNT, CALLER, OTHER_ACCOUNT, REGION, ROLE, allow, deny, document
from tests.symbols import symbol
from tfcheck.iam import (
    Absent,
    Allowed,
    Caller,
    Context,
    Decision,
    Denied,
    Entry,
    Layers,
    OneOfValues,
    Policy,
    PolicyKind,
    PresenceUnknown,
    Request,
    Undecided,
    decide,
    parse_policy,
    start_up_context,
)
from tfcheck.symbolic.value import ACCOUNT_ID, NAME, Hole, Text, TextLike, Unknown, Value, text

Doc = dict[str, Any]


def slot(name: str, hole: Hole = Hole(), family: str = "") -> Unknown:  # noqa: B008 (frozen)
    return Unknown(symbol("slot", (name,)), hole=hole, family=family)


BUCKET, OTHER_BUCKET = slot("bucket", NAME), slot("other bucket", NAME)
KEY_A, KEY_B = slot("key a", NAME, "key"), slot("key b", NAME, "key")
ACCOUNT_SLOT = slot("account", ACCOUNT_ID)
PATH = slot("path")
LAST = slot("last", Hole(chars="/:*?$"))
ARN = slot("arn")
ACTION = slot("action")
EFFECT = slot("effect")
STATEMENT = slot("statement")
VALUE = slot("value")
PRINCIPAL = slot("principal")
ROLE_NAME = slot("role", NAME)
UNIQUE = slot("unique")
NAMES = st.sampled_from(["cfg", "other", "a"])

#: What each unknown may turn out to be.
FILLINGS: dict[str, st.SearchStrategy[Value]] = {
    "bucket": NAMES,
    "other bucket": NAMES,
    "key a": st.sampled_from(["k1", "k2"]),
    "key b": st.sampled_from(["k3", "k4"]),
    "account": st.sampled_from([ACCOUNT, OTHER_ACCOUNT]),
    "path": st.sampled_from(["app", "app/x", "", "a:b", "*", "x?"]),
    "last": st.sampled_from(["app", "", "x"]),
    "arn": st.sampled_from(["*", "arn:aws:s3:::cfg/*", "arn:aws:s3:::cfg/app", "arn:aws:s3:::other", "arn:aws:s3"]),
    "action": st.sampled_from(["s3:GetObject", "S3:get*", "*", "kms:Decrypt", "s*:GetObject"]),
    "effect": st.sampled_from(["Allow", "Deny"]),
    "statement": st.sampled_from([allow("*", "*"), deny("*", "*"), allow("s3:Put*", "*")]),
    "value": st.sampled_from(["app", "ops", "a*", "", ROLE, "true", "5"]),
    "principal": st.sampled_from(
        ["*", ROLE, ACCOUNT, OTHER_ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AROAEXAMPLEEXAMPLE123"]
    ),
}
FILLINGS |= {
    "role": st.sampled_from(["exec", "admin", "x"]),
    "unique": st.sampled_from(["AROAEXAMPLEEXAMPLE123", "AROAEXAMPLEEXAMPLE456"]),
}
fillings = st.fixed_dictionaries(FILLINGS)


def filled(value: Any, filling: Mapping[str, Value]) -> Any:
    """Put values in place of what is unknown, all the way down."""
    if isinstance(value, Unknown):
        return filling[str(value.symbol.path[0])] if value.symbol is not None else value
    if isinstance(value, Text):
        return text([filled(piece, filling) for piece in value.pieces])
    if isinstance(value, dict):
        return {key: filled(each, filling) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, filling) for each in value]
    if isinstance(value, OneOfValues):
        return filled(value.values[0], filling)
    return value


def joined(*parts: Any) -> TextLike:
    return text(parts)


def rows(*choices: Any, longest: int = 3) -> st.SearchStrategy[TextLike]:
    return st.lists(st.sampled_from(choices), max_size=longest).map(text)


paths = rows("app", "/", "*", "?", "x", ":", "${aws:PrincipalTag/team}", "${aws:username, 'app'}", PATH, LAST)
plain_paths = rows("app", "/", "x", ":", PATH, LAST)
buckets = st.sampled_from(["cfg", "*", "c?g", BUCKET, OTHER_BUCKET, "other"])
buckets_of_requests = st.sampled_from(["cfg", BUCKET, OTHER_BUCKET])
s3_resources: st.SearchStrategy[Value] = st.one_of(
    st.sampled_from(["*", ARN, "arn:aws:s3:::cfg", "arn:aws:s3:*", "arn:aws:s*:::cfg/*", "arn:aws:s3:::cfg/*"]),
    st.tuples(buckets, paths).map(lambda pair: joined("arn:aws:s3:::", pair[0], "/", pair[1])),
    buckets.map(lambda bucket: joined("arn:aws:s3:::", bucket, "/*")),
)
log_resources: st.SearchStrategy[Value] = st.one_of(
    st.sampled_from(["*", "arn:aws:logs:*:log-group:*", "arn:aws:logs:*:*:log-group*", "arn:aws:logs:*:*:log*:*"]),
    st.tuples(st.sampled_from(["*", REGION, "eu-*"]), st.sampled_from(["*", ACCOUNT, ACCOUNT_SLOT]), paths).map(
        lambda parts: joined("arn:aws:logs:", parts[0], ":", parts[1], ":log-group:", parts[2])
    ),
)
key_resources: st.SearchStrategy[Value] = st.sampled_from([KEY_A, KEY_B, "*"]).map(
    lambda key: joined(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/", key)
)
s3_targets = st.tuples(buckets_of_requests, plain_paths).map(
    lambda pair: joined("arn:aws:s3:::", pair[0], "/", pair[1])
)
log_targets = plain_paths.map(lambda path: joined(f"arn:aws:logs:{REGION}:", ACCOUNT_SLOT, ":log-group:", path))
key_targets = st.sampled_from([KEY_A, KEY_B]).map(lambda key: joined(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/", key))
#: What a request may be on, its action, and what statements about it name.
SUBJECTS: dict[str, tuple[st.SearchStrategy[TextLike], st.SearchStrategy[Value]]] = {
    "s3:GetObject": (s3_targets, s3_resources),
    "logs:PutLogEvents": (log_targets, log_resources),
    "kms:Decrypt": (key_targets, key_resources | st.just("*")),
    "ecr:GetAuthorizationToken": (st.just("*"), s3_resources),
}
actions: st.SearchStrategy[Value] = st.sampled_from(["*", "s3:Get*", "s3:getobject", "s3:PutObject", "k?s:*", ACTION])
KEYS = ("aws:SourceVpce", "aws:username", "aws:PrincipalTag/team", "aws:PrincipalArn", "x:many", "x:number")
OPERATORS = (
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLikeIfExists",
    "StringEqualsIgnoreCaseIfExists",
    "ArnLike",
    "ArnNotEquals",
    "Null",
    "Bool",
    "NumericLessThan",
    "NumericNotEqualsIfExists",
    "ForAllValues:StringLike",
    "ForAnyValue:StringNotEquals",
    "ForAnyValue:StringEqualsIfExists",
)
values: st.SearchStrategy[Value] = st.sampled_from(
    ["app", "*", "a*", "true", "5", VALUE, ROLE, "${aws:username}", "APP"]
)
conditions: st.SearchStrategy[Any] = st.just({}) | st.dictionaries(
    st.sampled_from(OPERATORS),
    st.dictionaries(st.sampled_from(KEYS), st.lists(values, max_size=2), max_size=2),
    max_size=2,
)
effects: st.SearchStrategy[Value] = st.sampled_from(["Allow", "Allow", "Deny", EFFECT])
principals: st.SearchStrategy[Value] = st.sampled_from(
    [
        "*",
        {"AWS": ROLE},
        {"AWS": [ACCOUNT, PRINCIPAL]},
        {"AWS": [joined("arn:aws:iam::", ACCOUNT_SLOT, ":role/", ROLE_NAME), UNIQUE]},
        {"AWS": [joined("arn:aws:iam::", ACCOUNT_SLOT, ":root")]},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"},
        {"Service": "x"},
    ]
)


def statements(service: str, resources: st.SearchStrategy[Value], *, principal: bool) -> st.SearchStrategy[Doc]:
    here: st.SearchStrategy[Value] = st.sampled_from([f"{service}:*", f"{service.upper()}:?*", "*"])
    return st.builds(
        lambda effect, action, negated_action, resource, negated, condition, who, negated_who: {
            "Effect": effect,
            "NotAction" if negated_action else "Action": action,
            "NotResource" if negated else "Resource": resource,
            "Condition": condition,
            **({("NotPrincipal" if negated_who else "Principal"): who} if principal else {}),
        },
        effects,
        st.lists(here | actions, min_size=1, max_size=2),
        rarely,
        st.lists(resources, min_size=1, max_size=2),
        rarely,
        conditions,
        principals,
        rarely,
    )


rarely = st.integers(0, 5).map(lambda n: n == 0)
entries: st.SearchStrategy[Entry] = st.sampled_from(
    [Absent(), PresenceUnknown(), PresenceUnknown("app"), OneOfValues(("app", "ops")), "app", "5", VALUE, "true"]
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "aws:SourceVpce": entries,
        "x:many": st.sampled_from([["app", VALUE], [], Absent()]),
        "x:number": entries,
    },
)


class World(msgspec.Struct, frozen=True):
    """Documents, a request and its context, in which things are unknown."""

    action: str
    identity: list[Any]
    boundary: list[Any] | None
    resource: list[Any] | None
    target: Any
    owner: Any
    extras: dict[str, Any]
    caller: Caller = CALLER

    def decision(self) -> Decision:
        request = self.request()
        return decide(request, self.layers())

    def request(self) -> Request:
        context: Context = start_up_context(self.caller, self.action, region=REGION, extras=self.extras)
        return Request(self.action, self.target, self.caller, context, self.owner)

    def layers(self) -> Layers:
        return Layers(
            identity=(read(self.identity),),
            boundary=None if self.boundary is None else (read(self.boundary),),
            resource=None if self.resource is None else read(self.resource, PolicyKind.RESOURCE),
            resource_kind="kms" if self.action == "kms:Decrypt" else "plain",
        )

    def filled(self, filling: Mapping[str, Value], presence: Mapping[str, Entry]) -> World:
        extras = {
            key: settle(entry, presence[key], filling)
            for key, entry in {**dict.fromkeys(KEYS_OPEN), **self.extras}.items()
        }
        parts = (filled(each, filling) for each in (self.identity, self.boundary, self.resource))
        identity, boundary, resource = parts
        target, owner = filled(self.target, filling), filled(self.owner, filling)
        return World(self.action, identity, boundary, resource, target, owner, extras, self.filled_caller(filling))

    def filled_caller(self, filling: Mapping[str, Value]) -> Caller:
        fields = {name: filled(getattr(self.caller, name), filling) for name in self.caller.__struct_fields__}
        return Caller(**fields)


KEYS_OPEN = ("aws:SourceVpce", "x:many", "x:number")


def settle(entry: Any, choice: Entry, filling: Mapping[str, Value]) -> Entry:
    """Say what an open key turns out to be; None is a key that nobody mentioned."""
    if entry is None:
        return choice
    if isinstance(entry, PresenceUnknown):
        if isinstance(choice, Absent):
            return choice
        return choice if isinstance(entry.value, Unknown) else entry.value
    settled: Entry = filled(entry, filling)
    return settled


def read(statements: list[Any], kind: PolicyKind = PolicyKind.IDENTITY) -> Policy:
    policy = parse_policy(document(*statements), kind.value, kind)
    assert policy.invalid is None, policy.invalid
    return policy


def worlds_of(action: str) -> st.SearchStrategy[World]:
    targets, resources = SUBJECTS[action]
    service = action.partition(":")[0]
    own = statements(service, resources, principal=False)
    documents = st.lists(st.one_of(own, own, own, st.just(STATEMENT)), min_size=1, max_size=3)
    return st.builds(
        World,
        st.just(action),
        documents,
        st.none() | st.none() | documents,
        st.none() | st.lists(statements(service, resources, principal=True), max_size=2),
        targets,
        st.sampled_from([ACCOUNT, ACCOUNT, OTHER_ACCOUNT, ACCOUNT_SLOT, None]),
        contexts,
        st.sampled_from([CALLER, OPEN_CALLER]),
    )


#: A role of which little is known.
OPEN_CALLER = Caller(
    arn=joined("arn:aws:iam::", ACCOUNT_SLOT, ":role/", ROLE_NAME),
    name=ROLE_NAME,
    account=ACCOUNT_SLOT,
    unique_id=UNIQUE,
    tags={"team": VALUE},
)
worlds = st.one_of([worlds_of(action) for action in SUBJECTS])
any_statement = st.one_of(
    [statements(name.partition(":")[0], each[1], principal=False) for name, each in SUBJECTS.items()]
)
presences = st.fixed_dictionaries(dict.fromkeys(KEYS_OPEN, st.sampled_from([Absent(), "app", "5", "vpce"])))


def verdict_of(decision: Decision) -> str:
    return {Allowed: "allowed", Denied: "denied", Undecided: "unknown"}[type(decision)]


@given(worlds, fillings, presences)
def test_filling_in_what_is_unknown_never_overturns_a_decision(
    world: World, filling: dict[str, Value], presence: dict[str, Entry]
) -> None:
    before, after = verdict_of(world.decision()), verdict_of(world.filled(filling, presence).decision())
    assert before in ("unknown", after)


@given(worlds, fillings, presences)
def test_what_is_known_is_decided(world: World, filling: dict[str, Value], presence: dict[str, Entry]) -> None:
    """Only what AWS leaves open may stay open once all values are known."""
    known = world.filled(filling, presence)
    decision = known.decision()
    if isinstance(decision, Undecided):
        assert decision.by
        assert decision.kind in ("unknown_value", "condition")


@given(worlds, any_statement.map(lambda each: each | {"Effect": "Deny"}))
def test_adding_a_deny_never_allows(world: World, statement: Doc) -> None:
    before, after = world.decision(), msgspec.structs.replace(world, identity=[*world.identity, statement]).decision()
    assert isinstance(before, Allowed) or not isinstance(after, Allowed)
    assert not isinstance(before, Denied) or isinstance(after, Denied)


@given(worlds, any_statement.map(lambda each: each | {"Effect": "Allow"}))
def test_adding_an_allow_never_denies(world: World, statement: Doc) -> None:
    before, after = world.decision(), msgspec.structs.replace(world, identity=[*world.identity, statement]).decision()
    assert isinstance(before, Denied) or not isinstance(after, Denied)
    assert not isinstance(before, Allowed) or isinstance(after, Allowed)


@given(worlds, st.randoms(use_true_random=False))
def test_order_of_statements_does_not_matter(world: World, random: Any) -> None:
    shuffled = list(world.identity)
    random.shuffle(shuffled)
    other = msgspec.structs.replace(world, identity=shuffled)
    assert verdict_of(world.decision()) == verdict_of(other.decision())


@given(worlds)
def test_one_document_says_what_its_statements_say_in_documents_of_their_own(world: World) -> None:
    layers = world.layers()
    split = tuple(read([statement]) for statement in world.identity)
    apart = msgspec.structs.replace(layers, identity=split)
    assert verdict_of(decide(world.request(), layers)) == verdict_of(decide(world.request(), apart))


@given(worlds)
def test_a_list_of_actions_is_as_many_statements(world: World) -> None:
    apart: list[Any] = []
    for statement in world.identity:
        if isinstance(statement, Unknown) or "Action" not in statement:
            apart.append(statement)
        else:
            apart.extend(statement | {"Action": action} for action in statement["Action"])
    other = msgspec.structs.replace(world, identity=apart)
    before, after = verdict_of(world.decision()), verdict_of(other.decision())
    # What is unknown once is the same everywhere only as far as symbols tell.
    assert before == after


@given(worlds)
def test_case_of_actions_and_one_element_lists_do_not_matter(world: World) -> None:
    other = []
    for statement in world.identity:
        if isinstance(statement, dict) and "Action" in statement:
            upper = [each.upper() if isinstance(each, str) else each for each in statement["Action"]]
            statement = statement | {"Action": upper[0] if len(upper) == 1 else upper}
        other.append(statement)
    assert verdict_of(world.decision()) == verdict_of(msgspec.structs.replace(world, identity=other).decision())
