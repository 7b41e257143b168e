from __future__ import annotations

import re
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hcl.functions.test_console import ARGUMENTS, Chance, Files, composed
from tests.laws import tries
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.hcl.evaluate.comprehension import call_lazily
from tfcheck.hcl.evaluate.elements import element, evaluate_all
from tfcheck.hcl.evaluate.expressions import see
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.evaluate.types import MapValue
from tfcheck.hcl.formats import json as json_text
from tfcheck.hcl.functions import IMPURE, all_functions, call
from tfcheck.symbolic.marks import has_mark, mark_all
from tfcheck.symbolic.value import (
    ACCOUNT_ID,
    ANYTHING,
    NAME,
    SECRET_SUFFIX,
    Hole,
    JsonText,
    KnownAfterApply,
    ListStart,
    Set,
    Text,
    Unknown,
    Value,
    is_known,
    pieces,
    text,
)

NAME_OF: Final = Unknown(symbol=symbol("aws_s3_bucket.b", ("id",)), hole=NAME)
ARN: Final = Unknown(symbol=symbol("aws_s3_bucket.b", ("arn",)), shape=Text(("arn:aws:s3:::", NAME_OF)))
ACCOUNT: Final = Unknown(symbol=symbol("provider.aws", ("account_id",)), hole=ACCOUNT_ID)
ROLE_ARN: Final = Unknown(
    symbol=symbol("aws_iam_role.r", ("arn",)), shape=Text(("arn:aws:iam::", ACCOUNT, ":role/", NAME_OF))
)
SECRET_ARN: Final = Unknown(
    symbol=symbol("aws_secretsmanager_secret.s", ("arn",)),
    shape=Text(("arn:aws:secretsmanager:eu-west-1:", ACCOUNT, ":secret:db-", Unknown(hole=SECRET_SUFFIX))),
)
KNOWN_ARN: Final = Unknown(
    symbol=symbol("aws_ssm_parameter.p", ("arn",)), shape="arn:aws:ssm:eu-west-1:123456789012:parameter/app/a"
)
LIST: Final = Unknown(symbol=symbol("aws_x.y", ("list",)), where="main.tf:3")
OPAQUE: Final = Unknown(symbol=symbol("random_id.r", ("hex",)))


def given_by(name: str, *arguments: Value) -> Value:
    return call(name, list(arguments), Files(), see)


# What is decided although pieces are unknown


