"""Find the files that policies are read from, and pass templates the variables that a statement needs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property

import msgspec

from tfcheck.fix.edits.insertion import Insertion
from tfcheck.fix.layout.items import NewItem, extend_or_group
from tfcheck.fix.needed_statements import NeededStatement, Reference, Spell, Spelled, free, references_in, rewrite
from tfcheck.fix.text.policy_text import FileText, ObjectParts, read_parts
from tfcheck.hcl.evaluate.elements import LocalScope
from tfcheck.hcl.evaluate.scope import EvaluationError, Scope
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument
from tfcheck.hcl.syntax.expression import Call
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.source import SourceText, decode_source
from tfcheck.repository import RefusedError
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import SECRET_SUFFIX, PlainText, TextLike, Unknown, pieces
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.clipping import join_names

_READS = regex(r"(?:template)?file\(\s*")
_READ_FILE = regex(r'(?:template)?file\(\s*"((?:[^"\\$]++|\$\{[^{}"]*\})++)"')
_HOLE = regex(r"\$\{[^{}]*\}")
#: A reference to one value, with its last names: `aws_s3_bucket.config[0].arn`, `var.region`, `each.value.arn`.
_NAMED = regex(r"(?:[a-z]\w*\.)*?(?P<owner>[a-z]\w*)\.(?P<name>[\w-]+)(?:\[[^\[\]]*\])?(?:\.(?P<attribute>[\w-]+))?")


class PolicyFiles:
    """The files that one plan's sources read policies from."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._texts: dict[str, SourceText | None] = {}
        self._known: dict[tuple[int, str], FileText] = {}

    def text_of(self, argument: Argument, address: Address) -> Argument:
        """Return the text of the file that only this argument of a resource takes its policy from, otherwise itself."""
        call = argument.expression if _READS.match(argument.text) else None
        if not isinstance(call, Call) or call.name not in ("file", "templatefile") or not call.arguments:
            return argument
        path = self._resolver.evaluation.evaluate(call.arguments[0], self._resolver.scope_of(address))
        name = posixpath.normpath(path) if isinstance(path, str) else ""
        source = self._text(name) if name and sum(fnmatchcase(name, each) for each in self._read) == 1 else None
        if source is None:
            return argument
        if (id(argument), name) not in self._known:
            self._known[id(argument), name] = FileText(
                name=argument.name,
                source=source,
                start=0,
                value_start=0,
                value_end=len(source.text),
                read_by=argument,
                is_template=call.name == "templatefile",
            )
        return self._known[id(argument), name]

    @cached_property
    def _read(self) -> list[str]:
        """The files that the sources read, as patterns."""
        sources, found = self._resolver.sources, dict[int, Module]()
        for path in {each.config for each in self._resolver.plan.module_instances()}:
            module = sources.module(path) if sources else None
            found |= {id(module): module} if module else {}
        files = ((file.source.text, each.directory) for each in found.values() for file in each.files)
        return [name for text, directory in files for name in files_read(text, directory)]

    def _text(self, name: str) -> SourceText | None:
        if name not in self._texts:
            self._texts[name] = None
            try:
                data = self._resolver.sources.read_file(name) if self._resolver.sources else None
                text = decode_source(name, data) if data is not None else None
            except (EvaluationError, RefusedError, UnicodeDecodeError):
                text = None
            self._texts[name] = text if text is not None and not text.bom else None
        return self._texts[name]

    def scope(self, file: Argument, scope: Scope) -> Scope:
        """Return the scope of the expressions in a policy's text: with the variables of a template."""
        call = file.read_by.expression if isinstance(file, FileText) and file.is_template else None
        given = call.arguments[1:] if isinstance(call, Call) else ()
        seen = self._resolver.evaluation.see_safely(given[0], scope) if given else None
        return LocalScope(scope, dict(seen)) if isinstance(seen, dict) else scope


_ROOT = ("${path.root}", ".")


def files_read(text: str, directory: str) -> list[str]:
    """Return the files that the text of a module reads, as patterns."""
    found = (each.replace("${path.module}", directory).replace(*_ROOT) for each in _READ_FILE.findall(text))
    return [posixpath.normpath(_HOLE.sub("*", each)) for each in found]


def literal_in(file: FileText, spell: Spell) -> Spell:
    """Return how a file without variables writes values: known ones that its module cannot name, or the file has."""

    def write(value: TextLike) -> Spelled | None:
        found = _literal(value)
        is_named = any(isinstance(each, Reference) for each in spell(value) or ())
        return (found,) if found and (not is_named or found.partition("/")[0] in file.source.text) else None

    return write


