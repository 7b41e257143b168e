"""Keep one comment for all projects of the newest commit: the hook that runs after a command."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from posixpath import normpath
from typing import Any

import msgspec

from tfcheck.atlantis.store import Announced, ResultStore, StoredResults, root
from tfcheck.atlantis.surroundings import Host, PlannedPull, PullHost, pull
from tfcheck.pull_request import bitbucket, client, gitlab
from tfcheck.pull_request.bitbucket_server import ServerConversation
from tfcheck.pull_request.client import Client, Hosts, first_token
from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.event import RequestedPull
from tfcheck.pull_request.github import GiteaConversation, GitHubConversation
from tfcheck.pull_request.publish import publish
from tfcheck.pull_request.refusal import RefusalError, refusing
from tfcheck.pull_request.report_comment import CommentOptions
from tfcheck.report.left_out_words import excused_words, severity_counts
from tfcheck.report.manual import Manual
from tfcheck.report.markdown.page import Page, content
from tfcheck.report.origin import context_text
from tfcheck.report.safe_text import visible
from tfcheck.report.text import text
from tfcheck.report.words import plural
from tfcheck.repository.clone import Clone
from tfcheck.repository.writing import write
from tfcheck.vocabulary.finding import Report, Severity


class _HostWords(msgspec.Struct, frozen=True):
    """The words for one host: its name, the variables for its token, and the permissions that a token needs."""

    name: str
    tokens: tuple[str, ...]
    rights: str


_WORDS: dict[Host, _HostWords] = {
    "github": _HostWords(
        "GitHub", ("TFCHECK_GITHUB_TOKEN", "GITHUB_TOKEN", "ATLANTIS_GH_TOKEN"), "`pull requests: write`"
    ),
    "gitlab": _HostWords("GitLab", gitlab.TOKENS, "the scope `api`"),
    "gitea": _HostWords(
        "Gitea",
        ("TFCHECK_GITEA_TOKEN", "GITEA_TOKEN", "ATLANTIS_GITEA_TOKEN"),
        "the scopes `read:repository`, `read:user` and `write:issue`",
    ),
    "bitbucket": _HostWords("Bitbucket", bitbucket.TOKENS, "the scope `pullrequest:write`"),
    "bitbucket-server": _HostWords("Bitbucket", bitbucket.TOKENS, "write access to the repository"),
}
#: Other commands do not affect the results: an apply removes plans, but not what was found in them.
_PLANNING = ("plan", "autoplan")
#: Atlantis runs no hook while one runs, so what another command stores in the meantime is published by that one.
_MOST_ROUNDS = 3
#: The length of a status description that GitHub shows.
_LONGEST_STATUS = 140


class Hook(msgspec.Struct, frozen=True):
    """The environment of the hook, and the options of the comment.

    `run` orders the runs of this hook by time. Attempt 0 does not occur in GitHub Actions.
    """

    variables: Mapping[str, str]
    pull: PlannedPull
    comment_options: CommentOptions
    manuals: tuple[Manual, ...]
    run: str
    debug: bool


class HookResult(msgspec.Struct, frozen=True):
    """The outcome for the comment in one line, and whether the log must show the reports instead.

    `absent` are the targets that the comment lists without a result, `untouched` those that the pull request does not
    change any more.
    """

    line: str
    warnings: tuple[str, ...] = ()
    in_log: bool = False
    absent: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()


def update_comment(
    variables: Mapping[str, str],
    comment_options: CommentOptions,
    manuals: tuple[Manual, ...] = (),
    *,
    dry_run: bool = False,
    debug: bool = False,
    now: Callable[[], float] = time.time,
) -> str:
    """Update the comment and return what to write to the hook's log, if anything.

    `debug` lets bugs in posting through.

    Raises:
        UsageError: Atlantis does not show which pull request this is.
        InputError: the results cannot be read.
    """
    # INVARIANT: the run is counted before the results are read, so that a newer run knows everything an older knew.
    hook = Hook(variables, pull(variables), comment_options, manuals, f"{int(now())}.0", debug)
    if variables.get("COMMAND_NAME", "plan") not in _PLANNING:
        return ""
    store = ResultStore(root(variables), hook.pull, now)
    _describe(variables, "")  # NOTE: an earlier hook's text would look like ours
    with suppress(OSError):  # the results count, not what is left of others
        store.drop_old()
    clone = Path(variables.get("DIR") or os.curdir)
    results = store.read_all(clone)
    for _ in range(_MOST_ROUNDS):
        if not (results.reports or results.lost or results.problems):
            return ""
        missing = _count_missing(results, variables)
        _describe(variables, count_line(results.reports, missing))
        result = (
            HookResult("no comment: --dry-run", in_log=True) if dry_run else _published_result(hook, results, clone)
        )
        missing = _count_missing(results.without(result.untouched), variables)
        missing = max(missing, len(result.absent) + len(results.replan_failed))
        published, results = results, store.read_all(clone)
        if results == published:
            break
    results = results.without(result.untouched)
    _describe(variables, count_line(results.reports, missing))
    with suppress(OSError):
        store.drop_superseded()
    return _log(results, missing, result)


def _log(results: StoredResults, missing: int, result: HookResult) -> str:
    """Write what the hook's log shows: the outcome, what is missing, and the reports if there is no comment."""
    lines = [count_line(results.reports, missing), *(f"warning: {each}" for each in results.problems)]
    lines += [f"no result for this commit: {visible(each)}" for each in result.absent or results.lost]
    lines += [f"not changed by the pull request any more: {visible(each)}" for each in result.untouched]
    lines += [f"the last plan failed: {visible(each)}" for each in results.replan_failed]
    lines += [visible(result.line), *(f"warning: {visible(each)}" for each in result.warnings)]
    shown = results.reports if result.in_log else ()
    screens = (f"\n{context_text(each, 'target')}\n{text(each)}" for each in shown)
    return "".join((*(f"{line}\n" for line in lines), *screens))