@every_row(
    ("name", "arguments", "result"),
    [
        ("format", ["%s/web/%d", ARN, 3], text([ARN, "/web/3"])),
        ("format", ["%v-%q", ARN, "a"], text([ARN, '-"a"'])),
        ("replace", [KNOWN_ARN, "/app\\/.*/", "app/*"], "arn:aws:ssm:eu-west-1:123456789012:parameter/app/*"),
        ("replace", [KNOWN_ARN, "/^(.*):/", "$1/"], "arn:aws:ssm:eu-west-1:123456789012/parameter/app/a"),
        ("regex", ["[^:]+$", KNOWN_ARN], "parameter/app/a"),
        ("regexall", ["[0-9]{12}", KNOWN_ARN], ["123456789012"]),
        ("format", ["%q", text([ARN, '"'])], text(['"', ARN, '\\""'])),
        ("format", ["%v", [ARN]], JsonText([ARN])),
        ("formatlist", ["%s/*", [ARN, "x"]], [text([ARN, "/*"]), "x/*"]),
        (
            "format",
            [text(["arn:aws:%s:", ACCOUNT, ":%s%%"]), "ssm", NAME_OF],
            text(["arn:aws:ssm:", ACCOUNT, ":", NAME_OF, "%"]),
        ),
        ("format", [text(["%[2]s", SECRET_ARN, "%[1]s"]), "b", "a"], text(["a", SECRET_ARN, "b"])),
        ("join", [",", [ARN, "a", 1]], text([ARN, ",a,1"])),
        ("split", [":", text([NAME_OF, ":b"])], [NAME_OF, "b"]),
        ("split", ["/", text([ARN, "/web/*"])], [ARN, "web", "*"]),
        ("split", [":", ARN], ["arn", "aws", "s3", "", "", NAME_OF]),
        ("replace", [text([ARN, "/*"]), "/*", ""], ARN),
        ("replace", [ARN, "arn:aws:s3:::", ""], NAME_OF),
        ("replace", [text([NAME_OF, ":b:", NAME_OF]), "::", "x"], text([NAME_OF, ":b:", NAME_OF])),
        ("replace", [text(["a:", NAME_OF]), "a:b/", "x"], text(["a:", NAME_OF])),
        ("replace", [text(["a", NAME_OF, ":"]), "c::", "x"], text(["a", NAME_OF, ":"])),
        ("replace", ["a-X", "X", ARN], text(["a-", ARN])),
        ("replace", [text([OPAQUE, "/db/user"]), "/user$/", "*"], text([OPAQUE, "/db/*"])),
        ("replace", [text([OPAQUE, "/db/user"]), "/db/(us|us)er$/", "$1"], text([OPAQUE, "/us"])),
        ("replace", [text([OPAQUE, "/db/user"]), "/.?role$/", ""], text([OPAQUE, "/db/user"])),
        ("replace", [text([OPAQUE, "-1"]), "/-[0-9]?$/", ""], OPAQUE),
        ("regexall", ["[a-z]{2}$", text([OPAQUE, "/user"])], ["er"]),
        ("trimprefix", [ARN, "arn:aws:"], text(["s3:::", NAME_OF])),
        ("trimprefix", [text([ARN, "/x"]), ARN], "/x"),
        ("trimprefix", [text(["a/", OPAQUE]), "b"], text(["a/", OPAQUE])),
        ("trimsuffix", [text([ARN, ":*"]), ":*"], ARN),
        ("trimspace", [text(["\n {", OPAQUE, "}\n"])], text(["{", OPAQUE, "}"])),
        ("trim", [text(["//", NAME_OF, "/"]), "/"], NAME_OF),
        ("strrev", [KNOWN_ARN], "a/ppa/retemarap:210987654321:1-tsew-ue:mss:swa:nra"),
        ("transpose", [{"a": [KNOWN_ARN]}], {"arn:aws:ssm:eu-west-1:123456789012:parameter/app/a": ["a"]}),
        ("zipmap", [[KNOWN_ARN], [ARN]], {"arn:aws:ssm:eu-west-1:123456789012:parameter/app/a": ARN}),
        ("startswith", [ARN, "arn:"], True),
        ("startswith", [text(["a", OPAQUE]), "b"], False),
        ("endswith", [text([ARN, "/*"]), "*"], True),
        ("strcontains", [text([NAME_OF, "-x"]), ":"], False),
        ("strcontains", [ARN, ":s3:"], True),
        ("length", [SECRET_ARN], 62),
        ("substr", [SECRET_ARN, 0, 55], text(["arn:aws:secretsmanager:eu-west-1:", ACCOUNT, ":secret:db"])),
        ("substr", [text(["abc", OPAQUE]), 1, 1], "b"),
        ("substr", [text(["abc", OPAQUE]), 1, -1], text(["bc", OPAQUE])),
        ("lower", [text(["ABC", Unknown(hole=ACCOUNT_ID)])], text(["abc", Unknown(hole=ACCOUNT_ID)])),
        ("basename", [text([OPAQUE, "/x/web.env"])], "web.env"),
        ("basename", [text(["x/", NAME_OF, ".env"])], text([NAME_OF, ".env"])),
        ("basename", [ROLE_ARN], NAME_OF),
        ("dirname", [text([ARN, "/web/prod.env"])], text([ARN, "/web"])),
        ("dirname", [ROLE_ARN], text(["arn:aws:iam::", ACCOUNT, ":role"])),
        ("concat", [[ARN], ["b"]], [ARN, "b"]),
        ("merge", [{"a": OPAQUE, "b": 1}, None, {"b": LIST}], {"a": OPAQUE, "b": LIST}),
        ("flatten", [[[ARN], ["b", [text([OPAQUE, "x"])]]]], [ARN, "b", text([OPAQUE, "x"])]),
        ("compact", [["", ARN, None, "a"]], [ARN, "a"]),
        ("distinct", [[ARN, "x", ARN]], [ARN, "x"]),
        ("element", [[OPAQUE, LIST], 3], LIST),
        ("element", [[OPAQUE, LIST], -1], LIST),
        ("element", [[OPAQUE, LIST], -4], OPAQUE),
        ("reverse", [[1, LIST]], [LIST, 1]),
        ("slice", [[LIST, 2, 3], 0, 1], [LIST]),
        ("length", [[LIST, OPAQUE]], 2),
        ("keys", [{"b": OPAQUE, "a": 1}], ["a", "b"]),
        ("values", [{"b": OPAQUE, "a": 1}], [1, OPAQUE]),
        ("lookup", [{"a": LIST}, "a", None], LIST),
        ("lookup", [{"a": "x"}, "b", False], False),
        ("lookup", [MapValue({"a": "x"}), "b", False], "false"),
        ("zipmap", [["a"], [LIST]], {"a": LIST}),
        ("contains", [[LIST, "a"], "a"], True),
        ("contains", [[ARN], ARN], True),
        ("contains", [[ARN], "x"], False),
        ("one", [[LIST]], LIST),
        ("coalesce", [None, "", ARN, "x"], ARN),
        ("coalesce", [None, OPAQUE], OPAQUE),
        ("coalescelist", [[], [LIST], LIST], [LIST]),
        ("alltrue", [[True, OPAQUE, False]], False),
        ("anytrue", [[OPAQUE, True]], True),
        ("toset", [["b", "a", "b"]], Set(("a", "b"))),
        ("tolist", [[ARN, "a"]], [ARN, "a"]),
        ("tostring", [ARN], ARN),
        ("replace", [JsonText({"a": ARN, "b": "x y"}), " ", "-"], text(['{"a":"', ARN, '","b":"x-y"}'])),
        ("replace", [JsonText({"a": ARN}), "?", "-"], JsonText({"a": ARN})),
        ("replace", [text(["a:b:", NAME_OF]), "b", "c"], text(["a:c:", Unknown(hole=Hole(" $*/:?"))])),
        ("trimsuffix", [JsonText([ARN, None, 1, 'say "x"']), "\n"], JsonText([ARN, None, 1, 'say "x"'])),
        ("trimprefix", [JsonText([ARN]), "["], text(['"', ARN, '"]'])),
        ("endswith", [JsonText({"a": JsonText([ARN])}), '"]}'], False),
        ("endswith", [JsonText({"a": JsonText([ARN])}), '\\"]"}'], True),
        ("split", ["*", JsonText([ARN, "b*c"])], [text(['["', ARN, '","b']), 'c"]']),
        ("jsondecode", [JsonText({"a": ARN})], {"a": ARN}),
        ("jsondecode", [JsonText(Set(("a", "b")))], ["a", "b"]),
        ("jsonencode", [{"a": ARN}], JsonText({"a": ARN})),
        ("sensitive", [OPAQUE], OPAQUE),
        ("provider::aws::arn_build", ["aws", "s3", "", "", NAME_OF], text(["arn:aws:s3:::", NAME_OF])),
        (
            "provider::aws::trim_iam_role_path",
            [text(["arn:aws:iam::1:role/p/", NAME_OF])],
            text(["arn:aws:iam::1:role/", NAME_OF]),
        ),
    ],
)
def test_a_certain_result_of_a_partly_unknown_call_is_known(name: str, arguments: list[Value], result: Value) -> None:
    assert plainly(given_by(name, *arguments)) == plainly(result)


