"""Decide which source files tfcheck is allowed to change, and how the repository names them."""

from __future__ import annotations

import os
import posixpath
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from tfcheck.fix.edits.diff import Lines, diff, line_changes
from tfcheck.fix.edits.insertion import Insertion, group_by_file, line_end
from tfcheck.hcl.modules import Sources
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.source import BYTE_ORDER_MARK, SourceText
from tfcheck.hcl.syntax.tf_json import read_original
from tfcheck.report.safe_text import without_commands
from tfcheck.repository import RefusedError, work_tree
from tfcheck.repository.work_tree import has_git
from tfcheck.symbolic.regex import regex

#: Directories that Terraform, Terragrunt and CDK for Terraform write.
_GENERATED_FOLDERS = frozenset((".terraform", ".terragrunt-cache", "cdktf.out"))
#: From the first sign of a comment in a line.
_GENERATED = regex(
    r"(?:[^#/*\"]++|/(?![/*])|\"(?!//\":))*+(?:#|/[/*]|\*|\"//\":)"
    r".*(?:(?:auto-?|machine-?)?generated (?:by|from|with|file|code)|@generated|do not edit)",
    re.IGNORECASE,
)
_HEADER_LINES = 10


class ShownLines(Lines):
    """The lines of one file; `conceals` tests whether a text contains a secret."""

    def __init__(self, source: SourceText, conceals: Callable[[str], bool]) -> None:
        self._mark = BYTE_ORDER_MARK if source.bom else ""
        super().__init__(self._mark + source.text)
        self._source = source
        self._conceals = conceals
        self._is_json = source.name.endswith(".json")
        self._is_policy = not source.is_configuration
        blocks = () if self._is_policy else read_original(source).blocks
        self._blocks = sorted(blocks, key=lambda each: -each.start)
        self._edited: tuple[range, ...] = ()

    def shift(self, insertions: Sequence[Insertion]) -> list[Insertion]:
        """Return insertions shifted for a byte order mark, which is a part of the lines."""
        return [msgspec.structs.replace(each, offset=each.offset + len(self._mark)) for each in insertions]

    def for_insertions(self, insertions: Sequence[Insertion]) -> ShownLines:
        """Record the edited blocks, and return the lines."""
        self._edited = tuple(lines for each in insertions for lines in self._edited_lines(each))
        return self

    def is_harmless(self, line: str) -> bool:
        """Whether a replaced line may be shown."""
        return harmless(line.removeprefix(BYTE_ORDER_MARK)) and not self._conceals(line)

    def may_show(self, number: int) -> bool:
        """Whether an unchanged line may be shown: one of an edited block, or a blank one."""
        line = self.all[number]
        if not line.strip() or (self._is_json and empty(line)):
            return True
        return any(number in each for each in self._edited) and self.is_harmless(line)

    def _edited_lines(self, insertion: Insertion) -> list[range]:
        text = self._source.text
        if self._is_policy:
            return [range(len(self.all))]
        behind = bisect_left(self._blocks, -insertion.offset, key=lambda each: -each.start)
        around = (each for each in self._blocks[behind:] if insertion.offset <= line_end(text, each.end))
        found = next(around, None)
        return [] if found is None else [self._lines(found)]

    def _lines(self, block: Block) -> range:
        return range(self._line(block.start), self._line(block.end - 1) + 1)

    def _line(self, offset: int) -> int:
        return self.line_at(offset + len(self._mark))