def _count_missing(results: StoredResults, variables: Mapping[str, str]) -> int:
    """Return the number of projects without a result.

    NOTE: only comment commands set COMMAND_HAS_ERRORS. A plan that tfcheck stopped has also failed, but its result is
    stored.
    """
    missing = len(results.problems) + len(results.lost) + len(results.replan_failed)
    if not missing and variables.get("COMMAND_HAS_ERRORS") == "true":
        missing = int(not any(context_text(report, "stopped") for report in results.reports))
    return missing


def count_line(reports: Sequence[Report], missing: int = 0) -> str:
    """Return the reports in one short line; what several projects share counts once, as in the comment."""
    page = content(reports, Page())
    severities = (each.finding.severity for each in page.findings)
    parts = severity_counts(each for each in severities if each is not Severity.INFO)
    if page.waiting:
        parts.append(f"{len(page.waiting)} not decided")
    if page.known:
        parts.append(f"{plural(len(page.known), 'finding')} in the baseline")
    if excused := excused_words(reports):
        parts.append(excused)
    unchecked = sum(not report.task_definitions and bool(report.skipped) for report in reports)
    if unchecked:
        parts.append(f"{unchecked} not checked")
    found = f"{', '.join(parts) or 'nothing is missing'} in {plural(len(reports), 'project')}" if reports else ""
    lost = f"no result for {plural(missing, 'project')}" if missing else ""
    return ", ".join(filter(None, (found, lost))) or "no checked project is changed any more"


def _describe(variables: Mapping[str, str], words: str) -> None:
    """Show `words` beside the hook's status in Atlantis, which reads the file after every hook."""
    path = variables.get("OUTPUT_STATUS_FILE")
    if not path:
        return
    try:
        if words:
            write(Path(path), words[:_LONGEST_STATUS].encode())
        else:
            Path(path).unlink(missing_ok=True)
    except OSError:
        return  # the comment says the same


def _published_result(hook: Hook, results: StoredResults, clone: Path) -> HookResult:
    """Publish the reports to the pull request, and return the result."""
    host = hook.pull.host
    if host is None:
        return HookResult(
            "no comment: PULL_URL is not that of a GitHub, GitLab, Gitea, Forgejo or Bitbucket", in_log=True
        )
    words = _WORDS[host.kind]
    token = first_token(hook.variables, words.tokens)
    if not token:
        return HookResult(f"no comment: none of {', '.join(words.tokens)} is set", in_log=True)
    server = (
        "" if hook.variables.get("GITHUB_API_URL") and host.kind == "github" else host.trusted_server(hook.variables)
    )
    if server is None:
        setting = host.setting
        return HookResult(
            f"no comment: PULL_URL is on a host that {setting} does not name; set {setting} for the hook", in_log=True
        )
    try:
        with refusing(debug=hook.debug):
            return _post(hook, _conversation(hook, host, server, token), results, clone)
    except RefusalError as refusal:
        hint = refusal.kind.hint_elsewhere(f"the token needs {words.rights}")
        return HookResult("; ".join(filter(None, (f"no comment: {refusal.words(words.name)}", hint))), in_log=True)