@pytest.mark.parametrize(
    ("separator", "subject", "first"),
    [
        ("/", text([ARN, "/web/", OPAQUE]), [text(["arn:aws:s3:::", NAME_OF]), "web"]),
        (":", text(["arn:aws:x:", NAME_OF, ":1:a/", OPAQUE]), ["arn", "aws", "x", NAME_OF, "1"]),
        ("ab", text(["1ab2a", OPAQUE]), ["1"]),
    ],
)
def test_split_returns_the_parts_before_an_unknown_piece(separator: str, subject: Value, first: list[Value]) -> None:
    answer = given_by("split", separator, subject)
    assert isinstance(answer, ListStart)
    assert list(answer.first) == first
    for place, each in enumerate(first):
        assert element(answer, place) == call_lazily("element", [answer, place])[1] == each
    assert isinstance(element(answer, len(first)), Unknown)
    hidden = mark_all(answer)
    assert isinstance(hidden, ListStart)
    assert has_mark(evaluate_all(element(hidden, 0)))


def plainly(value: Value) -> Any:
    """Make JSON texts comparable."""
    if isinstance(value, JsonText):
        return ("json", plainly(value.value))
    if isinstance(value, list):
        return [plainly(item) for item in value]
    return {key: plainly(item) for key, item in value.items()} if isinstance(value, dict) else value