def _literal(value: TextLike) -> str:
    """Write a value without references; empty if it is not known."""
    found: list[str] = []
    for piece in pieces(value):
        if isinstance(piece, Unknown) and piece.hole == SECRET_SUFFIX:
            piece = "?" * SECRET_SUFFIX.shortest
        elif isinstance(piece, Unknown) and isinstance(piece.shape, PlainText):
            piece = _literal(piece.shape)
        found.append(piece if isinstance(piece, str) else "")
    return "".join(found) if all(found) else ""


def has_references(statements: Sequence[NeededStatement]) -> bool:
    """Whether statements name anything by a reference."""
    return any(True for _ in references_in(statements))


class PassedStatements(msgspec.Struct, frozen=True):
    """Statements for the text of a policy, and what its template is passed for them."""

    statements: tuple[NeededStatement, ...]
    argument: Argument
    names: tuple[str, ...] = ()
    insertions: tuple[Insertion, ...] = ()
    reported: tuple[str, ...] = ()

    def goal(self, policy: str) -> str:
        """Return a description of the text of a policy, and of what else its template is passed."""
        if not isinstance(self.argument, FileText):
            return f" to {policy}"
        new = f" with {join_names(f'`{each}`' for each in self.names)}" if self.names else ""
        return f"{new} to {self.argument.source.name}, the text of {policy}"

    def remarks(self, module: Module) -> tuple[str, ...]:
        """Return the remark that other configurations may read a file from outside the module, if they may."""
        path = posixpath.relpath(self.argument.source.name, module.directory)
        is_outside = isinstance(self.argument, FileText) and path.startswith("..")
        return ("other configurations may read it too",) if is_outside else ()


def as_in_file(
    statements: Sequence[NeededStatement], argument: Argument, reveals: Callable[[list[Insertion], Sequence[str]], bool]
) -> PassedStatements | None:
    """Write statements for the text of a policy: with the variables of a template, which is passed those that it lacks.

    None if that is impossible. A file that is not a template has no references. `reveals` tests whether a diff would
    show a secret.
    """
    if not isinstance(argument, FileText):
        return PassedStatements(tuple(statements), argument)
    source, given = argument.read_by.source, passed_variables(argument)
    items = given.items if given is not None else ()
    known = {source.text[each.value.start : each.value.end]: each.name for each in items}
    own = ((_NAMED.fullmatch(each), name) for each, name in known.items())
    is_short = any(found is not None and name == f"{found['name']}_{found['attribute']}" for found, name in own)
    added: list[tuple[str, str]] = []
    for each in dict.fromkeys(one.expression for one in references_in(statements)):
        named = _NAMED.fullmatch(each) if each not in known and given is not None else None
        if named is not None:
            known[each] = free(_variable_name(named, is_short=is_short), known.values(), "_")
            added.append((known[each], each))
        elif each not in known:
            return None
    new = [NewItem(each, each, name) for name, each in added]
    names = tuple(f"{each.name} " for each in items)
    edits = extend_or_group(source, given, new, lambda made: reveals(made, names)) if new and given is not None else ()
    renamed = rewrite(statements, lambda spelled: _with_variables(spelled, known))
    if added and not edits:
        return None
    return PassedStatements(renamed, argument, tuple(name for name, _ in added), edits, names)


def _with_variables(spelled: Spelled, names: dict[str, str]) -> Spelled:
    return tuple(Reference(names[each.expression]) if isinstance(each, Reference) else each for each in spelled)


def passed_variables(file: FileText) -> ObjectParts | None:
    """Return the object of variables in the call of `templatefile`."""
    text, start = file.read_by.source.text, file.read_by.value_start
    call = _READS.match(text, start) if file.is_template else None
    try:
        path = read_parts(text, call.end()) if call else None
        comma = re.compile(r"\s*,\s*").match(text, path.end) if path else None
        given = read_parts(text, comma.end()) if comma else None
    except MalformedError:
        return None
    return given if isinstance(given, ObjectParts) else None


def _variable_name(named: re.Match[str], *, is_short: bool) -> str:
    """Return a variable's name after its value: `config_bucket_arn` for `aws_s3_bucket.config.arn`, or `config_arn`."""
    owner, name, attribute = named["owner"], named["name"].replace("-", "_"), (named["attribute"] or "")
    if not owner.startswith("aws_"):
        return f"{name}_{attribute}".strip("_") if owner not in ("each", "count") or not attribute else attribute
    kind = "" if is_short else owner.rpartition("_")[2]
    return "_".join(dict.fromkeys(filter(None, [*name.split("_"), kind, attribute.replace("-", "_")])))
