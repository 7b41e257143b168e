"""Set options from variables and from the configuration file if the command line does not set them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import click
import msgspec
from click.core import ParameterSource

from tfcheck.cli import clock
from tfcheck.config.keys import KEYS, SEVERITIES, ConfigKey, Kind
from tfcheck.config.reading import candidates
from tfcheck.config.rules import RuleSelection, match_rules, suggestion
from tfcheck.config.settings import Choice, ConfigFile, ConfigValue
from tfcheck.vocabulary.clipping import clip
from tfcheck.vocabulary.errors import InputError, TfcheckError, UsageError

#: The value of `--config` for no file.
OFF = "off"
_META = "tfcheck.configuration"
#: The arguments on the line to complete.
LINE = "tfcheck.line"


class LoadedSettings(msgspec.Struct, frozen=True):
    """The configuration of a run: the file, if there is one, and its keys for the target."""

    settings: ConfigFile | None = None
    values: Mapping[str, ConfigValue] = {}

    def refuse_missing(self, keys: Iterable[str]) -> None:
        """Raise InputError if one of the keys names a missing file."""
        for key, setting in ((each, self.values[each]) for each in keys):
            for path in [setting.value] if isinstance(setting.value, str) else setting.value:
                if self.settings and not os.path.lexists(path):
                    place = f"{self.settings.named}:{setting.line}"
                    write = "write it with `tfcheck baseline PLAN`"
                    hint = write if key == "baseline" else "paths in the file are relative to its directory"
                    raise InputError(f"`{place}`: `{key}` names `{clip(path)}`, which does not exist", hint=hint)


class ConfiguredCommand(click.Command):
    """A command whose options can be set by variables and by keys of the configuration file.

    `section` is the table with more of its keys; the options in `without` have another meaning than the keys.
    """

    section: ClassVar[str] = ""
    without: ClassVar[tuple[str, ...]] = ()
    #: Whether the command itself reports an error in the file, in its own way.
    defers: ClassVar[bool] = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for option, key in self.keyed_options():
            own = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
            option.envvar = list(dict.fromkeys((key.variable, *own)))

    def keyed_options(self) -> list[tuple[click.Option, ConfigKey]]:
        """Return the options that a key sets, by key."""
        known = {each.name: each for each in KEYS if each.section in ("", self.section)}
        options = [each for each in self.params if isinstance(each, click.Option)]
        named = [(each, name.removeprefix("--")) for each in options for name in each.opts if name.startswith("--")]
        return [(option, known[name]) for option, name in named if name in known and name not in self.without]

    def load(self, given: Mapping[str, Any]) -> LoadedSettings:
        """Return the values of the file for the arguments of the command."""
        several = given.get("plans", ())
        plans = [given.get("plan"), *(several if isinstance(several, Sequence) else ())]
        return load(
            config_option(given),
            [each for each in plans if isinstance(each, str)],
            _text(given.get("sources")) or os.environ.get("TFCHECK_SOURCES", ""),
            _text(given.get("workspace")),
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line; it overrides variables, which override the file."""
        if ctx.resilient_parsing:  # a shell asks for completions, possibly of a truncated line
            ctx.meta[LINE] = tuple(args)
        else:
            given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
            try:
                ctx.meta[_META] = found = self.load(given)
                ctx.default_map = {
                    option.name or "": option_value(key, found.values[key.path].value)
                    for option, key in self.keyed_options()
                    if key.path in found.values
                }
            except UsageError as error:
                if not self.defers:
                    raise
                ctx.meta[_META] = error
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command after checking that the files of the configuration exist."""
        try:
            self.refuse_missing(ctx)
        except InputError as error:
            if not self.defers:
                raise
            ctx.meta[_META] = error
        return super().invoke(ctx)

    def refuse_missing(self, ctx: click.Context) -> None:
        """Raise InputError if an input that only the configuration file names is missing."""
        found = ctx.meta.get(_META)
        if isinstance(found, LoadedSettings):
            inputs = [each for each in self.keyed_options() if each[1].is_input and each[0].name == each[1].name]
            found.refuse_missing(
                key.path for _, key in inputs if ctx.get_parameter_source(key.name) is ParameterSource.DEFAULT_MAP
            )


class OwnFormats(ConfiguredCommand):
    """A command with its own formats: the key `format` is for `check`."""

    without = ("format",)


def option_value(key: ConfigKey, value: Any) -> Any:
    """Convert the value of a key to what its option accepts."""
    return [f"{rule}={each}" for rule, each in value.items()] if key.kind is Kind.SEVERITIES else value


def config_option(given: Mapping[str, Any]) -> str:
    """Return the configuration file named by the option or its variable, empty if neither does."""
    return _text(given.get("config")) or os.environ.get("TFCHECK_CONFIG", "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def load(
    config: str,
    plans: Sequence[str] = (),
    sources: str = "",
    workspace: str = "",
    *,
    targets: Sequence[str] = (),
    shared: bool | None = None,
) -> LoadedSettings:
    """Load the configuration file for plans, or the one that `config` names.

    `targets` are further names of the target, besides those from the directories.

    Raises:
        UsageError: the file cannot be read, contains something that it cannot contain, or the plans need different
            keys.
    """
    places = _places(plans, sources)
    settings = None if config == OFF else _settings(config, places, shared)
    if settings is None:
        return LoadedSettings()
    workspace = workspace or os.environ.get("TFCHECK_WORKSPACE") or os.environ.get("TF_WORKSPACE") or ""
    named = os.environ.get("TFCHECK_TARGET", "")
    ways = [(named,) if named else (*targets, *_target_names(settings, each, workspace)) for each in places]
    values = [settings.of(each) for each in ways]
    other = next((number for number, each in enumerate(values) if each != values[0]), None)
    if other is not None:
        both = f"`{ways[0][0]}` and `{ways[other][0]}`"
        raise UsageError(
            f"the plans belong to targets of `{settings.named}` that differ: {both}",
            hint="check them in separate calls",
        )
    return LoadedSettings(settings, values[0])


def _places(plans: Sequence[str], sources: str) -> list[Path]:
    """Return the checked directories: those of the sources or plans, otherwise the current one."""
    if sources:
        path = Path(sources)
        return [path if os.path.isdir(path) else path.parent]
    found = [Path(each).parent for each in plans if each != "-"]
    return list(dict.fromkeys(found)) or [Path()]


def _settings(config: str, places: Sequence[Path], shared: bool | None) -> ConfigFile | None:
    if config:
        from tfcheck.config.reading import settings_in

        return settings_in(Path(config), known_rules)
    for place in dict.fromkeys((_common_parent(places), Path())):
        if next(candidates(place), None) is None:
            continue
        from tfcheck.config.reading import settings_of

        found = settings_of(place, known_rules, shared=shared)
        if found is not None:
            return found
    return None


def _common_parent(places: Sequence[Path]) -> Path:
    """Return the common parent directory."""
    try:
        return Path(os.path.commonpath([os.path.realpath(each) for each in places]))
    except ValueError:  # on different drives
        return places[0]


def _target_names(settings: ConfigFile, place: Path, workspace: str) -> tuple[str, ...]:
    """Return the names of a target: its directory relative to the repository's root, also with the workspace."""
    top = settings.top or settings.file.parent
    seen = os.path.relpath(os.path.realpath(place), top).replace(os.sep, "/")
    set_there = settings.common.get("workspace")
    selected = workspace or (set_there.value if set_there else "")
    return (seen, f"{seen}:{selected}") if selected else (seen,)