@every_row(
    ("name", "arguments"),
    [
        ("split", [":", OPAQUE]),
        ("split", [":", text(["a:", OPAQUE])]),
        ("replace", [text([NAME_OF, "b:c"]), "ab:", "x"]),
        ("replace", [text(["a", NAME_OF, ":"]), "a:", "x"]),
        ("replace", [text(["a", Unknown(), "b"]), "ab", "x"]),
        ("replace", [OPAQUE, "a", "b"]),
        ("replace", [JsonText({"a": ARN, "b": [OPAQUE]}), "#", "-"]),
        ("replace", [text([NAME_OF, NAME_OF]), "ab", "c"]),
        ("trimprefix", [text([NAME_OF, "/a"]), "a"]),
        ("trimspace", [text([" ", OPAQUE])]),
        ("startswith", [text(["a", OPAQUE]), "ab"]),
        ("substr", [OPAQUE, 0, 3]),
        ("flatten", [[LIST, "a"]]),
        ("concat", [LIST, ["a"]]),
        ("merge", [{"a": 1}, LIST]),
        ("formatlist", ["%s", LIST]),
        ("format", [text(["%s/", OPAQUE]), "a"]),
        ("format", [text(["%s/%0", ACCOUNT, "d"]), "a", 1]),
        ("format", [ACCOUNT]),
        ("sort", [["b", OPAQUE]]),
        ("sort", [[text([ARN, "b"]), ARN]]),
        ("matchkeys", [["a"], [OPAQUE], ["b"]]),
        ("toset", [[OPAQUE, "a"]]),
        ("distinct", [[OPAQUE, "a"]]),
        ("index", [[OPAQUE, "a"], "a"]),
        ("contains", [[OPAQUE], "a"]),
        ("element", [LIST, 0]),
        ("length", [LIST]),
        ("length", [ARN]),
        ("lookup", [{"a": 1}, OPAQUE, 2]),
        ("lookup", [MapValue(), "b", 2]),
        ("coalesce", [OPAQUE, "a"]),
        ("replace", [text([OPAQUE, "er"]), "/user$/", "*"]),
        ("replace", [text([OPAQUE, "user"]), "/[a-z]+$/", "*"]),
        ("replace", [text([OPAQUE, "user"]), "/\\buser$/", "*"]),
        ("replace", [text(["user", OPAQUE]), "/user$/", "*"]),
        ("coalesce", [1, OPAQUE]),
        ("coalescelist", [LIST, ["a"]]),
        ("coalescelist", [None, ["a"]]),
        ("alltrue", [[True, OPAQUE]]),
        ("compact", [[OPAQUE, "a"]]),
        ("regex", ["s", ARN]),
        ("basename", [text(["a/", OPAQUE])]),
        ("dirname", [text([OPAQUE, "/web/prod.env"])]),
        ("dirname", [text(["a//", NAME_OF, "/b"])]),
        ("dirname", [text(["a/", Unknown(hole=Hole(":/", shortest=1)), "/b"])]),
        ("dirname", [NAME_OF]),
        ("templatefile", [OPAQUE, {}]),
        ("reverse", [Set((NAME_OF, OPAQUE))]),
        ("jsondecode", [JsonText(Set((NAME_OF, "b")))]),
        ("md5", [ARN]),
    ],
)
def test_an_uncertain_result_of_a_partly_unknown_call_is_unknown(name: str, arguments: list[Value]) -> None:
    result = given_by(name, *arguments)
    assert isinstance(result, Unknown)
    assert result.symbol is None


