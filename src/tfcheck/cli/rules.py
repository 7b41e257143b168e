"""The command `tfcheck rules`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import click

from tfcheck.report.manual import Manual
from tfcheck.vocabulary.errors import UsageError

_NEEDS = "What ECS does before a task runs, and the permissions it needs:"
_CHECKS = "ECS configuration rules that no permission can satisfy:"
_NAMES = {"help_option_names": ["-h", "--help"]}


@click.command(context_settings=_NAMES, short_help="List the rules, or print the manual of one.")
@click.argument("rule", metavar="[ID]", required=False)
def rules(rule: str | None) -> int:
    """List the rules, or print the manual of the one with this ID, which every finding names in brackets."""
    from tfcheck.cli import rulebook

    if rule is not None:
        click.echo(manual(rule, rulebook.manuals()))
        return 0
    for line in (*_listed(_NEEDS, rulebook.of_permissions()), "", *_listed(_CHECKS, rulebook.of_checks())):
        click.echo(line)
    return 0


def manual(rule: str, known: Sequence[Manual]) -> str:
    """Return the page of a rule.

    Raises:
        UsageError: there is no such rule.
    """
    for each in known:
        if each.id == rule:
            return f"{each.id}: {each.title}\n\n{each.text.strip()}"
    near = get_close_matches(rule, [each.id for each in known], 1)
    hint = f"did you mean `{near[0]}`?" if near else "`tfcheck rules` lists them"
    raise UsageError(f"there is no rule `{rule}`", hint=hint)


def _listed(title: str, known: Sequence[Manual]) -> Iterator[str]:
    width = max(len(each.id) for each in known)
    yield title
    yield from (f"  {each.id:<{width}}  {each.title}" for each in known)
