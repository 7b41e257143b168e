"""The inputs of the GitHub Action."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.cli.configured import LoadedSettings, effective_choice, load, option_value, rule_selection
from tfcheck.config.keys import KEYS, Kind
from tfcheck.config.rules import RuleSelection
from tfcheck.config.settings import Choice, ConfigValue
from tfcheck.report.safe_text import clip_visible
from tfcheck.repository.gate import error_words
from tfcheck.vocabulary.arn import account_id
from tfcheck.vocabulary.errors import InputError, UsageError, refuse_content
from tfcheck.vocabulary.fail_options import FailOptions

if TYPE_CHECKING:
    from tfcheck.pull_request.report_comment import CommentOptions

#: Booleans as people write them in YAML and in expressions, in any case.
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_LONGEST = 100
HINT = "paths are relative to the job's working directory; the step that writes the file may have failed"


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs of `action.yml`; file inputs may be patterns, and `temporary` is for files without a name.

    `choice` is the selection of findings, `set_context` are the context files in the configuration file, which are
    never patterns.
    """

    plans: tuple[str, ...]
    reports: tuple[str, ...]
    context: tuple[str, ...]
    set_context: tuple[str, ...]
    sources: str
    workspace: str
    account: str | None
    failing: FailOptions
    baseline: str
    comment: str
    annotations: bool
    summary: bool
    sarif_file: str
    html_file: str
    output_json: str
    temporary: str
    choice: Choice
    comment_options: CommentOptions

    @property
    def has_page(self) -> bool:
        """Whether there is a page for a browser, in a file or an artifact."""
        return bool(self.html_file or self.comment_options.artifact)

    def temporary_file(self, name: str) -> str:
        """Return the path of a temporary file for an output without a name.

        Raises:
            UsageError: there can be none.
        """
        from tempfile import mkdtemp

        try:
            return os.path.join(mkdtemp(prefix="tfcheck-", dir=self.temporary or None), name)
        except OSError as error:
            raise UsageError(
                f"a temporary file cannot be created: {error_words(error)}", hint="set RUNNER_TEMP"
            ) from None


def inputs(variables: Mapping[str, str], found: LoadedSettings = LoadedSettings()) -> Inputs:  # noqa: B008 (frozen)
    """Read the inputs from variables, such as `TFCHECK_PLAN` for `plan`; the configuration file may set empty ones.

    Raises:
        UsageError: an input has a value that it cannot have.
    """
    values = _InputValues(variables, found.values)
    read = Inputs(
        comment_options=_comment_options(values),
        plans=values.lines("plan"),
        reports=values.lines("report"),
        context=values.lines("context") if values.value("context") else (),
        set_context=values.set_paths("context"),
        sources=values.text("sources"),
        workspace=values.value("workspace") or variables.get("TF_WORKSPACE", "") or values.text("workspace"),
        account=account_id(values.text("account"), "the input `account`") if values.text("account") else None,
        failing=FailOptions(
            values.one_of("fail-on", "error", "warning", "info", "never"),
            values.flag("strict", False),
            values.flag("new-only", False),
        ),
        baseline=values.text("baseline"),
        comment=values.switch("comment", "auto", "required", "off"),
        annotations=values.flag("annotations", True),
        summary=values.flag("summary", True),
        sarif_file=values.text("sarif-file"),
        html_file=values.text("html-file"),
        output_json=values.text("output-json"),
        temporary=variables.get("RUNNER_TEMP", ""),
        choice=effective_choice(values.rules(), found, values.in_force),
    )
    found.refuse_missing(each.path for each in KEYS if each.is_input and each.path in values.in_force)
    if not read.plans and not read.reports:
        raise UsageError("neither the input `plan` nor `report` is set")
    return read


def _comment_options(values: _InputValues) -> CommentOptions:
    from tfcheck.pull_request.report_comment import CommentOptions, OnClean, When

    suggestions = values.switch("suggestions", "auto", "off") == "auto"
    return CommentOptions(
        id=values.text("comment-id"),
        author=values.text("comment-author"),
        number=values.number("pr-number", 0) or None,
        when=msgspec.convert(values.one_of("comment-when", "findings", "changes", "always"), When),
        on_clean=msgspec.convert(values.one_of("on-clean", "update", "delete", "minimize"), OnClean),
        expected=values.number("expect-reports", 0),
        suggestions=values.number("max-suggestions", 20) if suggestions else 0,
        artifact=values.text("html-artifact"),
    )


def load_configuration(variables: Mapping[str, str]) -> LoadedSettings:
    """Load the configuration for the plans; reports of other jobs were made with their own.

    Raises:
        UsageError: it cannot be read, or contains something that it cannot contain.
    """
    values = _InputValues(variables, {})
    config, plans = values.switch_off("config"), paths("plan", values.lines("plan")).files
    if not (config or plans):
        return LoadedSettings()
    return load(config, plans, values.text("sources"), values.text("workspace"), shared=True)