def test_an_unknown_result_names_the_unknown_value_and_the_function() -> None:
    result = given_by("sort", LIST)
    assert isinstance(result, Unknown)
    assert (result.reason, result.where) == ("known only after apply, in a call of `sort`", "main.tf:3")
    assert isinstance(result.reason, KnownAfterApply)


def test_the_characters_of_an_unknown_hash_are_known() -> None:
    result = given_by("sha1", ARN)
    assert isinstance(result, Unknown)
    assert (result.hole.shortest, result.hole.longest, result.hole.allows("z")) == (40, 40, False)


@every_row("name", sorted(IMPURE))
def test_functions_that_differ_at_every_run_are_not_computed(name: str) -> None:
    result = given_by(name)
    assert isinstance(result, Unknown)
    assert name in result.reason


def test_an_unsupported_function_is_named() -> None:
    result = given_by("provider::google::name_from_id", "x")
    assert isinstance(result, Unknown)
    assert result.reason == "function `provider::google::name_from_id` is not supported"
    assert result.may_fail


@every_row(
    ("name", "arguments"),
    [
        ("upper", []),
        ("upper", ["a", "b"]),
        ("join", ["a", "b"]),
        ("split", [None, "a"]),
        ("keys", [["a"]]),
        ("sort", [text(["a", ARN])]),
    ],
)
def test_wrong_arguments_are_errors(name: str, arguments: list[Value]) -> None:
    with pytest.raises(EvaluationError):
        given_by(name, *arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("indent", [10**9, "a\nb"]),
        ("replace", ["a" * 100000, "a", "b" * 100000]),
        ("setproduct", [list(range(1000)), list(range(1000))]),
        ("format", ["%999999999d", 1]),
        ("regex", ["((a{900}){900}){900}", "a"]),
        ("regex", ["(x+x+)+y", "x" * 200000]),
        ("regex", ["(" * 5000 + ")" * 5000, "a"]),
        ("jsondecode", ["[" * 100000]),
        ("jsondecode", ["1" + "0" * 100000]),
        ("jsondecode", ["1e999999999"]),
        ("parseint", ["9" * 100000, 10]),
    ],
)
def test_hostile_arguments_are_refused_quickly(name: str, arguments: list[Value]) -> None:
    try:
        result = given_by(name, *arguments)
    except EvaluationError:
        return
    assert isinstance(result, Unknown)
    assert "limit" in result.reason


def test_patterns_that_backtrack_forever_in_python_are_decided() -> None:
    assert given_by("regexall", "(x+x+)+y", "x" * 300) == []
    assert given_by("replace", "a" * 300, "/(a|aa)+$/", "b") == "b"


def test_a_template_sees_its_own_variables_only() -> None:
    result = given_by("templatefile", "t.tftpl", {"xs": [ARN, "b"], "name": "n"})
    assert isinstance(result, Text)
    assert [piece for piece in pieces(result) if not isinstance(piece, str)] == [ARN]
    assert given_by("templatestring", "${x}-a", {"x": NAME_OF}) == text([NAME_OF, "-a"])
    with pytest.raises(EvaluationError, match="local"):
        given_by("templatestring", "${local.x}", {"x": 1})


class Elsewhere(Files):
    def read_file(self, path: str) -> bytes | None:
        return None