def _post(hook: Hook, there: Conversation[Any], results: StoredResults, clone: Path) -> HookResult:
    untouched: tuple[str, ...] = ()
    if results.unplanned and (changed := there.changed_files()):
        planned = {context_text(report, "directory") for report in results.reports} - {""}
        untouched = untouched_targets(results.unplanned, planned, changed, Clone(clone, hook.pull.commit))
    left = results.without(untouched)
    comment_options = msgspec.structs.replace(
        hook.comment_options,
        expected=len(left.reports) + _count_missing(left, hook.variables) if left.reports else 0,
        absent=left.lost,
        gone=left.gone,
        untouched=untouched,
        replan_failed=left.replan_failed,
    )
    done = publish(there, left.reports, comment_options, hook.manuals, clone)
    return HookResult(str(done.outcome), done.warnings, absent=done.absent, untouched=untouched)


def _conversation(hook: Hook, host: PullHost, server: str, token: str) -> Conversation[Any]:
    """Build the conversation about the pull request on its host, whose address is `server`."""
    about, pages = hook.pull, host.server
    wanted = RequestedPull(about.repository, about.number, about.commit, hook.run)
    match host.kind:
        case "gitlab":
            return gitlab.MergeConversation(Client(Hosts(f"{server}/api/v4", "", pages), token), wanted)
        case "bitbucket":
            # The token that Atlantis itself uses belongs to an account.
            user = hook.variables.get("ATLANTIS_BITBUCKET_API_USER") or hook.variables.get("ATLANTIS_BITBUCKET_USER")
            is_personal = user and token == first_token(hook.variables, ["ATLANTIS_BITBUCKET_TOKEN"])
            return bitbucket.conversation(wanted, f"{user}:{token}" if is_personal else token)
        case "bitbucket-server":
            wanted = msgspec.structs.replace(wanted, repository=f"{host.project}/{about.name}")
            return ServerConversation(Client(Hosts(f"{server}/rest/api/1.0", "", server), token), wanted)
        case "gitea":
            return GiteaConversation(Client(Hosts(f"{server}/api/v1", "", pages), token), wanted, {})
        case _:
            addresses = msgspec.structs.replace(hosts(server, hook.variables), server=pages)
            return GitHubConversation(Client(addresses, token), wanted, {})


def hosts(server: str, variables: Mapping[str, str]) -> Hosts:
    """Find the API addresses of a GitHub instance, from the environment or from the address of its pages."""
    if variables.get("GITHUB_API_URL"):
        return msgspec.structs.replace(client.hosts(variables), server=server)
    scheme, _, host = server.partition("://")
    if host == "github.com" or host.endswith(".ghe.com"):
        return Hosts(f"{scheme}://api.{host}", f"{scheme}://api.{host}/graphql", server)
    return Hosts(f"{server}/api/v3", f"{server}/api/graphql", server)


def untouched_targets(
    projects: Iterable[Announced], planned: Collection[str], changed: Collection[str], clone: Clone
) -> tuple[str, ...]:
    """Return the targets of projects that none of the changed files can affect, so that Atlantis does not plan them.

    To a hook, such a project looks like one whose plan failed: Atlantis shows neither. A changed file counts
    unless it is Markdown or in another project that is `planned` at this commit: a workflow may pass any file, such as
    one with variables beside all projects.
    """
    return tuple(
        each.target
        for each in projects
        if all(_is_elsewhere(file, each.directory, planned) for file in changed)
        and clone.is_self_contained(each.directory)
    )


def _is_elsewhere(file: str, directory: str, planned: Iterable[str]) -> bool:
    if _is_inside(file, directory):
        return False
    return file.endswith(".md") or any(
        _is_inside(file, other) and not _is_inside(directory, other) for other in planned
    )


def _is_inside(path: str, directory: str) -> bool:
    top = normpath(directory)
    return top == "." or f"{normpath(path)}/".startswith(f"{top}/")
