from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hcl.generator import Generator
from tests.hcl.writing import HERE, source
from tests.laws import tries
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.hcl.evaluate.convert import to_string
from tfcheck.hcl.evaluate.expressions import LocalScope, evaluate, see
from tfcheck.hcl.evaluate.scope import EvaluationError, Referent, Seen
from tfcheck.hcl.evaluate.types import Type, equal_values
from tfcheck.hcl.syntax.expression import Binary, Expression, Literal, Unary
from tfcheck.hcl.syntax.parse import parse
from tfcheck.symbolic.marks import has_mark
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.symbol import Symbol
from tfcheck.symbolic.value import (
    ANYTHING,
    Hole,
    JsonText,
    OneOf,
    Set,
    Text,
    Truth,
    Unknown,
    Value,
    display,
    is_known,
    text,
)

ARN = Unknown(symbol("aws_s3_bucket.b", ("arn",)))
OTHER = Unknown(symbol("aws_s3_bucket.c", ("arn",)))
BLOCK = Unknown(symbol("aws_db_instance.d", ("master_user_secret",)))
#: Certainly a text, of any characters but one that none of ours has.
TEXT = Hole(chars="\0")
GAP = Unknown(reason="unsupported", may_fail=True)


@every_row(
    ("written", "result"),
    [  # the results of `terraform console` 1.15.5
        ('convert({ get = "s3:GetObject" }, map(string))', {"get": "s3:GetObject"}),
        ('convert(["b", "a", "b"], set(string))', Set(("a", "b"))),
        ("convert([1, true], list(string))", ["1", "true"]),
        ('convert({ a = 1, c = 2 }, object({ a = string, b = optional(string, "x") }))', {"a": "1", "b": "x"}),
        ('convert("5", number)', 5),
        ("convert(null, string)", None),
        ('convert(["1"], tuple([number]))', [1]),
        ('try(convert("x", number), "no")', "no"),
        ('try(convert({}, object({ a = string })), "no")', "no"),
        ('try(convert("x"), "no")', "no"),
    ],
)
def test_a_value_is_converted_to_a_type_in_an_expression(written: str, result: Value) -> None:
    assert evaluate(parse(written, HERE), Names()) == result


def test_a_converted_value_keeps_its_mark_and_its_unknown_parts() -> None:
    marked = evaluate(parse("convert([sensitive(5), 6], list(string))", HERE), Names())
    assert has_mark(marked)
    found = evaluate(parse("convert([aws_s3_bucket.b.arn], set(string))", HERE), Names())
    assert found == Set((ARN,))


class Resource:
    """A resource or module of which we see what is asked for."""

    def __init__(self, members: dict[Any, Seen], asked: list[str], *, length: int | None = None) -> None:
        self.members = members
        self.asked = asked
        self.length = length

    def member(self, key: str | int) -> Seen:
        self.asked.append(str(key))
        if key not in self.members:
            raise EvaluationError(f"no {key}")
        return self.members[key]

    def keys(self) -> Sequence[str] | int | None:
        return list(self.members) if self.length is None else self.length

    def evaluate(self) -> Value:
        raise AssertionError("worked out as a whole")


class Names:
    """A scope with the names of a module, and a record of what was asked for."""

    def __init__(self, **names: Seen) -> None:
        self.names = names
        self.asked: list[str] = []

    def lookup(self, root: str, name: str) -> Seen:
        self.asked.append(f"{root}.{name}")
        if root == "var" and name in self.names:
            return self.names[name]
        if (root, name) == ("aws_s3_bucket", "b"):
            return Resource({"arn": ARN, "bucket": "web"}, self.asked)
        if (root, name) == ("aws_s3_bucket", "many"):
            return Resource({"x": Resource({"arn": ARN}, self.asked), "y": Resource({"arn": OTHER}, self.asked)}, [])
        if (root, name) == ("aws_iam_role", "counted"):
            return Resource({0: Resource({"arn": ARN}, self.asked)}, self.asked, length=1)
        if (root, name) == ("aws_iam_role", "none"):
            return Resource({}, self.asked, length=0)
        if (root, name) == ("data.aws_iam_policy", "p"):
            return Resource({"arn": OTHER}, self.asked)
        raise EvaluationError(f"no {root}.{name}")

    def declared_type(self, name: str) -> Type | None:
        return None

    def read_file(self, path: str) -> bytes | None:
        return None

    def list_files(self, directory: str, pattern: str) -> tuple[str, ...] | None:
        return None


