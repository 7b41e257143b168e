"""Read and write the comments of a pull request on GitHub, Gitea or Forgejo.

Gitea and Forgejo have GitHub's API, as far as comments go, without suggestions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from tfcheck.pull_request.author import Author, author
from tfcheck.pull_request.client import Client
from tfcheck.pull_request.conversation import Added, Conversation
from tfcheck.pull_request.event import RequestedPull
from tfcheck.pull_request.refusal import RefusalError
from tfcheck.pull_request.review import Review
from tfcheck.pull_request.shapes import ChangedFile, Comment, ListedRun, PullRequest, WorkflowRuns
from tfcheck.pull_request.suggestion import added_lines
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.finding import Finding

_MINIMIZE = (
    "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: RESOLVED}) "
    "{ minimizedComment { isMinimized } } }"
)
_UNMINIMIZE = "mutation($id: ID!) { unminimizeComment(input: {subjectId: $id}) { unminimizedComment { isMinimized } } }"
#: GitHub keeps the full text of every edit, and lists the newest first.
_FORMER = "query($id: ID!) { node(id: $id) { ... on IssueComment { userContentEdits(first: 10) { nodes { diff } } } } }"
#: The maximum number of files that GitHub lists for a pull request.
_MOST_FILES = 3000
_SUPERSEDED = regex(r"<!--- \+-Superseded Command-\+ ---><details><summary>[^\n]*</summary>\r?\n")

_Edits = dict[str, dict[str, dict[str, list[dict[str, str | None]]]]]


class GiteaConversation(Conversation[Comment]):
    """The comments of a pull request on Gitea or Forgejo."""

    edit = "PATCH"
    name = "Gitea"

    def __init__(self, client: Client, wanted: RequestedPull, variables: Mapping[str, str]) -> None:
        """Build from the client, the pull request, and the variables of the job."""
        self._repository = f"/repos/{wanted.repository}"
        path, comments = (f"{self._repository}/{kind}/{wanted.number}" for kind in ("pulls", "issues"))
        super().__init__(client, wanted, path, f"{comments}/comments", Comment)
        self._variables = variables

    def outdated_reason(self) -> str:
        """Return why nothing should be written any more, also if a number belongs to another pull request."""
        why = super().outdated_reason()
        if self.wanted.head_repository is None or (why and not self._has_newer_commit):
            return why
        source = self._found.head.repo.full_name if self._found.head.repo else ""
        unlike = why or source.lower() != self.wanted.head_repository.lower()
        return f"{self.title}{self.wanted.number} is not the one that the run was for" if unlike else ""

    def _state(self) -> tuple[str, str]:
        self._found = self.client.get(self.path, PullRequest)
        head, wanted = self._found.head, self.wanted
        if not self.sha and head.repo and (head.ref, head.repo.full_name) == (wanted.branch, wanted.repository):
            self.sha = wanted.sha
        return self._found.state, head.sha

    def _files(self) -> list[ChangedFile] | None:
        files = list(self.client.pages(f"{self.path}/files", ChangedFile))
        return None if len(files) >= _MOST_FILES else files

    def _added_lines(self) -> Added | None:
        files = self._files()
        if files is None:
            return None
        return {each.filename: None if each.patch is None else added_lines(each.patch) for each in files}

    def _changed_files(self) -> Iterable[str | None] | None:
        return (name for each in self._files() or () for name in (each.filename, each.previous_filename))

    def renamed_jobs(self) -> Iterable[str]:
        """Return this job's names before and after the pull request renamed its workflow; none if not known."""
        workflow, *rest = self.wanted.job.split(" ")
        try:
            files = self._files() or []
        except RefusalError:
            return ()
        top = f"{self.wanted.repository}/"
        renamed = ((each.filename, each.previous_filename) for each in files if each.status == "renamed")
        named = (names for names in renamed if workflow in (f"{top}{each}" for each in names))
        return [" ".join((f"{top}{each}", *rest)) for names in named for each in names]

    def author(self, named: str) -> Author:
        """Return tfcheck's own account: as `named`, otherwise from GitHub."""
        return author(self.client, self._variables, named)

    def comments(self) -> Iterable[Comment]:
        """Read all comments."""
        return map(self._to_comment, self.client.pages(self._list, Comment))

    def _comment_path(self, comment: Comment) -> str:
        return f"{self._repository}/issues/comments/{comment.id}"

    def _to_comment(self, found: Comment) -> Comment:
        """Return a comment without what Atlantis adds to hide it.

        With `--hide-prev-plan-comments` it folds all comments of its account on Gitea, also those that are not its own.
        """
        body = found.body or ""
        while heading := _SUPERSEDED.match(body):
            body = body[heading.end() :].rstrip().removesuffix("</details>")
        return found if body == (found.body or "") else msgspec.structs.replace(found, body=body, superseded=True)


class GitHubConversation(GiteaConversation):
    """The comments of a pull request on GitHub."""

    name = "GitHub"
    can_minimize = True
    numbers_attempts = True

    def newer_run(self) -> str | None:
        """Return a later run of the workflow for the same commit and event.

        NOTE: GitHub lists a run that follows another one, or that a comment starts, under the newest commit of the
        default branch.
        """
        if not ci.in_actions(self._variables):
            return ""
        path = f"{self._repository}/actions/runs?head_sha={self.sha}&per_page=100"
        found = self.client.peek(path, WorkflowRuns)
        return self._newer_alike(
            ListedRun(each.id, (each.workflow_id, each.event), each.run_attempt, each.run_started_at)
            for each in (found.workflow_runs if found else ())
        )

    def minimize(self, comment: Comment, *, undo: bool = False) -> None:
        """Minimize a comment, or show it again."""
        self.client.ask(_UNMINIMIZE if undo else _MINIMIZE, {"id": comment.node_id}, dict)

    def former(self, comment: Comment) -> list[str] | None:
        """Return the previous texts of a comment, newest first; None if GraphQL does not show them.

        Follows https://docs.github.com/en/graphql/reference/objects#usercontentedit.
        """
        try:
            found = self.client.ask(_FORMER, {"id": comment.node_id}, _Edits)
            return [each["diff"] or "" for each in found["node"]["userContentEdits"]["nodes"]]
        except (RefusalError, KeyError):
            return None

    def suggest(self, findings: list[Finding], author: Author, owner: str, top: Path, most: int, *, done: bool) -> None:
        """Suggest fixes on lines."""
        Review(self, author, owner, complete=done).publish(findings, top, most)
