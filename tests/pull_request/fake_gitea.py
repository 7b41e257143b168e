"""A Gitea in this process: GitHub's paths for comments, with less in the answers."""

from __future__ import annotations

from typing import Any

from tests.pull_request.fake import Answer, FakeGitHub

OURS = {"login": "atlantis", "id": 7}


class FakeGitea(FakeGitHub):
    """The state, and the rules that Gitea keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.writer = OURS
        self.viewer = None
        self.scopes = {"read:repository", "read:user", "write:issue"}

    def _fault_of_request(self, method: str, path: str, query: dict[str, str], body: bytes) -> str:
        return ""

    def _true(self, method: str, path: str, answer: Answer) -> Answer:
        return Answer(answer.status, _less(answer.body), answer.headers)

    def rest(self, method: str, path: str, query: dict[str, str], body: Any, base: str) -> Answer:
        if (scope := _scope(method, path)) not in self.scopes:
            return Answer(403, {"message": f"token does not have at least one of required scope(s): [{scope}]"})
        return Answer(200, OURS) if path == "/user" else super().rest(method, path, query, body, base)


def _scope(method: str, path: str) -> str:
    """Return the scope that a request needs, which follows from its path."""
    category = "issue" if "/issues/" in path else "user" if path == "/user" else "repository"
    return f"{'read' if method == 'GET' and category != 'issue' else 'write'}:{category}"


def _less(body: Any) -> Any:
    """Leave out what Gitea does not have."""
    if isinstance(body, list):
        return [_less(each) for each in body]
    if isinstance(body, dict) and {"node_id", "body"} <= set(body) and "head" not in body:
        return {name: body[name] for name in ("id", "html_url", "body")} | {"user": OURS}
    return body