def worth(written: str, **names: Seen) -> Value:
    return evaluate(parse(written, HERE), Names(**names))


def reason(value: Value) -> str:
    assert isinstance(value, Unknown), value
    return value.reason


# References


def test_references_are_looked_up_by_root_and_name() -> None:
    scope = Names()
    assert evaluate(parse('aws_s3_bucket.many["x"].arn', HERE), scope) is ARN
    assert evaluate(parse("data.aws_iam_policy.p.arn", HERE), scope) is OTHER
    assert evaluate(parse("aws_iam_role.counted[0].arn", HERE), scope) is ARN
    assert scope.asked[0] == "aws_s3_bucket.many"
    assert "data.aws_iam_policy.p" in scope.asked


def test_a_text_that_is_never_empty_has_a_length_of_at_least_one() -> None:
    arn = Unknown(symbol("aws_iam_role.r", ("arn",)), hole=Hole(shortest=20, starts="arn:"))
    for expression, result in {
        "length(var.arn) > 0": True,
        "length(var.arn) >= 1": True,
        "0 < length(var.arn)": True,
        "length(var.arn) != 0": True,
        "length(var.arn) == 0": False,
        "length(var.arn) < 1": False,
        "length(var.arn) <= 0": False,
        "0 == length(var.arn)": False,
        'length("${var.any}/x") > 0': True,
        "try(length(var.arn) > 0, false)": True,
    }.items():
        assert worth(expression, arn=arn, any=ARN) is result
    for expression in ("length(var.arn) > 1", "length(var.arn) == 20", "length(var.any) > 0", "length(var.arn) < 2"):
        assert isinstance(worth(expression, arn=arn, any=ARN), Unknown)


def test_a_resource_is_not_evaluated_completely_without_need() -> None:
    assert worth("{a = aws_s3_bucket.b}.a.arn") is ARN
    assert worth("[aws_s3_bucket.b, 1][0].bucket") == "web"
    assert worth("[for k, b in aws_s3_bucket.many : b.arn]") == [ARN, OTHER]
    assert worth("{for k, b in aws_s3_bucket.many : k => b}.y.arn") is OTHER
    assert worth("values(aws_s3_bucket.many)[*].arn") == [ARN, OTHER]
    assert worth("aws_iam_role.counted[*].arn") == [ARN]
    assert worth("one(aws_iam_role.none[*].arn)") is None
    assert worth("length(aws_iam_role.none) > 0 ? aws_iam_role.none[0].arn : null") is None
    assert worth("merge({a = 1}, {b = aws_s3_bucket.b}).b.arn") is ARN
    assert worth("concat(aws_iam_role.none, aws_iam_role.counted)[0].arn") is ARN
    assert worth('coalescelist(null, [], ["a"])') == ["a"]
    assert isinstance(worth('try(coalescelist(null, ["a"]), ["b"])'), Unknown)
    assert worth("aws_s3_bucket.b == null") is False
    assert worth("(true ? aws_s3_bucket.b : null).arn") is ARN


def test_see_returns_a_resource_without_evaluating_it() -> None:
    assert isinstance(see(parse("aws_s3_bucket.b", HERE), Names()), Referent)


def test_names_bound_by_for_shadow_others() -> None:
    assert worth("[for var in [{x = 1}] : var.x]", x=2) == [1]
    scope = LocalScope(Names(), {"each": {"key": "k", "value": {"a": 1}}})
    assert evaluate(parse('"${each.key}-${each.value.a}"', HERE), scope) == "k-1"


def test_an_undefined_reference_is_an_error_with_its_line() -> None:
    value = worth("local.x")
    assert isinstance(value, Unknown)
    assert value.reason.startswith("evaluation error")
    assert value.where == "test.tf:1"
    assert value.may_fail


def test_the_part_of_an_unknown_attribute_has_its_own_symbol() -> None:
    value = worth("var.block[0].secret_arn", block=BLOCK)
    assert isinstance(value, Unknown)
    assert str(value.symbol) == "aws_db_instance.d.master_user_secret[0].secret_arn"
    assert value.may_fail
    nameless = worth("var.x.y", x=Unknown(reason="variable without value"))
    assert isinstance(nameless, Unknown)
    assert (nameless.reason, nameless.symbol) == ("variable without value", None)


