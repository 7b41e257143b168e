"""Compose two changes of a file, of which the second one is about the text after the first, into one change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tfcheck.fix.edits.insertion import Insertion, Replacement, apply_insertions
from tfcheck.hcl.syntax.source import SourceText


class Composed(msgspec.Struct, frozen=True):
    """Edits of the first and the second change that touch each other, and the one edit that they amount to.

    An edit that touches none of the other change is alone.
    """

    first: tuple[Insertion, ...]
    second: tuple[Insertion, ...]
    edit: Insertion


class _Span(msgspec.Struct, frozen=True):
    """The place of an edit in the text between the two changes."""

    start: int
    end: int
    edit: Insertion
    is_first: bool


def compose(source: SourceText, first: Sequence[Insertion], second: Sequence[Insertion]) -> Iterator[Composed]:
    """Yield the edits of `source` that equal both changes; the edits of each are sorted by offset."""
    between = apply_insertions(source.text, first)
    grown = 0
    for spans in _touching_groups(
        [*_spans_between(first), *(_Span(each.offset, each.end, each, False) for each in second)]
    ):
        start, end = spans[0].start, max(each.end for each in spans)
        own = tuple(each.edit for each in spans if each.is_first)
        other = tuple(each.edit for each in spans if not each.is_first)
        at = start - grown
        grown += sum(len(each.text) - (each.end - each.offset) for each in own)
        shifted = [msgspec.structs.replace(each, offset=each.offset - start) for each in other]
        new, old = apply_insertions(between[start:end], shifted), source.text[at : end - grown]
        edit = Replacement(source, at, new, old) if old else Insertion(source, at, new)
        yield Composed(own, other, own[0] if not other and len(own) == 1 else edit)


def _spans_between(first: Sequence[Insertion]) -> Iterator[_Span]:
    grown = 0
    for each in first:
        start = each.offset + grown
        yield _Span(start, start + len(each.text), each, True)
        grown += len(each.text) - (each.end - each.offset)


def _touching_groups(spans: Sequence[_Span]) -> list[list[_Span]]:
    found: list[list[_Span]] = []
    end = -1
    for each in sorted(spans, key=lambda one: (one.start, one.end)):
        if found and each.start <= end:
            found[-1].append(each)
        else:
            found.append([each])
        end = max(end, each.end)
    return found