def known_rules() -> tuple[str, ...]:
    """Return the ids of all rules, whose modules are loaded only now."""
    from tfcheck.analysis import rulebook

    return rulebook.known_rules()


# What a command uses


def loaded_settings() -> LoadedSettings:
    """Return the configuration of the running command.

    Raises:
        TfcheckError: the file is wrong, and the command wanted to report that itself.
    """
    found = click.get_current_context().meta.get(_META)
    if isinstance(found, TfcheckError):
        raise found
    return found if isinstance(found, LoadedSettings) else LoadedSettings()


def choice() -> Choice:
    """Return the selection of findings for the running command, with the settings that a report lists.

    Raises:
        UsageError: a rule is named that there is not.
    """
    context = click.get_current_context()
    command, found = context.command, loaded_settings()
    in_force = {
        key.path: shown
        for option, key in (command.keyed_options() if isinstance(command, ConfiguredCommand) else ())
        if key.counts and context.get_parameter_source(option.name or "") is ParameterSource.DEFAULT_MAP
        if (shown := found.values[key.path].shown)
    }
    select, ignore, severity = (context.meta.get(f"tfcheck.{name}", ()) for name in ("select", "ignore", "severity"))
    rules = rule_selection(select, ignore, severity, _option_or_variable)
    return effective_choice(rules, found, in_force)


def effective_choice(rules: RuleSelection, found: LoadedSettings, in_force: Mapping[str, str]) -> Choice:
    """Return the selection for a run: rules, effective settings, and the waivers of the file."""
    settings = found.settings
    if settings is None:
        return Choice(rules, today=clock.today())
    return Choice(rules, settings.path, in_force, settings.waivers, clock.today())


def _option_or_variable(name: str) -> str:
    by_variable = click.get_current_context().get_parameter_source(name) is ParameterSource.ENVIRONMENT
    return f"`TFCHECK_{name.upper()}`" if by_variable else f"`--{name}`"


def rule_selection(
    select: Iterable[str], ignore: Iterable[str], severity: Iterable[str], name: Callable[[str], str]
) -> RuleSelection:
    """Build the rule selection; `name` says what set `select`, `ignore` or `severity`.

    Raises:
        UsageError: a rule is named that there is not, or a severity.
    """
    weights = dict(each.partition("=")[::2] for each in severity)
    found = RuleSelection(tuple(select), tuple(ignore), weights)
    for option, names in (("select", found.select), ("ignore", found.ignore), ("severity", tuple(weights))):
        for each in names:
            if not match_rules(each, known := known_rules()):
                raise UsageError(f"{name(option)}: there is no rule `{each}`", hint=suggestion(each, known))
    for rule, each in weights.items():
        if each not in SEVERITIES:
            given = f"`{each}`" if each else "missing"
            raise UsageError(
                f"{name('severity')} of `{rule}` is {given}", hint="write RULE=error, RULE=warning or RULE=info"
            )
    return found