def test_every_way_to_select_an_element_returns_the_same_value() -> None:
    def symbol(written: str) -> str:
        value = worth(written, block=BLOCK)
        assert isinstance(value, Unknown)
        return str(value.symbol)

    picked = "aws_db_instance.d.master_user_secret[0].arn"
    assert symbol("var.block[*].arn") == "aws_db_instance.d.master_user_secret[*].arn"
    for written in ("one(var.block[*].arn)", "(var.block[*].arn)[0]", "var.block.*.arn[0]", "var.block[0].arn"):
        assert symbol(written) == picked
    assert symbol("(var.block[*].arn)[1]") != picked
    assert symbol("var.block[*].arn[0]") == "aws_db_instance.d.master_user_secret[*].arn[0]"
    assert symbol("(var.block[*].arns[*].arn)[0]") == "aws_db_instance.d.master_user_secret[0].arns[*].arn"
    nameless = worth("one(var.x[*].y)", x=Unknown(reason="variable without value"))
    assert isinstance(nameless, Unknown)
    assert nameless.symbol is None


@every_row("written", ["{}.a", "[1][1]", "null.a", "null[0]", '"a".b', "[1].a", "[1][-1]", "toset([1])[0]"])
def test_a_missing_attribute_or_element_is_an_error(written: str) -> None:
    with pytest.raises(EvaluationError):
        see(parse(written, HERE), Names())


# Templates


def test_a_template_keeps_its_unknown_pieces() -> None:
    assert worth('"${aws_s3_bucket.b.arn}/*"') == Text((ARN, "/*"))
    assert worth('"${aws_s3_bucket.b.arn}"') is ARN
    document = JsonText({"a": ARN})
    assert worth('"x${var.j}"', j=document) == Text(("x", document))
    assert worth('"${1e3} ${0.1} ${1.0} ${true}"') == "1000 0.1 1 true"


def test_null_and_collections_cannot_be_part_of_a_text() -> None:
    assert reason(worth('"x${null}"')).startswith("evaluation error")
    assert reason(worth('"x${[1]}"')).startswith("evaluation error")


def test_a_directive_with_an_unknown_value_is_one_unknown_piece() -> None:
    value = worth('"a%{if var.c}b%{else}c%{endif}d"', c=ARN)
    assert isinstance(value, Text)
    assert [piece for piece in value.pieces if isinstance(piece, str)] == ["a", "d"]
    assert worth('"a%{if var.c}b%{else}b%{endif}d"', c=ARN) == "abd"
    assert worth('"%{for x in var.l}${x},%{endfor}"', l=[ARN, "b"]) == Text((ARN, ",b,"))
    assert isinstance(worth('"%{for x in var.l}${x},%{endfor}"', l=ARN), Unknown)


# Conditionals, collections


def test_both_arms_of_a_conditional_are_converted_to_one_type() -> None:
    assert worth('true ? 1 : "a"') == "1"
    assert worth('true ? {a = 1} : {b = "x"}') == {"a": "1"}
    assert worth("true ? 1 : null") == 1
    assert worth("true ? 1 : {}.a") == 1
    assert worth("var.x == null ? 1 : var.x.y", x=None) == 1


@every_row(
    ("written", "result"),
    [
        ("true ? var.services : {}", {"a": {"on": True, "of": ["x"]}, "b": {"on": False, "of": []}}),
        ("!var.later ? {} : var.services", {}),
        ("true ? values(var.services) : []", [{"on": True, "of": ["x"]}, {"on": False, "of": []}]),
        ("true ? merge(var.services, {}) : {}", {"a": {"on": True, "of": ["x"]}, "b": {"on": False, "of": []}}),
        ("true ? var.map : {}", {"n": 1}),
        ('true ? var.map : { a = "x" }', {"n": "1"}),
    ],
)
def test_an_empty_collection_that_is_written_as_such_converts_nothing(written: str, result: Value) -> None:
    services: Value = {"a": {"on": True, "of": ["x"]}, "b": {"on": False, "of": []}}
    assert worth(written, services=services, map={"n": 1}, later=False) == result


def test_an_empty_map_may_convert_the_elements_of_a_map() -> None:
    services: Value = {"a": {"on": True, "of": ["x"]}, "b": {"on": False, "of": []}}
    assert not is_known(worth("true ? var.services : var.none", services=services, none={}))


