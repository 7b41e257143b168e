"""The keys of a configuration file: one list, from which options, schema and documentation derive."""

from __future__ import annotations

from enum import Enum

import msgspec


class Kind(Enum):
    """What a key accepts."""

    CHOICE = "choice"
    FLAG = "flag"
    TEXT = "text"
    ACCOUNT = "account"
    NUMBER = "number"
    #: A file or directory, relative to the configuration file.
    PATH = "path"
    PATHS = "paths"
    #: Rules by id, or several by prefix.
    RULES = "rules"
    SEVERITIES = "severities"


class ConfigKey(msgspec.Struct, frozen=True):
    """One key: its name, as the option is written, the values that it accepts, and its meaning.

    `section` is the table that holds it, empty for the top. `other_variable` is the environment variable with the same
    meaning, if it is not named after the key. `counts` means that it affects the reported findings or the exit status:
    reports list it if a file sets it.
    """

    name: str
    kind: Kind
    meaning: str
    default: str
    section: str = ""
    other_variable: str = ""
    choices: tuple[str, ...] = ()
    most: int = 0
    counts: bool = False

    @property
    def path(self) -> str:
        """The key as people write it, with its section."""
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def variable(self) -> str:
        """The environment variable with the same meaning."""
        return self.other_variable or f"TFCHECK_{self.name.upper().replace('-', '_')}"

    @property
    def is_input(self) -> bool:
        """Whether it names files that are read."""
        return self.kind in (Kind.PATH, Kind.PATHS)

    @property
    def several(self) -> bool:
        """Whether it has several values, one per option."""
        return self.kind in (Kind.PATHS, Kind.RULES, Kind.SEVERITIES)


SEVERITIES = ("error", "warning", "info")
FORMATS = ("text", "json", "markdown", "summary", "html", "sarif", "junit", "github", "gitlab", "bitbucket")

KEYS: tuple[ConfigKey, ...] = (
    ConfigKey(
        "fail-on",
        Kind.CHOICE,
        "exit with status 1 if there is a finding of this severity or higher",
        "`error`",
        choices=(*SEVERITIES, "never"),
        counts=True,
    ),
    ConfigKey(
        "new-only", Kind.FLAG, "exit with status 1 only for findings that the change introduces", "`false`", counts=True
    ),
    ConfigKey(
        "strict", Kind.FLAG, "also exit with status 1 for unknown answers and skipped tasks", "`false`", counts=True
    ),
    ConfigKey(
        "select",
        Kind.RULES,
        "the rules whose findings are reported, by id, or several as in `env-file*`",
        "all rules",
        counts=True,
    ),
    ConfigKey(
        "ignore",
        Kind.RULES,
        "the rules whose findings are not reported, by id, or several as in `env-file*`",
        "none",
        counts=True,
    ),
    ConfigKey(
        "severity",
        Kind.SEVERITIES,
        "a table: the severity of the findings of a rule, `error`, `warning` or `info`",
        "the rule's own",
        counts=True,
    ),
    ConfigKey(
        "baseline", Kind.PATH, "a file of `tfcheck baseline`, whose findings are not reported", "none", counts=True
    ),
    ConfigKey(
        "sources",
        Kind.PATH,
        "the directory of the plan's `.tf` files, or the saved plan that contains them",
        "beside the plan",
        counts=True,
    ),
    ConfigKey(
        "context", Kind.PATHS, "`terraform show -json` output (state or plan) of other stacks", "none", counts=True
    ),
    ConfigKey("workspace", Kind.TEXT, "the value of `terraform.workspace`", "the selected one", counts=True),
    ConfigKey(
        "account", Kind.ACCOUNT, "the AWS account of the plan, 12 digits in quotes", "the only one in ARNs", counts=True
    ),
    ConfigKey("format", Kind.CHOICE, "the output format", "`text`", choices=FORMATS),
    ConfigKey("color", Kind.CHOICE, "colours", "`auto`", choices=("auto", "always", "never")),
    ConfigKey("quiet", Kind.FLAG, "omit explanations and what needs no action", "`false`"),
    ConfigKey("verbose", Kind.FLAG, "add what is allowed, and every assumption", "`false`"),
    ConfigKey("expand", Kind.FLAG, "name every instance", "`false`"),
    ConfigKey("safe-only", Kind.FLAG, "omit fixes that need a review", "`false`", "fix"),
    ConfigKey("grant-prefix", Kind.FLAG, "grant a directory instead of several of its files", "`false`", "fix"),
    ConfigKey(
        "when",
        Kind.CHOICE,
        "when there should be a comment",
        "`findings`",
        "comment",
        choices=("findings", "changes", "always"),
        other_variable="TFCHECK_COMMENT_WHEN",
    ),
    ConfigKey(
        "on-clean",
        Kind.CHOICE,
        "what to do with the comment once nothing is missing",
        "`update`",
        "comment",
        choices=("update", "delete", "minimize"),
    ),
    ConfigKey(
        "suggestions",
        Kind.NUMBER,
        "the maximum number of changes suggested on lines of the pull request",
        "`20`",
        "comment",
        most=50,
        other_variable="TFCHECK_MAX_SUGGESTIONS",
    ),
)
#: The tables with their own keys, and their subjects.
SECTIONS = {"fix": "`tfcheck fix`", "comment": "the comment on a pull request"}
#: The table with a section for each target, which has the top-level keys that affect the answer.
TARGETS = "targets"
OF_TARGETS: tuple[ConfigKey, ...] = tuple(each for each in KEYS if each.counts and each.name != "sources")


def key(path: str) -> ConfigKey:
    """Return a key by its qualified name.

    Raises:
        KeyError: there is none.
    """
    return {each.path: each for each in KEYS}[path]