class Files:
    """The files of a plan's sources.

    Files outside the repository, in a nested one, or where `terraform init` installs modules, belong to others. Files
    that git ignores or that are generated would be overwritten, and files that have changed on disk are not edited
    either.
    """

    def __init__(self, sources: Sources | None, conceals: Callable[[str], bool] = lambda _: False) -> None:
        """Build from the sources, and a test for texts that contain a secret."""
        self._sources = sources
        self._conceals = conceals
        self._root = sources.root if sources else None
        self._known: dict[str, str] = {}
        self._lines: dict[str, ShownLines] = {}

    def editable(self, source: SourceText) -> bool:
        """Whether a file may be changed."""
        if source.name not in self._known:
            self._known[source.name] = self._reason(source)
        return not self._known[source.name]

    def are_editable(self, insertions: Iterable[Insertion]) -> bool:
        """Whether all files with insertions may be changed."""
        return all(self.editable(each.source) for each in insertions)

    def skipped_files(self) -> tuple[str, ...]:
        """Return the files that are not changed, with the reasons."""
        found = [(name, reason) for name, reason in sorted(self._known.items()) if reason]
        return tuple(f"`{name}` is not changed: {reason}" for name, reason in found)

    def _reason(self, source: SourceText) -> str:
        """Return why a file must not be changed; empty if it may be."""
        if not self._is_ours(source.name):
            return "it is not of this repository, or another program writes its directory"
        if self.place(source.name).suffix != posixpath.splitext(source.name)[1]:
            return "it is a link to a file with another ending"
        if any(map(_GENERATED.match, source.text.split("\n", _HEADER_LINES)[:_HEADER_LINES])):
            return "it says that a program generates it"
        assert self._sources is not None  # otherwise it would not be ours
        try:
            data = self._sources.read_source(source.name)
        except RefusedError:
            return "git ignores it"
        except OSError:
            return "it cannot be read again"
        return "" if data == file_bytes(source.text, source) else "it has changed since it was read"

    def path(self, name: str) -> str:
        """Return the path of a file relative to the repository's root."""
        return self.place(name).relative_to(self.tree).as_posix()

    def place(self, name: str) -> Path:
        """Return the real path of a file, with symbolic links resolved; an absolute one is that already."""
        assert self._root is not None  # otherwise nothing is editable
        return Path(name) if os.path.isabs(name) else (self._root / name).resolve()

    @cached_property
    def tree(self) -> Path:
        """The repository's root, or the root module's directory without a repository."""
        assert self._root is not None  # otherwise nothing is editable
        return work_tree(self._root)

    def diff(self, insertions: Iterable[Insertion]) -> str:
        """Write one diff for changes to any number of files."""
        parts: list[str] = []
        for source, several in sorted(group_by_file(insertions).items(), key=lambda each: self.path(each[0].name)):
            lines = self._shown_lines(source)
            parts.append(diff(self.path(source.name), lines.for_insertions(several), lines.shift(several)))
        return "".join(parts)

    def reveals(self, insertions: Iterable[Insertion], reported: Iterable[str] = ()) -> bool:
        """Whether a diff would have to show an old line that may contain a secret, or a new one with a command.

        `reported` are parts of lines that the report shows anyway, such as the keys of objects.
        """
        known = [each for each in reported if each]
        for source, several in group_by_file(insertions).items():
            if any(without_commands(each.text) != each.text for each in several):
                return True
            lines = self._shown_lines(source)
            changes = line_changes(lines, lines.shift(several))
            for rest in (line for each in changes for line in lines.all[each.start : each.end]):
                line = rest
                for each in known:
                    rest = rest.replace(each, "")
                if self._conceals(line) or not any(map(lines.is_harmless, (line, rest))):
                    return True
        return False

    def _shown_lines(self, source: SourceText) -> ShownLines:
        if source.name not in self._lines:
            self._lines[source.name] = ShownLines(source, self._conceals)
        return self._lines[source.name]

    def _is_ours(self, name: str) -> bool:
        if self._root is None:
            return False
        data = posixpath.normpath(os.environ.get("TF_DATA_DIR") or ".terraform")
        if ".terraform" in name.split("/") or posixpath.normpath(name).startswith(f"{data}/"):
            return False
        place, tree = self.place(name), self.tree
        if not place.is_relative_to(tree) or not _GENERATED_FOLDERS.isdisjoint(place.parts):
            return False
        between = [each for each in place.parents if each != tree and each.is_relative_to(tree)]
        return not any(map(has_git, between))


def file_bytes(text: str, source: SourceText) -> bytes:
    """Return the bytes of a file with this text."""
    return ((BYTE_ORDER_MARK if source.bom else "") + text).encode("utf-8")