def test_an_arm_that_fails_gives_only_the_types_of_its_other_parts() -> None:
    fails = 'one(["a", "b"])'
    assert worth(f"false ? {{ ({fails}) = 1 }} : {{ a = 1, b = true }}") == {"a": 1, "b": True}
    assert worth(f'false ? {{ a = {fails}, b = "x" }} : {{ a = 1, b = true }}') == {"a": 1, "b": "true"}
    assert worth(f'false ? ["x", {fails}] : [1, 2]') == ["1", 2]
    assert worth(f'false ? "x${{{fails}}}" : 1') == "1"
    assert worth(f"false ? {fails} + 1 : 2") == 2
    assert worth(f"false ? var.l[{fails}].n : 5", l=[{"n": 4}]) == 5
    assert isinstance(worth(f"false ? var.l[{fails}] : 5", l=["x"]), Unknown)
    assert not is_known(worth(f'false ? [for x in ["a"] : {fails}] : [5]'))
    assert reason(worth(f"false ? [{fails}] : [1, true]")).startswith("evaluation error")


def test_an_unknown_condition_keeps_what_both_arms_share() -> None:
    assert worth('var.c ? "a" : "a"', c=ARN) == "a"
    assert worth("var.c ? {a = 1, b = 2} : {a = 1, b = 2}", c=ARN) == {"a": 1, "b": 2}
    value = worth("var.c ? aws_s3_bucket.b.arn : var.d", c=ARN, d=OTHER)
    assert "`aws_s3_bucket.b.arn` or `var.d`" in reason(value)
    either = worth('var.c ? "arn:aws:s3:::a/x.env" : "arn:aws:s3:::b/x.env"', c=ARN)
    assert isinstance(either, Unknown)
    assert display(either) == "arn:aws:s3:::(known after apply)/x.env"
    assert isinstance(worth('var.c ? "a" : null', c=ARN), Unknown)
    mixed = worth("var.c ? {a = 1, b = 2} : {a = 1, b = 3}", c=ARN)
    assert isinstance(mixed, dict)
    assert mixed["a"] == 1
    assert isinstance(mixed["b"], Unknown)


@every_row(
    ("one", "other", "result"),
    [
        ("lower(var.a)", "lower(var.a)", Truth.TRUE),
        ('"x-${lower(var.a)}-y"', 'join("-", ["x", lower(var.a), "y"])', Truth.TRUE),
        ('lower("A-${var.a}")', 'lower("A-${var.a}")', Truth.TRUE),
        ("substr(sha1(var.a), 0, 6)", "substr(sha1(var.a), 0, 6)", Truth.TRUE),
        ('split("/", var.a)[1]', 'split("/", var.a)[1]', Truth.TRUE),
        ('var.a == "x" ? "on" : "off"', 'var.a == "x" ? "on" : "off"', Truth.TRUE),
        ('"${!(var.a == var.b)}"', '"${!(var.a == var.b)}"', Truth.TRUE),
        ("lower(var.a)", "upper(var.a)", Truth.UNKNOWN),
        ("lower(var.a)", "lower(var.b)", Truth.UNKNOWN),
        ("substr(var.a, 0, 6)", "substr(var.a, 0, 7)", Truth.UNKNOWN),
        ('replace(var.a, "1", "2")', 'replace(var.a, "true", "2")', Truth.UNKNOWN),
        ('split("/", var.a)[1]', 'split("/", var.a)[2]', Truth.UNKNOWN),
        ('var.a == "x" ? "on" : "off"', 'var.a != "x" ? "on" : "off"', Truth.UNKNOWN),
        ('var.a == "x" ? "on" : "off"', 'var.b == "x" ? "on" : "off"', Truth.UNKNOWN),
        ('var.a == "x" && var.b == "x" ? "on" : "off"', 'var.a == "x" ? "on" : "off"', Truth.UNKNOWN),
        ('var.a == "x" ? "on" : "off"', '"off"', Truth.UNKNOWN),
        ('var.a == "x" ? "on" : "off"', '"up"', Truth.FALSE),
        ('"${startswith(var.a, "x") ? "a" : "b"}-c"', 'startswith(var.a, "x") ? "a-c" : "b-c"', Truth.TRUE),
        ("lower(var.gap)", "lower(var.gap)", Truth.UNKNOWN),
    ],
)
def test_a_function_returns_the_same_for_equal_arguments(one: str, other: str, result: Truth) -> None:
    known = {"a": ARN, "b": OTHER, "gap": GAP}
    assert equal(worth(one, **known), worth(other, **known)) is result


