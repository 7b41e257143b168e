"""The names that an expression can refer to.

The evaluator knows nothing of AWS or of plans: it asks a `Scope` for the value of a reference. An object that is
expensive to evaluate, such as a resource or a module, is passed as a `Referent`, whose members are looked up one by
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias, Union, runtime_checkable

from tfcheck.hcl.evaluate.types import Type
from tfcheck.symbolic.value import Value


class EvaluationError(Exception):
    """Terraform would report an error here.

    Everything that evaluates may raise it. `try` and `can` catch it; elsewhere it makes the value unknown.
    """


class LimitError(Exception):
    """The result would exceed the evaluator's limits; every function may raise this, as it may an EvaluationError."""


@runtime_checkable
class Referent(Protocol):
    """An object or a list whose members are evaluated on request."""

    def member(self, key: str | int) -> Seen:
        """Return one attribute or element; if there definitely is none of that name, it is an EvaluationError."""

    def keys(self) -> Sequence[str] | int | None:
        """Return the names of an object's members, the length of a list, or None if they are unknown."""

    def evaluate(self) -> Value:
        """Evaluate all of it."""


Seen: TypeAlias = Union[Value, Referent]  # noqa: UP007 (`Value` holds quoted names)


class Scope(Protocol):
    """The names that an expression can use, and the files that it can read."""

    def lookup(self, root: str, name: str) -> Seen:
        """Return the value of `var.x`, `local.x`, `module.m`, `each.key`, `count.index` or `path.module`.

        For a resource `root` is its type and `name` its name, for a data source `root` is `data.TYPE`. An unknown value
        is an `Unknown` with its reason.

        Raises:
            EvaluationError: there definitely is no such thing.
        """

    def declared_type(self, name: str) -> Type | None:
        """Return the declared type of the input variable `name`, or None if it is not known."""

    def read_file(self, path: str) -> bytes | None:
        """Read a source file for `file`, `templatefile` and the like; None if it is not available.

        Raises:
            EvaluationError: the source tree is at hand and holds no such file.
            RefusedError: the sources are not allowed to read it.
        """

    def list_files(self, directory: str, pattern: str) -> tuple[str, ...] | None:
        """Return the files below a directory for `fileset`; None if they are not available.

        Raises:
            RefusedError: the sources are not allowed to read one of them.
        """


class ConstantScope:
    """A scope without names and files: what can be evaluated in it is constant."""

    def lookup(self, root: str, name: str) -> Seen:
        """Raise an error, since no name is known here.

        Raises:
            EvaluationError: always.
        """
        raise EvaluationError(f"`{root}.{name}` is not a constant")

    def declared_type(self, name: str) -> Type | None:
        """Return no type."""
        return None

    def read_file(self, path: str) -> bytes | None:
        """Return no file."""
        return None

    def list_files(self, directory: str, pattern: str) -> tuple[str, ...] | None:
        """Return no files."""
        return None
