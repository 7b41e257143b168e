"""Decide whether a command writes JSON, and which part of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import click
from click.core import ParameterSource

from tfcheck.vocabulary.errors import UsageError

Pick: TypeAlias = Callable[[Any], Any]


def json_pick(form: str | None, query: str | None) -> Pick | None:
    """Return the function that selects the printed part of a command's JSON, or None for other formats.

    A query implies JSON, unless the command line says otherwise.

    Raises:
        UsageError: the query is not JMESPath, or the command line asks for another format as well.
    """
    if query is None:
        return (lambda data: data) if form == "json" else None
    asked = click.get_current_context().get_parameter_source("form") is ParameterSource.COMMANDLINE
    if asked and form != "json":
        raise UsageError("`--query` picks from JSON", hint=f"leave out `--format {form}`")
    from tfcheck.report.query import query as picking

    return picking(query)