def test_the_label_of_a_result_shows_what_it_is_made_of_but_no_text() -> None:
    assert display(worth('replace(lower(var.a), "secret", "x")', a=ARN)) == "${replace(aws_s3_bucket.b.arn)}"
    assert display(worth("substr(var.a, 0, 4)", a=ARN)) == "${substr(aws_s3_bucket.b.arn, 0, 4)}"
    marked = evaluate(parse("substr(var.a, 0, sensitive(4))", HERE), Names(a=ARN))
    assert "4" not in display(marked)


def test_a_result_of_many_results_has_no_symbol() -> None:
    found: Value = ARN
    for _ in range(12):
        found = worth("lower(substr(sha1(var.a), 1, 3))", a=found)
    assert isinstance(found, Unknown)
    assert found.symbol is not None
    for _ in range(8):
        found = worth("sha1(join(var.a, [var.a, var.a]))", a=found)
    assert isinstance(found, Unknown)
    assert found.symbol is None


def test_for_iterates_in_terraforms_order() -> None:
    assert worth("[for k, v in {b = 1, a = 2} : k]") == ["a", "b"]
    assert worth("[for k, v in var.s : [k, v]]", s=Set(("x",))) == [["x", "x"]]
    assert worth('{for v in ["a", "b", "a"] : v => 1...}') == {"a": [1, 1], "b": [1]}
    assert reason(worth('{for v in ["a", "a"] : v => 1}')).startswith("evaluation error")


def test_an_unknown_element_keeps_the_shape_but_an_unknown_key_or_condition_does_not() -> None:
    assert worth("[for v in var.l : v]", l=[ARN, "a"]) == [ARN, "a"]
    assert isinstance(worth('[for v in var.l : v if v == "a"]', l=[ARN, "a"]), Unknown)
    assert isinstance(worth("{for v in var.l : v => 1}", l=[ARN, "a"]), Unknown)
    assert isinstance(worth("[for v in var.l : v]", l=ARN), Unknown)
    assert isinstance(worth("{(var.k) = 1}", k=ARN), Unknown)


def test_an_attribute_of_which_everything_is_known_is_a_key() -> None:
    known = Unknown(symbol=symbol("aws_ssm_parameter.p", ("arn",)), shape="arn:p")
    assert worth("{(var.k) = 1}", k=known) == {"arn:p": 1}
    assert worth("{for v in var.l : v => 1}", l=[known]) == {"arn:p": 1}
    assert worth('{"arn:p" = 1}[var.k]', k=known) == 1
    assert isinstance(worth("{(var.k) = 1}", k=msgspec.structs.replace(known, sensitive=True)), Unknown)


def test_a_splat_wraps_a_single_value_in_a_list() -> None:
    assert worth("var.x[*]", x=None) == []
    assert worth("var.x[*]", x="a") == ["a"]
    assert worth("[{a = [1]}, {a = [2]}][*].a[0]") == [1, 2]
    assert worth("[{a = [1]}, {a = [2]}].*.a[0]") == [1]


def test_a_list_may_be_a_tuple_for_terraform() -> None:
    assert isinstance(worth("var.l == []", l=[]), Unknown)
    assert worth("var.l == []", l=["a"]) is False
    assert worth("[] == []") is True
    assert worth('[for x in var.l : x] == ["a"]', l=["a"]) is True


def test_logical_operators_decide_beside_an_unknown_operand() -> None:
    assert worth("false && var.x", x=ARN) is False
    assert worth("var.x || true", x=ARN) is True
    assert worth("var.x != null && var.x.y", x=None) is False


# Functions, try and can


def test_the_last_argument_can_be_expanded() -> None:
    assert worth("max(1, [3, 2]...)") == 3
    assert isinstance(worth("max(var.l...)", l=ARN), Unknown)
    assert reason(worth("max({a = 1}...)")).startswith("evaluation error")