@every_row("name", ["file", "fileexists", "filemd5", "filebase64"])
def test_the_content_of_an_unavailable_file_is_unknown(name: str) -> None:
    result = call(name, ["x"], Elsewhere(), see)
    assert isinstance(result, Unknown)
    assert result.reason.startswith("file not at hand")
    assert result.may_fail


# The law: an answer given with unknown pieces holds however they turn out.

SECRET: Final = symbol("aws_x.secret", ("text",))
INNER: Final = symbol("aws_x.inner", ("text",))


class Masked:
    """A value with one stretch of one of its strings made unknown."""

    def __init__(self, draw: Any, value: Value) -> None:
        strings = list(leaves(value))
        chosen = draw(st.integers(0, len(strings) - 1))
        self.whole = strings[chosen]
        self.start = draw(st.integers(0, len(self.whole)))
        self.end = draw(st.integers(self.start, len(self.whole)))
        self.secret = self.whole[self.start : self.end]
        self.inner = ""
        self.unknown = self.hidden(draw)
        self.count = chosen
        self.value = self.replaced(value)

    def hidden(self, draw: Any) -> Unknown:
        kind = draw(st.sampled_from(["opaque", "name", "letters", "shape"]))
        if kind == "name" and self.secret and all(map(NAME.allows, self.secret)):
            return Unknown(symbol=SECRET, hole=NAME)
        if kind == "letters" and self.secret:
            return Unknown(
                symbol=SECRET, hole=Hole(chars=self.secret, negated=False, shortest=1, longest=len(self.secret))
            )
        middle = draw(st.integers(0, len(self.secret)))
        self.inner = self.secret[middle:]
        if kind != "shape":
            return Unknown(symbol=SECRET)
        hole = NAME if self.inner and all(map(NAME.allows, self.inner)) else ANYTHING
        shape = text([self.secret[:middle], Unknown(symbol=INNER, hole=hole)])
        return Unknown(symbol=SECRET, shape=shape if isinstance(shape, Text) else None)

    def replaced(self, value: Value) -> Value:
        if isinstance(value, str):
            self.count -= 1
            return text([value[: self.start], self.unknown, value[self.end :]]) if self.count == -1 else value
        if isinstance(value, list):
            return [self.replaced(item) for item in value]
        if isinstance(value, MapValue):
            return MapValue({key: self.replaced(item) for key, item in value.items()})
        return {key: self.replaced(item) for key, item in value.items()} if isinstance(value, dict) else value

    def filled(self, value: Value) -> Value:
        match value:
            case ListStart():
                return msgspec.structs.replace(value, first=tuple(self.filled(item) for item in value.first))
            case Unknown(symbol=symbol) if symbol in (SECRET, INNER):
                return self.secret if symbol == SECRET else self.inner
            case Text():
                return text(self.filled(piece) for piece in value.pieces)  # type: ignore[misc]
            case JsonText():
                return json_text.encode(self.filled(value.value))
            case Set():
                return Set(tuple(self.filled(item) for item in value.items))
            case list():
                return [self.filled(item) for item in value]
            case dict():
                return {key: self.filled(item) for key, item in value.items()}
        return value


def leaves(value: Value) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    return [leaf for item in items for leaf in leaves(item)]


def leaves_open(answer: Value, known: Value) -> bool:
    """Whether `known` is one of the values that `answer` leaves possible, or unknown to us too."""
    if not is_known(known):
        return True
    match answer:
        case ListStart():
            return (
                isinstance(known, list)
                and len(known) > len(answer.first)
                and all(map(leaves_open, answer.first, known))
            )
        case Unknown():
            return True
        case JsonText():
            return isinstance(known, str) and leaves_open(answer.value, json_text.decode(known))
        case Text():
            pattern = "".join(re.escape(piece) if isinstance(piece, str) else ".*" for piece in answer.pieces)
            return isinstance(known, str) and re.fullmatch(pattern, known, re.DOTALL) is not None
        case Set():
            items = known.items if isinstance(known, Set) else known
            return isinstance(items, list | tuple) and all(
                any(leaves_open(mine, item) for mine in answer.items) for item in items
            )
        case list():
            return isinstance(known, list) and len(known) == len(answer) and all(map(leaves_open, answer, known))
        case dict():
            return (
                isinstance(known, dict)
                and answer.keys() == known.keys()
                and all(leaves_open(answer[key], known[key]) for key in answer)
            )
    return type(answer) is type(known) and answer == known


