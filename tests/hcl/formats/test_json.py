from __future__ import annotations

import json
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import tries
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats.json import decode, encode, normal
from tfcheck.symbolic.sensitive_text import Sensitive, join, redact
from tfcheck.symbolic.value import JsonText, Set, Text, Unknown, Value, text

ARN: Final = Unknown(symbol=symbol("aws_s3_bucket.b", ("arn",)), where="main.tf:3")


def decoded(*parts: Any) -> Value:
    return decode(text(parts))


def test_jsonencode_writes_compact_json_with_sorted_keys_and_escapes() -> None:
    value: Value = {"b": [1, Fraction(1, 10), None, True], "a": "<&>\u2028\n\x01é", "B": Set(("x",)), "é": 1e-7}
    assert encode(value) == (
        '{"B":["x"],"a":"\\u003c\\u0026\\u003e\\u2028\\n\\u0001é","b":[1,0.1,null,true],"é":0.0000001}'
    )


def test_jsonencode_with_unknown_leaves_keeps_the_structure() -> None:
    value: Value = {"a": [ARN]}
    encoded = encode(value)
    assert isinstance(encoded, JsonText)
    assert decode(encoded) == value


def test_numbers_are_exact_and_the_last_of_equal_keys_wins() -> None:
    assert decode('{"a": 1, "a": 0.10, "b": 1e3, "c": -2.50}') == {
        "a": Fraction(1, 10),
        "b": 1000,
        "c": Fraction(-5, 2),
    }


def test_strings_are_normalised() -> None:
    assert decode('"e\\u0301 \\ud800"') == "é \ufffd"


@every_row(
    ("written", "shown"),
    [
        (join(("caf\u00e9 ", Sensitive("p\u00e4ss"))), "caf\u00e9 (sensitive)"),
        (join(("cafe\u0301 ", Sensitive("p\u00e4ss"))), "(sensitive)"),
        (join(("cafe", Sensitive("\u0301"))), "(sensitive)"),
    ],
)
def test_a_normalised_string_keeps_its_marks(written: str, shown: str) -> None:
    assert redact(normal(written)) == shown


@every_row("written", ["", "{", "[1,]", "01", "NaN", "'a'", '"\n"', "1 2", "nul"])
def test_invalid_json_is_an_error(written: str) -> None:
    with pytest.raises(EvaluationError):
        decode(written)


def test_an_error_does_not_quote_the_text() -> None:
    with pytest.raises(EvaluationError) as error:
        decode('{"password": secret}')
    assert "secret" not in str(error.value)


def test_an_unknown_piece_inside_a_string_makes_a_text() -> None:
    assert decoded('{"a": "', ARN, '/*", "b": ["x\\"', ARN, '"]}') == {"a": text([ARN, "/*"]), "b": [text(['x"', ARN])]}


def test_an_unknown_piece_in_place_of_a_value_is_not_the_same_value() -> None:
    value = decoded('{"a": ', ARN, ', "b": 1}')
    assert isinstance(value, dict)
    assert value["b"] == 1
    assert isinstance(value["a"], Unknown)
    # The text "5" is no number 5.
    assert value["a"].symbol is None
    assert value["a"].where == "main.tf:3"


def test_json_in_place_of_a_value_is_its_structure() -> None:
    assert decoded('{"a": ', JsonText({"b": ARN}), ', "c": [', JsonText([ARN]), ", 1]}") == {
        "a": {"b": ARN},
        "c": [[ARN], 1],
    }


def test_json_inside_a_string_is_a_piece_of_it() -> None:
    inner = JsonText({"b": ARN})
    assert decoded('{"a": "', inner, '"}') == {"a": inner}


def test_an_unknown_element_may_be_any_number_of_elements() -> None:
    value = decoded('{"a": ["x", ', ARN, '], "b": ["', ARN, '"]}')
    assert isinstance(value, dict)
    assert isinstance(value["a"], Unknown)
    assert value["b"] == [ARN]


def test_an_unknown_key_makes_its_object_unknown() -> None:
    value = decoded('{"x": {"', ARN, '": 1}, "y": 2}')
    assert isinstance(value, dict)
    assert isinstance(value["x"], Unknown)
    assert value["y"] == 2


@every_row(
    "parts", [("[1", ARN, "]"), (ARN, ARN), ('{"a": 1', ARN, "}"), ("{", ARN, "}"), ('["', ARN), ("[\\", ARN, "]")]
)
def test_json_that_an_unknown_piece_breaks_is_unknown_with_the_reason(parts: Any) -> None:
    value = decoded(*parts)
    assert isinstance(value, Unknown)
    assert "known only after apply" in value.reason
    assert value.may_fail


def test_the_known_shape_of_an_unknown_is_parsed() -> None:
    assert decode(Unknown(shape=Text(('{"a": "', ARN, '"}')))) == {"a": ARN}


def test_private_use_characters_in_the_text_are_kept() -> None:
    assert decoded('{"\ue0000\ue000": "\\ue001', ARN, '"}') == {"\ue0000\ue000": text(["\ue001", ARN])}


def test_the_depth_is_limited() -> None:
    assert isinstance(decode("[" * 200 + "]" * 200), Unknown)
    assert isinstance(decode("[" * 100000), Unknown)


VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@tries(150)
@given(VALUES)
def test_encoded_json_is_decoded_back(value: Any) -> None:
    written = encode(value)
    assert isinstance(written, str)
    assert json.loads(written) == value


@tries(200)
@given(VALUES, st.data())
def test_replacing_an_unknown_piece_agrees_with_the_decoded_document(value: Any, data: st.DataObject) -> None:
    written = encode(value)
    assert isinstance(written, str)
    start = data.draw(st.integers(0, len(written)))
    end = data.draw(st.integers(start, len(written)))
    piece = written[start:end]
    # The promise holds for pieces that need no escaping and lie within one value.
    if not piece or set(piece) & set('"\\[]{}:'):
        return
    assert covers(decoded(written[:start], ARN, written[end:]), decode(written), piece)


def covers(read: Value, known: Value, piece: str) -> bool:
    match read:
        case Unknown(symbol=None):
            return True
        case Unknown():
            return known == piece
        case Text():
            return known == "".join(each if isinstance(each, str) else piece for each in read.pieces)
        case list():
            return (
                isinstance(known, list)
                and len(read) == len(known)
                and all(covers(*pair, piece) for pair in zip(read, known, strict=True))
            )
        case dict():
            return (
                isinstance(known, dict)
                and read.keys() == known.keys()
                and all(covers(read[key], known[key], piece) for key in read)
            )
    return bool(read == known)
