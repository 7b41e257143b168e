"""Add permissions to the text of a policy: to an existing statement, or as a new one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tfcheck.fix.edits.insertion import Insertion
from tfcheck.fix.extension import Extension, extension
from tfcheck.fix.into_document import insert_into_document
from tfcheck.fix.into_list import insert_into_list
from tfcheck.fix.literal import ObjectParts
from tfcheck.fix.policy_text import document_of, find_policy_text, is_own, merged_documents
from tfcheck.fix.render import StatementStyle, Syntax, block, statement
from tfcheck.fix.wanted import NeededStatement
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import JsonBlock


class PolicyInsertion(msgspec.Struct, frozen=True):
    """The insertions, and the policy document that they go into, if any.

    `statements` are new ones, `resources` and `actions` are added to existing statements. `documents` are the addresses
    of the changed policy documents.
    """

    insertions: tuple[Insertion, ...]
    source: SourceText
    document: Block | None
    statements: tuple[NeededStatement, ...]
    resources: tuple[str, ...]
    actions: tuple[str, ...]
    documents: tuple[str, ...]

    @property
    def description(self) -> str:
        """Describe the insertions."""
        parts = {"a statement": self.statements, "an action": self.actions, "a resource": self.resources}
        counted = {one: len(several) for one, several in parts.items() if several}
        return " and ".join(one if many == 1 else f"{many} {one.split()[1]}s" for one, many in counted.items())

    @property
    def hcl(self) -> str:
        """The inserted text."""
        listed = [f"{each}," for each in (*self.actions, *self.resources)]
        if self.document is not None:
            blocks = ("\n".join(block(each, StatementStyle(effect=False))) for each in self.statements)
            return "\n\n".join(["\n".join(listed), *blocks]).strip()
        written = ("\n".join(statement(each, StatementStyle())) + "," for each in self.statements)
        return "\n".join([*listed, *written])


def insert_into_policy(
    argument: Argument,
    module: Module,
    wanted: Sequence[NeededStatement],
    *,
    extends: bool = True,
    adds: bool = True,
    shared: bool = False,
    beside: Sequence[Insertion] = (),
) -> PolicyInsertion | None:
    """Add to the policy in an argument; None if its text has no safe place.

    With `extends` a statement with the same actions gets the resources, and one for the same resources the actions;
    with `adds` there may be new ones. With `shared` others may use the text too. `beside` are changes made together
    with this one.
    """
    if not (shared or is_own(argument, module)):
        return None
    nothing = Extension((), (), (), tuple(wanted), None)
    extended = extension(argument, module, wanted, beside) if extends else nothing
    name = document_of(argument)
    document = module.resource("data", "aws_iam_policy_document", name) if name is not None else None
    if name is not None and document is None:
        return None
    added = _statements(argument, document, extended.left) if extended.left else ()
    if added is None or (added and not adds):
        return None
    source = document.source if document is not None else argument.source
    source = extended.source if extended.source is not None and not added else source
    if extended.source is not None and extended.source is not source:
        return None
    insertions = (*extended.insertions, *added)
    edited = tuple(_edited_documents(name, module, insertions)) if name is not None else ()
    return PolicyInsertion(insertions, source, document, extended.left, extended.resources, extended.actions, edited)


def _edited_documents(name: str, module: Module, insertions: Sequence[Insertion]) -> Iterator[str]:
    for each in (name, *merged_documents(name, module)):
        block = module.resource("data", "aws_iam_policy_document", each)
        ends = (one.offset for one in insertions if block is not None and one.file == block.source.name)
        if block is not None and any(block.start <= offset <= block.end for offset in ends):
            yield f"data.aws_iam_policy_document.{each}"


def _statements(
    argument: Argument, document: Block | None, wanted: Sequence[NeededStatement]
) -> tuple[Insertion, ...] | None:
    lists = any(each.resource_list is not None for each in wanted)
    try:
        if lists and isinstance(document, JsonBlock):
            return None
        if document is not None:
            return insert_into_document(document, wanted) or None
        found = find_policy_text(argument)
        policy, syntax = found if found else (None, None)
        if lists and syntax is not Syntax.HCL:
            return None
        item = policy.item("Statement") if isinstance(policy, ObjectParts) else None
        return (insert_into_list(argument.source, item.value, wanted, syntax) or None) if item and syntax else None
    except MalformedError:
        return None