class _InputValues:
    """The values of inputs; an invalid value is refused."""

    def __init__(self, variables: Mapping[str, str], settings: Mapping[str, ConfigValue]) -> None:
        self._variables = variables
        self._settings = {key.variable: (key, settings[key.path]) for key in KEYS if key.path in settings}
        #: The file's keys that no variable sets and that affect the result, with their values for people.
        self.in_force: dict[str, str] = {}

    def value(self, name: str) -> str:
        return self._variables.get(_variable(name), "").strip()

    def text(self, name: str) -> str:
        value = self.value(name)
        if value or _variable(name) not in self._settings:
            return value
        key, setting = self._settings[_variable(name)]
        if key.counts and setting.shown:
            self.in_force[key.path] = setting.shown
        if key.kind is Kind.PATH:  # relative to here, and checked as such
            return str(setting.value)
        return "\n".join(option_value(key, setting.value)) if key.several else setting.shown

    def set_paths(self, name: str) -> tuple[str, ...]:
        """Return the paths that only the file sets: each is one file, with no special characters."""
        if self.value(name) or _variable(name) not in self._settings:
            return ()
        key, setting = self._settings[_variable(name)]
        self.in_force[key.path] = setting.shown
        return tuple(setting.value)

    def names(self, name: str) -> tuple[str, ...]:
        return tuple(filter(None, re.split(r"[,\s]+", self.text(name))))

    def rules(self) -> RuleSelection:
        select, ignore, severity = map(self.names, ("select", "ignore", "severity"))
        return rule_selection(select, ignore, map(str.lower, severity), "the input `{}`".format)

    def lines(self, name: str) -> tuple[str, ...]:
        found = tuple(filter(None, map(str.strip, self.text(name).split("\n"))))
        for each in found:
            refuse_content(each, f"the input `{name}`")
        return found

    def one_of(self, name: str, default: str, *others: str) -> str:
        value = self.text(name).lower() or default
        if value not in (default, *others):
            raise self._invalid(name, *filter(None, (default, *others)))
        return value

    def switch(self, name: str, on: str, *others: str) -> str:
        """Return one of the values: the first for a true boolean, the last for a false one."""
        value = self.text(name).lower()
        if value in _BOOLEANS:
            return on if _BOOLEANS[value] else others[-1]
        return self.one_of(name, on, *others)

    def switch_off(self, name: str) -> str:
        """Return a text, `off` for a false boolean."""
        value = self.text(name)
        return value if _BOOLEANS.get(value.lower(), True) else "off"

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name).lower()
        if value and value not in _BOOLEANS:
            raise self._invalid(name, "true", "false")
        return _BOOLEANS.get(value, default)

    def _invalid(self, name: str, *allowed: str) -> UsageError:
        value = clip_visible(self.text(name), _LONGEST)
        return UsageError(f"the input `{name}` is `{value}`", hint=f"it can be {', '.join(allowed)}")

    def number(self, name: str, default: int) -> int:
        value = self.text(name) or str(default)
        if not (value.isascii() and value.isdecimal() and len(value) < 10):
            raise self._invalid(name, "a number")
        return int(value)


def _variable(name: str) -> str:
    return f"TFCHECK_{name.upper().replace('-', '_')}"


class NamedFiles(msgspec.Struct, frozen=True):
    """The files that patterns match, and the patterns without a match."""

    files: tuple[str, ...]
    errors: tuple[InputError, ...]


def paths(name: str, patterns: Iterable[str]) -> NamedFiles:
    """Find the files that the patterns of an input match, each once; `name` is the input's name.

    A name that is not a pattern is returned even if there is no such file: reading it gives a better error.
    """
    files: dict[str, str] = {}
    errors: list[InputError] = []
    for pattern in patterns:
        plain = not glob.has_magic(pattern) or exists(pattern)
        found = [pattern] if plain else expand_glob(pattern)
        for each in found:
            files.setdefault(os.path.realpath(each), each)
        if not found:
            shown = clip_visible(pattern, _LONGEST)
            errors.append(InputError(f"the input `{name}` names no file: `{shown}`", hint=HINT))
    return NamedFiles(tuple(files.values()), tuple(errors))


def exists(path: str) -> bool:
    """Whether such a file or directory exists."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def expand_glob(pattern: str) -> list[str]:
    """Return the files and directories that a pattern matches, sorted, like a shell with `globstar`.

    NOTE: `**` does not enter links. Those of a pull request could lead back up, and a search that enters two never
    ends.
    """
    return sorted({os.path.normpath(each) for each in _matches(pattern)})


def _matches(pattern: str) -> Iterator[str]:
    parts = pattern.split("/")
    if "**" not in parts:
        yield from glob.iglob(pattern)
        return
    at = parts.index("**")
    rest = "/".join(parts[at + 1 :]) or "*"
    before = "/".join(parts[:at])
    for top in glob.iglob(f"{before}/") if before else ["/" if at else "."]:
        for directory, inside, _ in os.walk(top):
            inside[:] = [each for each in inside if not each.startswith(".")]
            yield from _matches(f"{glob.escape(directory)}/{rest}")
