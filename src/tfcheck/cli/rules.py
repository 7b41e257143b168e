"""The command `tfcheck rules`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

import click

from tfcheck.cli import options, terminal
from tfcheck.cli.options import json_pick
from tfcheck.report.manual import Manual
from tfcheck.report.screen import Line, render_lines, wrap
from tfcheck.vocabulary.errors import UsageError, did_you_mean

_NEEDS = "What ECS does before a task runs, and the permissions it needs:"
_CHECKS = "ECS configuration rules that no permission can satisfy:"


@click.command(short_help="List the rules, or print the manual page of one.")
@click.argument("rule", metavar="[ID]", required=False, shell_complete=options.completing("rules"))
@options.text_or_json
@options.query
def rules(rule: str | None, form: str, query: str | None) -> int:
    """List the rules, or print the manual of the rule with this ID, which every finding shows in brackets."""
    from tfcheck.analysis import rulebook

    pick = json_pick(form, query)
    named = manual(rule, rulebook.manuals()) if rule is not None else None
    if pick is not None:
        from tfcheck.report.json import encode

        found = [*_data("permission", rulebook.permission_rules()), *_data("configuration", rulebook.check_rules())]
        shown = found if named is None else next(each for each in found if each["id"] == named.id)
        click.echo(encode(pick(shown)), nl=False)
    elif named is not None:
        click.echo(f"{named.id}: {named.title}\n\n{named.text.strip()}")
    else:
        needs, checks = rulebook.permission_rules(), rulebook.check_rules()
        lines = (*_rule_lines(_NEEDS, needs), (), *_rule_lines(_CHECKS, checks))
        click.echo(render_lines(lines, colour=False), nl=False)
    return 0


def _data(kind: str, known: Sequence[Manual]) -> Iterator[dict[str, str | None]]:
    for each in known:
        yield {"id": each.id, "kind": kind, "title": each.title, "manual": each.text.strip(), "url": each.url}


def manual(rule: str, known: Sequence[Manual]) -> Manual:
    """Return the manual of a rule.

    Raises:
        UsageError: there is no such rule.
    """
    for each in known:
        if each.id == rule:
            return each
    hint = did_you_mean(rule, (each.id for each in known), "`tfcheck rules` lists them")
    raise UsageError(f"there is no rule `{rule}`", hint=hint)


def _rule_lines(title: str, known: Sequence[Manual]) -> Iterator[Line]:
    columns, width = terminal.width(sys.stdout, os.environ), max(len(each.id) for each in known)
    yield from wrap("", title, columns)
    for each in known:
        yield from wrap(f"  {each.id:<{width}}  ", each.title, columns)
