"""The command `tfcheck config`."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import click
import msgspec
from click.core import ParameterSource

from tfcheck.cli import options, terminal
from tfcheck.cli.configured import ConfiguredCommand, OwnFormats, choice, loaded_settings
from tfcheck.cli.main import check
from tfcheck.cli.options import json_pick
from tfcheck.config.keys import KEYS, Kind
from tfcheck.config.settings import ConfigValue
from tfcheck.config.tables import value_words
from tfcheck.report.safe_text import visible

_NOT_HERE = ("plans", "form", "query", "output", "debug")


class EffectiveValue(msgspec.Struct, frozen=True):
    """A key's effective value, and where it is set."""

    key: str
    value: Any
    source: str
    shown: str
    place: str = ""


class _ConfigCommand(OwnFormats):
    """The command, which also shows `format` and names missing files."""

    def invoke(self, ctx: click.Context) -> Any:
        """Show all keys first."""
        status = click.Command.invoke(self, ctx)
        self.refuse_missing(ctx)
        return status


@click.command(
    cls=_ConfigCommand,
    short_help="Show the effective configuration, and where each value comes from.",
    params=[each for each in check.params if each.name not in _NOT_HERE],
)
@click.argument("plans", metavar="[PLAN]...", nargs=-1, shell_complete=options.completing("files"))
@options.text_or_json
@options.query
@click.option("--schema", is_flag=True, help="Print the JSON Schema of tfcheck.toml, for editors.")
def config(plans: tuple[str, ...], form: str, query: str | None, schema: bool, **_: Any) -> int:
    """Show the configuration in force for PLAN, and where each key is set.

    Without PLAN, show it for the current directory. Accepts the options of `check`. Options override environment
    variables, and these override the file. No plan is read.
    """
    from tfcheck.analysis.rulebook import known_rules
    from tfcheck.report.json import encode as as_json

    pick = json_pick(form, query)
    if schema:
        from tfcheck.config.schema import schema as of_file

        of_keys = of_file(known_rules())
        click.echo(as_json(pick(of_keys) if pick else of_keys), nl=False)
        return 0
    found, chosen = loaded_settings(), choice()
    rows = list(_rows(found.values, found.settings.named if found.settings else ""))
    off = [each for each in known_rules() if not chosen.rules.selects(each)]
    if pick is not None:
        file = found.settings.path if found.settings else None
        settings = [
            {"key": each.key, "value": each.value, "source": each.source, "place": each.place or None} for each in rows
        ]
        waived = [{"rule": each.rule, "until": each.until or None, "place": each.place} for each in chosen.waivers]
        shown = {"file": file, "settings": settings, "waivers": waived, "rules_off": off}
        click.echo(as_json(pick(shown)), nl=False)
        return 0
    click.echo(visible(f"configuration: {found.settings.named if found.settings else 'no file'}"))
    for row in rows:
        click.echo(visible(f"  {row.key:<20} {row.shown:<24} {row.place or row.source}"))
    for each in chosen.waivers:
        end = f", {'expired on' if each.is_expired(chosen.today) else 'until'} {each.until}" if each.until else ""
        click.echo(visible(f"  {'waiver':<20} {each.rule:<24} {each.place}{end}"))
    if off:
        words = visible(f"rules that are not selected: {', '.join(off)}")
        columns = terminal.width(sys.stdout, os.environ)
        click.echo(
            textwrap.fill(words, columns, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)
        )
    return 0


def _rows(values: Mapping[str, ConfigValue], named: str) -> Iterator[EffectiveValue]:
    context = click.get_current_context()
    assert isinstance(context.command, ConfiguredCommand)
    options = {key.path: option for option, key in context.command.keyed_options()}
    for key in KEYS:
        option = options.get(key.path)
        source = context.get_parameter_source(option.name or "") if option else None
        if option and source in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT):
            value: Any = context.params.get(option.name or "", context.meta.get(f"tfcheck.{option.name}"))
            value = dict(each.partition("=")[::2] for each in value) if key.kind is Kind.SEVERITIES else value
            words, variables = value_words(value), option.envvar or ()
            if source is ParameterSource.COMMANDLINE:
                yield EffectiveValue(key.path, value, "command line", words)
            else:
                names = [variables] if isinstance(variables, str) else variables
                yield EffectiveValue(key.path, value, "environment", words, next(filter(os.environ.get, names), ""))
        elif option is None and (text := os.environ.get(key.variable)):
            yield EffectiveValue(key.path, text, "environment", text, key.variable)
        elif key.path in values:
            setting = values[key.path]
            section = f' [targets."{setting.target}"]' if setting.target else ""
            yield EffectiveValue(key.path, setting.value, "file", setting.shown, f"{named}:{setting.line}{section}")
        else:
            yield EffectiveValue(key.path, None, "default", key.default.strip("`"))