def test_the_maximum_of_the_same_numbers_is_the_same_value() -> None:
    one, other = (Unknown(symbol=symbol("aws_x.y", (name,))) for name in ("one", "other"))
    found = worth("max(var.a, 7, var.b)", a=one, b=other)
    assert display(found) == "${max(7, aws_x.y.one, aws_x.y.other)}"
    assert equal(found, worth("max(7, var.b, var.a, var.b)", a=one, b=other)) is Truth.TRUE
    assert equal(found, worth("min(7, var.b, var.a)", a=one, b=other)) is Truth.UNKNOWN
    unnamed = worth("max(7, var.a)", a=Unknown())
    assert isinstance(unnamed, Unknown)
    assert unnamed.symbol is None


def test_try_returns_the_first_argument_that_definitely_succeeds() -> None:
    assert worth("try(null.a, [1][3], 5)") == 5
    assert worth("try(aws_s3_bucket.b.arn, 5)") is ARN
    assert worth("try(aws_iam_role.none[0].arn, 5)") == 5
    assert worth("try(aws_iam_role.counted[0].arn, 5)") is ARN
    assert reason(worth("try(null.a)")).startswith("evaluation error")


def test_try_is_unknown_where_an_argument_may_fail() -> None:
    assert isinstance(worth("try(var.block[0].arn, 5)", block=BLOCK), Unknown)
    assert isinstance(worth("try(one(var.block[*].arn), 5)", block=BLOCK), Unknown)
    assert isinstance(worth("try(var.x + 1, 5)", x=ARN), Unknown)
    assert isinstance(worth("try(strange(1), 5)"), Unknown)
    # The doubt counts although the value that is picked does not depend on it.
    assert isinstance(worth("try({a = strange(1), b = 2}.b, 5)"), Unknown)
    assert isinstance(worth("try(false && [1][2], 5)"), Unknown)
    for last, may_fail in (("5", False), ('"a"', False), ('""', False), ('"${strange(1)}"', True), ("var.y", True)):
        value = worth(f"try(var.x + 1, {last})", x=ARN)
        assert isinstance(value, Unknown)
        assert value.may_fail is may_fail


def test_try_does_not_catch_an_error_in_another_block() -> None:
    value = worth("try(var.x, 5)", x=GAP)
    assert isinstance(value, Unknown)
    assert value.reason == "unsupported"
    assert not value.may_fail
    assert worth("can(var.x)", x=GAP) is True


def test_can_has_three_answers() -> None:
    assert worth("can(null.a)") is False
    assert worth("can(aws_s3_bucket.b.arn)") is True
    assert isinstance(worth("can(var.block[0].arn)", block=BLOCK), Unknown)


# Limits


def nested(depth: int) -> Expression:
    node: Expression = Literal(True, HERE)
    for _ in range(depth):
        node = Unary("!", node, HERE)
    return node


@pytest.mark.parametrize("depth", [200, 5000, 100_000])
def test_nesting_depth_is_limited(depth: int) -> None:
    assert reason(evaluate(nested(depth), Names())).startswith("limit")


def test_the_length_of_a_chain_is_limited() -> None:
    node: Expression = Literal(1, HERE)
    for _ in range(3000):
        node = Binary("+", node, Literal(1, HERE), HERE)
    assert reason(evaluate(node, Names())).startswith("limit")


def test_the_number_of_steps_is_limited() -> None:
    loops = "[for a in var.l : [for b in var.l : [for c in var.l : [for d in var.l : 1]]]]"
    assert reason(worth(loops, l=list(range(100)))).startswith("limit")


def test_the_size_of_a_value_is_limited() -> None:
    words: Value = "x" * 1000
    for _ in range(5):
        words = worth('"%{for i in var.n}${var.x}%{endfor}!"', n=list(range(20)), x=words)
        if isinstance(words, Unknown):
            break
    assert reason(words).startswith("limit")
    doubled: Value = ["x"]
    for _ in range(40):
        doubled = worth("[var.x, var.x]", x=doubled)
        if isinstance(doubled, Unknown):
            break
    assert reason(doubled).startswith("limit")


# Laws


