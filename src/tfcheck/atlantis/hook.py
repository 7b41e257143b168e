"""Keep one comment for all projects of the newest commit: the hook that runs after a command."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tfcheck.atlantis.store import ResultStore, StoredResults, root
from tfcheck.atlantis.surroundings import PlannedPull, pull
from tfcheck.github.author import author
from tfcheck.github.client import Client
from tfcheck.github.comment import Draft, Thread
from tfcheck.github.event import NothingToDo, RequestedPull, found
from tfcheck.github.hosts import Hosts
from tfcheck.github.outcome import CommentAction
from tfcheck.github.publish import CommentOptions, RunLocation, publish
from tfcheck.github.refusal import RefusalError
from tfcheck.report import origin
from tfcheck.report.manual import Manual
from tfcheck.report.markdown import budget
from tfcheck.report.markdown.marker import marker
from tfcheck.report.markdown.page import Page, content
from tfcheck.report.plain import visible
from tfcheck.report.text import text
from tfcheck.report.words import counted
from tfcheck.repository.writing import write
from tfcheck.vocabulary.finding import Report, Severity

_TOKENS = ("TFCHECK_GITHUB_TOKEN", "GITHUB_TOKEN", "ATLANTIS_GH_TOKEN")
#: Other commands change nothing of the results: an apply takes the plans away, but not what was found in them.
_PLANNING = ("plan", "autoplan")
#: What GitHub shows of the description of a status.
_LONGEST_STATUS = 140


class Hook(msgspec.Struct, frozen=True):
    """The hook's surroundings, and what is wanted of the comment."""

    variables: Mapping[str, str]
    pull: PlannedPull
    wishes: CommentOptions
    manuals: tuple[Manual, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a project of the command failed."""
        return self.variables.get("COMMAND_HAS_ERRORS") == "true"


class HookResult(msgspec.Struct, frozen=True):
    """What came of the comment, in one line, and whether the log has to tell the reports instead."""

    line: str
    warnings: tuple[str, ...] = ()
    in_log: bool = False


def after_command(
    variables: Mapping[str, str], wishes: CommentOptions, manuals: tuple[Manual, ...] = (), *, dry_run: bool = False
) -> str:
    """Bring the comment up to date and give what the log of the hook should hold: nothing where there is nothing.

    Raises:
        UsageError: Atlantis does not say which pull request this is.
    """
    hook = Hook(variables, pull(variables), wishes, manuals)
    if variables.get("COMMAND_NAME", "plan") not in _PLANNING:
        return ""
    store = ResultStore(root(variables), hook.pull)
    _describe(variables, "")  # NOTE: what an earlier hook has left there would be taken for ours
    if not hook.failed and not variables.get("PROJECT_NAME"):
        store.drop_unplanned()
    store.drop_old()
    kept = store.kept()
    if not kept.reports:
        return _without_results(hook, store, dry_run=dry_run)
    _describe(variables, counts(kept.reports))
    said = HookResult("no comment: --dry-run", in_log=True) if dry_run else _told(hook, kept)
    store.drop_earlier()
    lines = [counts(kept.reports), *(f"warning: {each}" for each in kept.problems), visible(said.line)]
    lines += [f"warning: {visible(each)}" for each in said.warnings]
    return "".join(f"{line}\n" for line in lines) + (_screens(kept.reports) if said.in_log else "")


def counts(reports: Sequence[Report]) -> str:
    """Count in one short line what the reports hold; what projects have in common counts once, as in the comment."""
    page = content(reports, Page())
    severities = [each.finding.severity for each in page.findings]
    names = ((Severity.ERROR, "error"), (Severity.WARNING, "warning"))
    parts = [counted(severities.count(each), name) for each, name in names if each in severities]
    if page.waiting:
        parts.append(f"{len(page.waiting)} not decided")
    unchecked = sum(not report.task_definitions and bool(report.skipped) for report in reports)
    if unchecked:
        parts.append(f"{unchecked} not checked")
    return f"{', '.join(parts) or 'nothing is missing'} in {counted(len(reports), 'project')}"


def _describe(variables: Mapping[str, str], words: str) -> None:
    """Let Atlantis show `words` beside the status of the hook; it reads the file after every hook."""
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


def _screens(reports: Sequence[Report]) -> str:
    """Write the reports into the log, where no comment tells them."""
    return "".join(f"\n{origin.told(each, 'target')}\n{text(each, quiet=True, directory='.')}" for each in reports)


def _told(hook: Hook, kept: StoredResults) -> HookResult:
    """Return the reports on the pull request."""
    client = _client(hook)
    if isinstance(client, str):
        return HookResult(client, in_log=True)
    gated = any(origin.told(report, "stopped") for report in kept.reports)
    missing = len(kept.problems) + (hook.failed and not gated)  # NOTE: what we stopped has failed, too, but is here
    wishes = msgspec.structs.replace(hook.wishes, expected=len(kept.reports) + missing)
    try:
        done = publish(client, _asked(hook.pull), kept.reports, _place(hook), wishes, hook.manuals)
    except RefusalError as refusal:
        return HookResult(f"no comment: {refusal}", in_log=True)
    return HookResult(str(done.outcome), done.warnings)


def _without_results(hook: Hook, store: ResultStore, *, dry_run: bool) -> str:
    """Take back what the comment says of an earlier commit, if anything was; else Atlantis ran for nothing."""
    client = _client(hook)
    if dry_run or isinstance(client, str) or not store.knows_earlier():
        return ""
    try:
        wanted = found(client, _asked(hook.pull))
        if isinstance(wanted, NothingToDo):
            return ""
        outcome = Thread(client, wanted, author(client, {}, hook.wishes.author), _taken_back(hook)).publish()
    except RefusalError as refusal:
        return f"no comment: {refusal}\n"
    store.drop_earlier(confirmed=True)
    return "" if outcome.did in (CommentAction.NOTHING, CommentAction.UNCHANGED) else f"{outcome}\n"


def _taken_back(hook: Hook) -> Draft:
    mark = marker(hook.wishes.id, hook.pull.commit, _run())
    body = (
        f"{mark}\n### ❔ tfcheck: no result for the newest commit\n\n"
        f"Atlantis has no plan of commit `{hook.pull.commit[:7]}`: what this comment showed before is out of date."
    )
    return Draft(marker=mark, write=lambda *_: body, clean=False, wanted=False, size=budget.COMMENT)


def _asked(about: PlannedPull) -> RequestedPull:
    return RequestedPull(about.repository, about.number, about.commit)


def _client(hook: Hook) -> Client | str:
    """Return GitHub's API for the pull request, or say why there is none."""
    server = hook.pull.server
    if server is None:
        return "no comment: tfcheck writes to pull requests of GitHub only; PULL_URL leads to none"
    token = next(filter(None, (hook.variables.get(name) for name in _TOKENS)), "")
    if not token:
        return f"no comment: none of {', '.join(_TOKENS)} is set"
    try:
        return Client(hosts(server, hook.variables), token)
    except RefusalError as refusal:
        return f"no comment: {refusal}"


def hosts(server: str, variables: Mapping[str, str]) -> Hosts:
    """Find the addresses of the API of a GitHub: as the environment names them, else from that of its pages."""
    named = variables.get("GITHUB_API_URL", "").rstrip("/")
    if named:
        return Hosts(named, variables.get("GITHUB_GRAPHQL_URL") or f"{named.removesuffix('/v3')}/graphql", server)
    scheme, _, host = server.partition("://")
    if host == "github.com" or host.endswith(".ghe.com"):
        return Hosts(f"{scheme}://api.{host}", f"{scheme}://api.{host}/graphql", server)
    return Hosts(f"{server}/api/v3", f"{server}/api/graphql", server)


def _place(hook: Hook) -> RunLocation:
    """Describe the hook as a job of GitHub is described."""
    number, _, attempt = _run().partition(".")
    variables = {
        "GITHUB_REPOSITORY": hook.pull.repository,
        "GITHUB_RUN_ID": number,
        "GITHUB_RUN_ATTEMPT": attempt,
    }
    return RunLocation(variables, hook.pull.server or "", Path(hook.variables.get("DIR") or os.curdir))


def _run() -> str:
    """Return what orders the runs of this hook: the time. The attempt 0 is none of GitHub Actions."""
    return f"{int(time.time())}.0"