def outcome(name: str, arguments: list[Value]) -> Value | EvaluationError:
    try:
        return call(name, arguments, Files(), see)
    except EvaluationError as error:
        return error


def test_a_list_before_an_unknown_string_is_not_certain() -> None:
    assert not is_known(call("coalescelist", [["a"], Unknown(hole=NAME)], Files(), see))
    assert call("coalescelist", [["a"], Unknown()], Files(), see) == ["a"]


@tries(500)
@given(st.sampled_from(sorted({*ARGUMENTS} - {"provider::aws::arn_build"})), st.integers(0, 10**6), st.data())
def test_an_answer_about_a_partly_unknown_text_holds_for_every_value(name: str, seed: int, data: st.DataObject) -> None:
    chance = Chance(seed)
    kinds = ARGUMENTS[name].replace("letter map", "letter_map").replace("[", "").replace("]", "").split()
    arguments = [composed(chance.argument(kind.replace("_", " "))) for kind in kinds]
    if not leaves(arguments):
        return
    masked = Masked(data.draw, arguments)
    assert isinstance(masked.value, list)
    if name in ("jsondecode", "format", "formatlist") and json_text.quote(masked.secret) != f'"{masked.secret}"':
        return  # a piece inside of JSON is taken to need no escaping
    known, answer = outcome(name, arguments), outcome(name, masked.value)
    if isinstance(answer, EvaluationError):
        assert isinstance(known, EvaluationError), answer
    elif isinstance(known, EvaluationError):
        # An error must not be hidden from `try` by an answer that is sure.
        assert not is_known(answer)
    else:
        assert leaves_open(masked.filled(answer), known), (arguments, masked.value, answer, known)


#: What cuts texts, which may be JSON texts, and what else it is given.
CUTTERS = {
    "endswith": 1,
    "indent": 0,
    "replace": 2,
    "split": 1,
    "startswith": 1,
    "strcontains": 1,
    "trim": 1,
    "trimprefix": 1,
    "trimsuffix": 1,
}
_words = st.text('ab:/_"\\n&{}[],', max_size=4)
_documents = st.recursive(
    _words | st.none() | st.booleans() | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=6,
)


@tries(400)
@given(st.sampled_from(sorted(CUTTERS)), _documents, st.lists(_words, min_size=2, max_size=2), st.data())
def test_string_functions_treat_json_texts_like_other_texts(
    name: str, document: Value, words: list[str], data: st.DataObject
) -> None:
    if not leaves(document):
        return
    masked = Masked(data.draw, document)
    if json_text.quote(masked.secret) != f'"{masked.secret}"':
        return  # a piece inside of JSON is taken to need no escaping
    others: list[Value] = [*words[: CUTTERS[name]]]

    def cut(subject: Value) -> Value | EvaluationError:
        encoded = json_text.encode(subject)
        order: list[Value] = (
            [*others, encoded] if name == "split" else [2, encoded] if name == "indent" else [encoded, *others]
        )
        return outcome(name, order)

    known, answer = cut(document), cut(masked.value)
    assert not isinstance(known, EvaluationError)
    assert not isinstance(answer, EvaluationError)
    assert leaves_open(masked.filled(answer), known), (document, masked.value, answer, known)


def test_the_law_covers_every_function_that_accepts_unknown_parts() -> None:
    partial = {name for name, function in all_functions().items() if function.partial}
    assert partial - set(ARGUMENTS) <= {
        "provider::aws::arn_build",
        "provider::aws::arn_parse",
        "provider::aws::trim_iam_role_path",
        "templatestring",
        "yamldecode",
        "yamlencode",
    }
