"""Complete words for a shell: rule ids, and addresses in the plan on the command line.

The user is typing meanwhile: a plan that is large, or not a regular file, is not read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import click
from click.shell_completion import CompletionItem

from tfcheck.cli.configured import LINE, known_rules
from tfcheck.config.keys import SEVERITIES

#: Larger plans take too long to read.
_LARGEST_PLAN = 30_000_000
_MOST = 500
_TASK_TYPES = ("aws_ecs_task_definition", "aws_ecs_express_gateway_service")
#: Characters with a meaning for a shell.
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


def files(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ask the shell to complete file names."""
    return [CompletionItem(incomplete, type="file")]


def rules(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the rule ids that complete the last of several with commas."""
    before, comma, begun = incomplete.rpartition(",")
    return [CompletionItem(f"{before}{comma}{each}") for each in known_rules() if each.startswith(begun)]


def severities(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return rules with the severities that they can have."""
    if "=" not in incomplete.rpartition(",")[2]:
        return [CompletionItem(f"{each.value}=") for each in rules(ctx, option, incomplete)]
    before = incomplete.rpartition("=")[0]
    values = (f"{before}={each}" for each in SEVERITIES)
    return [CompletionItem(each) for each in values if each.startswith(incomplete)]


def tasks(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the task definitions of the plan on the command line."""
    return _completions(_addresses(ctx, *_TASK_TYPES), incomplete)


def rules_and_addresses(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return rules, and the task definitions and roles of the plans on the command line."""
    found = rules(ctx, option, incomplete)
    return [*found, *_completions(_addresses(ctx, *_TASK_TYPES, "aws_iam_role"), incomplete)]


def _addresses(ctx: click.Context, *types: str) -> Iterator[str]:
    """Yield the addresses in the plans on the command line; nothing for a plan that cannot be read quickly."""
    from tfcheck.plan import load
    from tfcheck.vocabulary.errors import TfcheckError

    arguments = ctx.params.get("plans") or (ctx.params.get("plan"),)
    named = [each for each in arguments if isinstance(each, str)] or ctx.meta.get(LINE, ())
    for name in named:
        try:
            if os.path.isfile(name) and os.stat(name).st_size <= _largest(name):
                from pathlib import Path

                for plan in load(Path(name)).plans:
                    yield from (str(each.address) for each in plan.instances(*types))
        except (TfcheckError, OSError, ValueError, RecursionError, MemoryError):
            continue


def _largest(name: str) -> int:
    """Return the largest file size that is read; compressed files hold ten times as much or more."""
    with open(name, "rb") as file:
        return _LARGEST_PLAN if file.read(2) != b"\x1f\x8b" else _LARGEST_PLAN // 10


def _completions(found: Iterable[str], incomplete: str) -> list[CompletionItem]:
    """Escape addresses for the shell: bash does not quote what it inserts."""
    begun = incomplete.lstrip("'\"")
    fitting = [each for each in found if each.startswith(begun) and each.isprintable()][:_MOST]
    in_bash = os.environ.get("_TFCHECK_COMPLETE", "").startswith("bash")
    quoted = (
        "'" + each.replace("'", "'\\''") + "'" if in_bash and not _SAFE.issuperset(each) else each for each in fitting
    )
    return [CompletionItem(each) for each in quoted]
