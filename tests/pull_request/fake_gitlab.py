"""A GitLab in this process, with one project and one merge request; its faults are those of the fake GitHub."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from tests.pull_request.fake import SHA, Answer, FakeGitHub, Json

PROJECT = "acme/platform/shop"
OURS = {"id": 7, "username": "project_1_bot"}


class FakeGitLab(FakeGitHub):
    """The state, and the rules that GitLab keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.sha = SHA
        self.state = "opened"
        self.notes: dict[int, Json] = {}
        self.changes = ""

    def start(self, number: int, **fields: Any) -> None:
        """Let a pipeline start."""
        self.runs.insert(0, {"id": number, "sha": SHA, "source": "merge_request_event", "status": "running"} | fields)

    def note(self, body: str, author: Json | None = None) -> int:
        number = next(self.ids)
        self.notes[number] = {"id": number, "body": body, "author": author or OURS, "system": False}
        return number

    def _fault_of_request(self, method: str, path: str, query: dict[str, str], body: bytes) -> str:
        return ""

    def _true(self, method: str, path: str, answer: Answer) -> Answer:
        return answer

    def rest(self, method: str, path: str, query: dict[str, str], body: Any, base: str) -> Answer:
        if path == "/user":
            return Answer(200, OURS)
        _, kind, project, *parts = path.split("/")
        assert kind == "projects"
        return self._of(method, unquote(project), parts, path, query, body, base)

    def _of(
        self, method: str, project: str, parts: list[str], path: str, query: dict[str, str], body: Any, base: str
    ) -> Answer:
        if project != PROJECT or parts[:2] != ["merge_requests", "42"]:
            return Answer(404, {"message": "404 Not found"})
        with self.lock:
            match method, parts[2:]:
                case "GET", []:
                    url = f"https://gitlab.example/{PROJECT}/-/merge_requests/42"
                    number = {"changes_count": self.changes or str(len(self.files))}
                    return Answer(200, {"iid": 42, "state": self.state, "sha": self.sha, "web_url": url} | number)
                case "GET", ["pipelines"]:
                    return Answer(200, self.runs)
                case "GET", ["diffs"]:
                    return self._page(self.files, path, query, base)
                case "GET", ["notes"]:
                    return self._page(list(self.notes.values()), path, query, base)
                case "POST", ["notes"]:
                    return Answer(201, self.notes[self.note(body["body"])])
                case _, ["notes", number]:
                    return self._one(method, int(number), body)
        return Answer(404, {"message": "404 Not found"})

    def _one(self, method: str, number: int, body: Any) -> Answer:
        if number not in self.notes:
            return Answer(404, {"message": "404 Note Not Found"})
        if method != "GET" and self.notes[number]["author"] != OURS:
            self.problems.append("a note of somebody else was changed")
        if method == "DELETE":
            del self.notes[number]
            return Answer(204)
        if method == "PUT":
            self.notes[number]["body"] = body["body"]
        return Answer(200, self.notes[number])