_KEYS = (
    "Version|Statement|Sid|Effect|Action|NotAction|Resource|NotResource|Principal|NotPrincipal|Condition|AWS|Service|"
    "Federated|Id|sid|effect|actions|not_actions|resources|not_resources|principals|not_principals|condition|type|"
    "identifiers|policy|inline_policy|policy_arn|policy_names|roles?|role_name|name|name_prefix|version|for_each|count|"
    "content|statement|assume_role_policy|provider|depends_on|execution_role_arn|resource|data|"
    "valueFrom|environmentFiles|secrets|platform_version|family|network_mode|requires_compatibilities|task_role_arn|"
    "container_definitions|cluster|task_definition|launch_type|cpu|memory|desired_count|tags|"
    r"awslogs-group|awslogs-region|awslogs-stream-prefix|options|logDriver|logConfiguration|"
    r"log_group(?:_name)?|(?:[a-z_]{1,60}_)?(?:arns?|statements|files)"
)
_SERVICES = (
    "s3|kms|ssm|secretsmanager|ecr|ecr-public|logs|sts|iam|ec2|ecs|elasticfilesystem|s3files|fsx|ds|cloudwatch|xray|sqs|sns|"
    "dynamodb|lambda|events|ssmmessages|ec2messages|autoscaling|elasticloadbalancing|servicediscovery|appmesh|acm-pca"
)
_INDEX = r"(?:\[(?:\d{1,4}|\*|(?:each|count)\.\w+|\\?\"[\w./@-]{0,128}\\?\")\])"
_HEAD = r"(?:data\.)?aws_\w+|var|local|module|each|count|path|aws|statement"
_REFERENCE = rf"(?:{_HEAD})(?:\.[A-Za-z_][\w-]*|{_INDEX})+"
#: A reference, or a variable of a template.
_HOLE = rf"\$\{{\s*(?:{_REFERENCE}|[a-z_]\w*)\s*\}}"
#: A reference to an ARN, by its name.
_ARN_HOLE = rf"\$\{{\s*(?:{_REFERENCE}|[a-z_]\w*)(?<=[._{{ ]arn)(?:s|_[a-z]{{1,20}})?(?:{_INDEX})?\s*\}}"
_SAFE_TEXT = (
    rf"arn:(?:aws[a-z-]*|\*|{_HOLE}):(?:{_HOLE}|[\w:/*?.+=@~%-]++)*+",
    rf"{_ARN_HOLE}(?:{_HOLE}|[\w:/*?.-]++)*+",
    rf"{_HOLE}(?:{_HOLE}|[:/*?._-]++)*+",  # no words: they may be a password
    rf"(?:{_SERVICES}):[A-Za-z*?]{{1,60}}",  # an action
    r"[a-z0-9.-]{1,60}\.amazonaws\.com(?:\.cn)?",
    r"s3://[a-z0-9][\w./-]{0,128}|S3|s3|[0-9]{1,2}(?:\.[0-9]{1,2}){2}|LATEST",
    rf"s3://{_HOLE}/(?:{_HOLE}|[\w./-]){{0,128}}",
    r"awsvpc|bridge|host|FARGATE|EC2|EXTERNAL|awslogs",
    r"\*|Allow|Deny|AWS|Service|2012-10-17|2008-10-17|aws_[a-z0-9_]{1,60}",
)
_TEXT = rf'"(?:{"|".join(_SAFE_TEXT)})"'
#: Names are shown in every report anyway.
_NAMED = rf'"?(?:Sid|sid|name|name_prefix|role|family)"?\s*[=:]\s*"(?:{_HOLE})?[\w+=,.@/-]{{0,128}}"'
#: A module's directory, or its address in a registry: the URL of a repository may contain credentials.
_SOURCE = r'(?<![\w."-])"?source"?\s*[=:]\s*"[\w./-]{0,128}"'
_LOGGED = rf'(?<![\w."-])"?awslogs-(?:group|region|stream-prefix)"?\s*[=:]\s*"(?:{_HOLE}|[\w./#-]++)*+"'
_SIZED = r'(?<![\w."-])"?(?:cpu|memory|desired_count|count)"?\s*[=:]\s*"?\d{1,6}"?'
#: An environment file; the value of an environment variable may be a credential, also after a reference.
_ADDRESSED = rf'(?<![\w.-])"?value"?(?=\s*[=:]\s*(?:"(?:arn:|s3://|{_ARN_HOLE})|aws_))'
#: Functions that combine lists, maps or policies.
_CALLED = "jsonencode|concat|merge|flatten|compact|distinct|toset|tolist|try|lookup|values|keys|one|format|formatlist"
_HEADER = r'(?:resource|data|module|dynamic)\s+"[\w-]{1,128}"(?:\s+"[\w-]{1,128}")?\s*\{'
_JSON_LABEL = r'^\s*"[A-Za-z_][\w-]{0,127}"\s*:\s*[\[{]'
_HEREDOC = r"<<-?(?:EOF|EOT|EOP|END|POLICY|JSON|IAM)\s*$|^\s*(?:EOF|EOT|EOP|END|POLICY|JSON|IAM)\s*$"
_LINE = regex(
    "|".join(
        (
            r"\s+",
            _HEADER,
            _JSON_LABEL,
            _HEREDOC,
            _NAMED,
            _SOURCE,
            _SIZED,
            _LOGGED,
            _ADDRESSED,
            rf'"(?:{_KEYS})"(?=\s*[=:])|(?<![\w."-])(?:{_KEYS})(?=\s*(?:[=:{{]))',
            _TEXT,
            rf"(?<![\w.]){_REFERENCE}(?![\w(])",
            rf"(?:{_CALLED})\(",
            r"(?<![\w.])null\b",
            r"[\[\]{}(),=:]",
        )
    )
)
_PUNCTUATION = regex(r"[\s\[\]{}(),]*")
#: Longer lines are not checked.
_LONGEST = 4_000


def harmless(line: str) -> bool:
    """Whether a line of a policy's block contains only policy language, names, references and ARNs."""
    line = line.rstrip("\r\n")
    position = 0
    while position < len(line) <= _LONGEST:
        found = _LINE.match(line, position)
        if found is None or not found[0]:
            return False
        position = found.end()
    return len(line) <= _LONGEST


def empty(line: str) -> bool:
    """Whether a line contains only brackets and commas."""
    return _PUNCTUATION.fullmatch(line) is not None
