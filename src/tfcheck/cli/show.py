"""The command `tfcheck show`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from tfcheck.cli import options, terminal
from tfcheck.cli.configured import OwnFormats
from tfcheck.cli.options import json_pick
from tfcheck.report.cause_text import Detail
from tfcheck.report.instance_names import block, is_named
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.clipping import clip, few
from tfcheck.vocabulary.errors import UsageError

_SHOWN_NAMES = 5
_LONGEST = 200
#: Beyond this number, addresses are not compared with the argument.
_COMPARED = 2_000
#: The possible short forms of an address.
_PARTS = regex(r"[\w-]+")


@click.command(
    cls=OwnFormats, short_help="Print, as a tree, what each task needs and which policy statement grants it."
)
@click.argument("plan", metavar="PLAN", shell_complete=options.completing("files"))
@click.argument("task", metavar="[TASK]", required=False, shell_complete=options.completing("tasks"))
@options.text_or_json
@options.query
@options.config
@options.plan_options
@options.colour
@click.option("--expand/--no-expand", help="Show every instance, and every statement that nearly matches.")
@options.hidden_debug
def show(
    plan: str, task: str | None, form: str, query: str | None, about: options.PlanOptions, colour: str, expand: bool
) -> int:
    """Print the access map of every task definition in PLAN: role, policy, statement, and what they allow.

    TASK is the address of a task definition, or an unambiguous part of one. ✓ is allowed, ✗ is missing or denied,
    ? is undecided, - is what the change removes, · is optional and not granted.
    """
    from tfcheck.cli.plans import print_notes
    from tfcheck.cli.plans import reports as checked
    from tfcheck.report.access_map import access_map, folded_maps, one_group_per_task
    from tfcheck.report.json import encode
    from tfcheck.report.map_json import map_json
    from tfcheck.report.map_text import map_text
    from tfcheck.report.words import headline

    pick = json_pick(form, query)
    found, status = checked([plan], about, about.run_options())
    maps = [access_map(each.report) for each in found]
    if task is not None and found:
        wanted = matching_addresses(task, [each.address for tasks in maps for each in tasks])
        maps = [tuple(each for each in tasks if each.address in wanted) for tasks in maps]
    columns, coloured = terminal.width(sys.stdout, os.environ), terminal.is_coloured(colour, sys.stdout, os.environ)
    shown = []
    for each, tasks in zip(found, maps, strict=True):
        if not tasks and task is not None:
            continue
        if pick is not None:
            shown.append(encode(pick(map_json(each.report.plan, tasks)), indent=len(found) == 1))
            continue
        _, words = headline([each.report], {node.address: node.status for node in tasks})
        groups = one_group_per_task(tasks) if expand else folded_maps(tasks)
        detail = Detail(columns, each.directory, expand=expand)
        shown.append(map_text(f"{each.report.plan.path}: {words}", groups, detail, colour=coloured))
    click.echo(("\n" if pick is None else "").join(shown), nl=False, color=coloured)
    if pick is None:
        print_notes(found)
    return status


def matching_addresses(task: str, addresses: Sequence[str]) -> frozenset[str]:
    """Return the addresses that a name matches: an address, a block, or a part of only one block.

    Raises:
        UsageError: it is part of no address, or of those of several blocks.
    """
    exact = [each for each in addresses if is_named(each, task)]
    named = exact or [each for each in addresses if task in _PARTS.findall(each)]
    found = named or [each for each in addresses if task in each]
    blocks = list(dict.fromkeys(map(block, found)))
    if len(blocks) == 1 or len(found) == 1:
        return frozenset(found)
    if found:
        raise UsageError(
            f"`{clip(task, _LONGEST)}` is part of {len(blocks)} task definitions",
            hint=f"write more of one of them: {few(blocks, _SHOWN_NAMES)}",
        )
    raise UsageError(
        f"there is no task definition `{clip(task, _LONGEST)}` in the plan", hint=_nearest(task, addresses)
    )


def _nearest(task: str, addresses: Sequence[str]) -> str:
    from difflib import get_close_matches

    names: dict[str, str] = {}
    for each in addresses[:_COMPARED]:
        for part in (each, *_PARTS.findall(each)):
            names.setdefault(part, each)
    near = get_close_matches(task[:_LONGEST], names, 1, cutoff=0.5)
    if near:
        return f"did you mean `{names[near[0]]}`?"
    return f"the plan has {few(addresses, _SHOWN_NAMES)}" if addresses else "the plan has none"