class Leaves:
    """Replaces the known strings, and what is of other `kinds`, in a tree by unknown values that remember them."""

    def __init__(self, chosen: Any, hole: Hole, *kinds: type) -> None:
        self.kinds = (str, *kinds)
        self.chosen = chosen
        self.hole = hole
        self.values: dict[Symbol, Value] = {}

    def hide(self, value: Value) -> Value:
        if not isinstance(value, self.kinds) or not self.chosen():
            return value
        # One symbol for one value: equal symbols are equal values.
        leaf = symbol("aws_x.y", (f"leaf{len(self.values)}",))
        self.values[leaf] = value
        return Unknown(leaf, hole=self.hole)

    def rewrite(self, node: Any) -> Any:
        if isinstance(node, Literal):
            return msgspec.structs.replace(node, value=self.hide(node.value))
        if isinstance(node, tuple):
            return tuple(self.rewrite(part) for part in node)
        if isinstance(node, msgspec.Struct):
            fields = {name: self.rewrite(getattr(node, name)) for name in node.__struct_fields__}
            return type(node)(**fields)
        return node

    def fill(self, value: Value) -> Value:
        match value:
            case Unknown(symbol=Symbol() as symbol) if symbol in self.values:
                return self.values[symbol]
            case OneOf() if value.values:
                return msgspec.structs.replace(value, values=tuple(map(self.fill, value.values)))
            case Text():
                return text([to_string(self.fill(piece)) for piece in value.pieces])  # type: ignore[misc]
            case list():
                return [self.fill(item) for item in value]
            case dict():
                return {name: self.fill(item) for name, item in value.items()}
            case _:
                return value


def agrees(filled: Value, known: Value) -> bool:
    """Whether `filled` is `known`, except what is unknown in either."""
    match filled, known:
        case (OneOf(), _) if filled.values and not isinstance(known, Unknown):
            return any(agrees(each, known) for each in filled.values)
        case (Unknown(), _) | (_, Unknown()):
            return True
        case (list(), list()):
            return len(filled) == len(known) and all(map(agrees, filled, known))
        case (dict(), dict()):
            return filled.keys() == known.keys() and all(agrees(filled[name], known[name]) for name in filled)
        case (Text() | Set(), _) | (_, Text() | Set()):
            return equal_values(filled, known) is not Truth.FALSE
        case (bool(), str()):  # a hidden bool that became a text
            return to_string(filled) == known
        case _:
            return type(filled) is type(known) and filled == known


VARIABLES: dict[str, Seen] = {
    "text": "7",
    "number": Fraction(5, 2),
    "flag": True,
    "texts": ["b", "a", "1"],
    "numbers": Set((2, 3, 10)),
    "map": {"a": "x", "b": "1"},
    "object": {"a": 4, "b": "5", "c": ["1", "x"], "name": False},
    "none": None,
}


def check_law(node: Expression, leaves: Leaves) -> None:
    known = evaluate(node, Names(**VARIABLES))
    hidden = evaluate(leaves.rewrite(node), Names(**VARIABLES))
    if isinstance(known, Unknown) and known.reason.startswith("evaluation error"):
        return  # there is no such error in a finished plan
    assert agrees(leaves.fill(hidden), known), source(node)


@tries(300)
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_replacing_an_unknown_text_by_a_value_keeps_the_known_result(seed: int, random: Any) -> None:
    check_law(Generator(seed).expression(), Leaves(lambda: random.random() < 0.3, TEXT))


@tries(300)
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_replacing_an_unknown_of_any_type_keeps_the_known_result(seed: int, random: Any) -> None:
    """Whether an unknown value may be an error is not tested here; only `try` shows that."""
    check_law(Generator(seed, catching=False).expression(), Leaves(lambda: random.random() < 0.3, ANYTHING, bool))


@tries(300)
@given(st.integers(0, 2**32))
def test_a_written_expression_is_parsed_back(seed: int) -> None:
    node = Generator(seed).expression()
    written, made = evaluate(parse(source(node), HERE), Names(**VARIABLES)), evaluate(node, Names(**VARIABLES))
    assert repr(written).replace("a literal", "a text") == repr(made).replace("a literal", "a text")


def test_the_first_element_of_a_set_with_unknown_elements_is_unknown() -> None:
    arns: dict[str, Seen] = {each: Unknown(symbol=symbol(f"x.{each}", ("arn",)), family="x.arn") for each in "ab"}
    every = "[for each in toset([var.b, var.a]) : each]"
    found = evaluate(parse(every, HERE), Names(**arns))
    assert isinstance(found, list)
    assert len(found) == 2
    first = evaluate(parse(f"{every}[0]", HERE), Names(**arns))
    assert isinstance(first, Unknown)
    assert first.symbol is None
