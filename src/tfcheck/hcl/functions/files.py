"""Functions that read files, render templates or split paths.

See https://developer.hashicorp.com/terraform/language/functions (filesystem functions). Files are read through the
scope, which stays inside the source tree.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from functools import partial

from tfcheck.hcl.evaluate.elements import LocalScope, evaluate_all
from tfcheck.hcl.evaluate.scope import EvaluationError, Scope, Seen
from tfcheck.hcl.functions.arguments import Function, See, afford, limit_error, unknown_result
from tfcheck.hcl.functions.encoding import base64_text, hash_function, utf8
from tfcheck.hcl.functions.pieces import isolate
from tfcheck.hcl.functions.strings import join
from tfcheck.hcl.syntax.expression import Place
from tfcheck.hcl.syntax.parse import parse_template
from tfcheck.repository import RefusedError
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.texts import split_literals
from tfcheck.symbolic.value import JsonText, Piece, Set, Text, TextLike, Unknown, Value, pieces, spelled_out, text

_IDENTIFIER = regex(r"[^\W\d][\w-]*")
_NOT_AT_HAND = "file not at hand"
#: More bytes than any file about permissions has.
_LARGEST = 1 << 22
#: Steps for one more template of any length.
_TEMPLATE_STEPS = 500


def _read(scope: Scope, path: str) -> bytes | Unknown:
    try:
        data = scope.read_file(path)
    except RefusedError as error:
        return Unknown(reason=str(error), may_fail=True)
    return Unknown(reason=_NOT_AT_HAND, may_fail=True) if data is None else data


def file(scope: Scope, path: str, *, convert: Callable[[bytes], Value] = utf8) -> Value:
    """Read a file, by default as UTF-8."""
    data = _read(scope, path)
    if isinstance(data, Unknown):
        return data
    if not take(len(data) // 100) or len(data) > _LARGEST:
        raise limit_error("files of so many bytes")
    return convert(data)


def fileexists(scope: Scope, path: str) -> Value:
    """Whether a file exists."""
    if posixpath.normpath(path) in (".", ".."):
        raise EvaluationError("a directory is not a file")
    try:
        data = _read(scope, path)
    except EvaluationError:
        return False
    return data if isinstance(data, Unknown) else True


def fileset(scope: Scope, path: str, pattern: str) -> Value:
    """Return the names of the files below a directory that match a pattern."""
    try:
        names = scope.list_files(path, pattern)
    except RefusedError as error:
        return Unknown(reason=str(error), may_fail=True)
    return Unknown(reason=_NOT_AT_HAND, may_fail=True) if names is None else Set(names)


def templatefile(see: See, scope: Scope, path: str, variables: Value) -> Value:
    """Render a template file with variables."""
    written = file(scope, path)
    return _render(see, scope, written, path, variables) if isinstance(written, str) else written


def templatestring(see: See, scope: Scope, template: str, variables: Value) -> Value:
    """Render a template with variables."""
    return _render(see, scope, template, "templatestring", variables)


def _render(see: See, scope: Scope, template: str, name: str, variables: Value) -> Value:
    if isinstance(variables, Unknown):
        return unknown_result(variables, may_fail=True)
    if not isinstance(variables, dict):
        raise EvaluationError("the variables of a template are an object")
    if not all(_IDENTIFIER.fullmatch(variable) for variable in variables):
        raise EvaluationError("a variable of the template has a name that is none")
    afford(characters=len(template), steps=_TEMPLATE_STEPS)
    parsed = parse_template(template, Place(name, 1))
    return evaluate_all(see(parsed, _TemplateScope(scope, dict(variables))))


class _TemplateScope(LocalScope, frozen=True, eq=False):
    """The variables of a template, and the files of the scope around it, but none of its names."""

    def lookup(self, root: str, name: str) -> Seen:
        if root not in self.names:
            raise EvaluationError(f"the template has no variable `{root}`")
        return super().lookup(root, name)


def basename(path: TextLike) -> Value:
    """Return the last part of a path."""
    if isinstance(path, str):
        stripped = path.rstrip("/")
        return stripped.rpartition("/")[2] or ("/" if path else ".")
    spelled = spelled_out(path)
    found = _base_name(path)
    return _base_name(spelled) if isinstance(found, Unknown) and spelled != path else found


def _base_name(path: TextLike) -> Value:
    """Return the part after the last slash of a literal, if no unknown piece after it can contain another."""
    after: list[Piece] = []
    for piece in reversed(pieces(path)):
        if isinstance(piece, str) and "/" in piece:
            last = piece if after else piece.rstrip("/")
            if not after and "/" not in last:
                return unknown_result(path)
            name = last.rpartition("/")[2]
            return text([name, *after]) if after or name else unknown_result(path)
        if isinstance(piece, JsonText):
            return unknown_result(path)
        if isinstance(piece, Unknown) and (piece.hole.allows("/") or piece.hole.shortest == 0):
            return unknown_result(path)
        after.insert(0, piece)
    return path if isinstance(path, Text) and after else unknown_result(path)


def dirname(path: TextLike) -> Value:
    """Return a path without its last part."""
    if not isinstance(path, str):
        isolated = isolate(path, "/")
        *directories, _ = split_literals(isolated, "/") if isolated is not None else [""]
        if not directories or not all(map(_is_tidy, directories)):
            return unknown_result(path)
        return join("/", [*directories])
    before = path.rpartition("/")[0] + ("/" if "/" in path else "")
    cleaned = posixpath.normpath(before) if before else "."
    return "/" + cleaned.lstrip("/") if cleaned.startswith("//") else cleaned


def _is_tidy(part: TextLike) -> bool:
    """Whether a part of a path is neither empty nor `.` or `..`."""
    return any(
        each.strip(".") != ""
        if isinstance(each, str)
        else isinstance(each, Unknown) and each.hole.shortest > 0 and not each.hole.allows(".")
        for each in pieces(spelled_out(part))
    )


def machine_path(path: str, *, function: str, start: str) -> Value:
    """Return a path unchanged, unless a `start` makes the result depend on the machine."""
    if path.startswith(start):
        raise limit_error(f"`{function}`, which depends on the machine")
    return path


FUNCTIONS = {
    "abspath": Function(partial(machine_path, function="abspath", start=""), "string", total=True),
    "basename": Function(basename, "string", partial=True, total=True),
    "dirname": Function(dirname, "string", partial=True, total=True),
    "file": Function(file, "string", scoped=True),
    "filebase64": Function(partial(file, convert=base64_text), "string", scoped=True),
    "filebase64sha256": Function(partial(file, convert=hash_function("sha256", base64_text)), "string", scoped=True),
    "filebase64sha512": Function(partial(file, convert=hash_function("sha512", base64_text)), "string", scoped=True),
    "fileexists": Function(fileexists, "string", scoped=True),
    "filemd5": Function(partial(file, convert=hash_function("md5", bytes.hex)), "string", scoped=True),
    "fileset": Function(fileset, "string string", scoped=True),
    "filesha1": Function(partial(file, convert=hash_function("sha1", bytes.hex)), "string", scoped=True),
    "filesha256": Function(partial(file, convert=hash_function("sha256", bytes.hex)), "string", scoped=True),
    "filesha512": Function(partial(file, convert=hash_function("sha512", bytes.hex)), "string", scoped=True),
    "pathexpand": Function(partial(machine_path, function="pathexpand", start="~"), "string"),
    "templatefile": Function(templatefile, "literal any", partial=True, evaluates=True),
    "templatestring": Function(templatestring, "literal any", partial=True, evaluates=True),
}
