"""Functions that encode, decode and hash.

See https://developer.hashicorp.com/terraform/language/functions (encoding, hash and crypto functions), without those
whose result differs in every run (`bcrypt`, `uuid`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats import json
from tfcheck.hcl.functions.arguments import Function, limit_error, unknown_result
from tfcheck.symbolic.value import Hole, Set, TextLike, Unknown, Value, is_known, pieces, spelled_out, text

_HEX = "0123456789abcdef"
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_SOME_BASE64 = Hole(chars=_BASE64, negated=False)


def jsondecode(written: TextLike) -> Value:
    """Read JSON."""
    return _sets_to_lists(json.decode(written))


def _sets_to_lists(value: Value) -> Value:
    """Convert encoded sets to lists; an unknown order makes the list unknown."""
    match value:
        case Set() if is_known(value) or len(value.items) < 2:
            return [_sets_to_lists(item) for item in value.items]
        case Set():
            return unknown_result(value)
        case list():
            return [_sets_to_lists(item) for item in value]
        case dict():
            return {key: _sets_to_lists(item) for key, item in value.items()}
        case _:
            return value


class Base64Rest(Unknown, frozen=True):
    """The unknown end of a Base64 text, which begins with `begun` and encodes `encoded`."""

    begun: str = ""
    encoded: TextLike = ""


def base64encode(subject: TextLike) -> Value:
    """Encode the UTF-8 bytes of a string as Base64; with unknown pieces, only the known beginning."""
    if isinstance(subject, str):
        return base64_text(subject.encode())
    first = pieces(spelled_out(subject))[0]
    known = first.encode() if isinstance(first, str) else b""
    begun = base64_text(known[: len(known) // 3 * 3])
    open_ = unknown_result(subject)
    return text([begun, Base64Rest(None, open_.reason, open_.where, _SOME_BASE64, begun=begun, encoded=subject)])


def base64decode(written: TextLike) -> Value:
    """Decode Base64 to UTF-8 text; what `base64encode` made of a partly unknown text gets that back."""
    if isinstance(written, str):
        return utf8(base64_bytes(written))
    *begun, rest = pieces(written)
    is_whole = isinstance(rest, Base64Rest) and text(begun) == rest.begun
    return rest.encoded if isinstance(rest, Base64Rest) and is_whole else unknown_result(written, may_fail=True)


def base64_text(data: bytes) -> str:
    """Encode bytes as Base64."""
    return base64.b64encode(data).decode()


def base64_bytes(written: str) -> bytes:
    """Decode Base64 like Go: padded, ignoring newlines."""
    written = written.replace("\r", "").replace("\n", "")
    try:
        return base64.b64decode(written.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise EvaluationError("the text is not Base64") from error


def utf8(data: bytes) -> str:
    """Decode UTF-8."""
    try:
        return json.normal(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise EvaluationError("the bytes are not UTF-8") from error


def textencodebase64(written: str, encoding: str) -> Value:
    """Encode a string in another encoding as Base64."""
    return base64_text(written.encode(_codec(encoding)))


def textdecodebase64(written: str, encoding: str) -> Value:
    """Decode Base64 of a text in another encoding."""
    try:
        return json.normal(base64_bytes(written).decode(_codec(encoding)))
    except UnicodeDecodeError as error:
        raise EvaluationError("the bytes are not of that encoding") from error


def _codec(encoding: str) -> str:
    codecs = {"utf-8": "utf-8", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
    if encoding.lower() not in codecs:
        raise limit_error("an encoding other than UTF-8 and UTF-16")
    return codecs[encoding.lower()]


def urlencode(written: str) -> Value:
    """Escape a string for the query of a URL."""
    from urllib.parse import quote_plus

    return quote_plus(written, safe="~")


def uuidv5(namespace: str, name: str) -> Value:
    """Return the UUID of a name in a namespace."""
    import uuid

    known = {
        "dns": uuid.NAMESPACE_DNS,
        "url": uuid.NAMESPACE_URL,
        "oid": uuid.NAMESPACE_OID,
        "x500": uuid.NAMESPACE_X500,
    }
    try:
        space = known.get(namespace) or uuid.UUID(namespace)
    except ValueError as error:
        raise EvaluationError("the namespace is not a UUID") from error
    if namespace not in known and str(space) != namespace:
        raise limit_error("a namespace in an unusual notation")
    return str(uuid.uuid5(space, name))


def hash_function(algorithm: str, spell: Callable[[bytes], str]) -> Callable[[bytes | str], str]:
    """Return the function that hashes bytes, or the UTF-8 bytes of a string, and spells the hash."""

    def of(data: bytes | str) -> str:
        import hashlib  # these hashes protect nothing here

        written = data.encode() if isinstance(data, str) else data
        return spell(hashlib.new(algorithm, written, usedforsecurity=False).digest())

    return of


def hex_hole(digits: int) -> Hole:
    """Return a hole for unknown text of this many hexadecimal digits."""
    return Hole(chars=_HEX, negated=False, shortest=digits, longest=digits)


def csvdecode(written: str) -> Value:
    """Parse CSV into a list of objects, whose names are in the first line."""
    header, *records = _csv_records(written)
    if len(set(header)) != len(header):
        raise EvaluationError("two columns of the CSV text have one name")
    if any(len(record) != len(header) for record in records):
        raise EvaluationError("the lines of the CSV text differ in length")
    return [dict(zip(header, record, strict=True)) for record in records]


def _csv_records(written: str) -> list[list[str]]:
    import csv

    # NOTE: Go's and Python's readers agree on plain CSV and on correctly quoted fields, not on stray quotes.
    try:
        records = [record for record in csv.reader(written.splitlines(keepends=True), strict=True) if record]
    except csv.Error as error:
        raise limit_error("a CSV text with unusual quotes") from error
    # Any other quotes are around a field, or doubled inside one.
    inside = sum(field.count('"') for record in records for field in record)
    is_stray = (written.count('"') - 2 * inside) % 2 != 0 or (inside > 0 and '""' not in written)
    if is_stray or "\r" in written.replace("\r\n", ""):
        raise limit_error("a CSV text with unusual quotes or line ends")
    if not records:
        raise EvaluationError("the CSV text has no header")
    return records


def yamlencode(value: Value) -> Value:
    """Write YAML; with unknown parts it is unknown, but can be decoded again."""
    from tfcheck.hcl.formats import yaml  # few plans need it

    return yaml.encode(value)


def yamldecode(written: TextLike) -> Value:
    """Parse YAML."""
    from tfcheck.hcl.formats import yaml

    return _sets_to_lists(yaml.decode(written))


FUNCTIONS = {
    "base64decode": Function(base64decode, "string", partial=True),
    "base64encode": Function(base64encode, "string", partial=True, total=True, hole=_SOME_BASE64),
    "base64sha256": Function(hash_function("sha256", base64_text), "string", total=True, hole=_SOME_BASE64),
    "base64sha512": Function(hash_function("sha512", base64_text), "string", total=True, hole=_SOME_BASE64),
    "csvdecode": Function(csvdecode, "string"),
    "jsondecode": Function(jsondecode, "string", partial=True),
    "jsonencode": Function(json.encode, "~any", partial=True),
    "md5": Function(hash_function("md5", bytes.hex), "string", total=True, hole=hex_hole(32)),
    "sha1": Function(hash_function("sha1", bytes.hex), "string", total=True, hole=hex_hole(40)),
    "sha256": Function(hash_function("sha256", bytes.hex), "string", total=True, hole=hex_hole(64)),
    "sha512": Function(hash_function("sha512", bytes.hex), "string", total=True, hole=hex_hole(128)),
    "textdecodebase64": Function(textdecodebase64, "string string"),
    "textencodebase64": Function(textencodebase64, "string string"),
    "urlencode": Function(urlencode, "string", total=True),
    "uuidv5": Function(uuidv5, "string string"),
    "yamldecode": Function(yamldecode, "string", partial=True),
    "yamlencode": Function(yamlencode, "~any", partial=True),
}
