"""Two Bitbuckets in this process, Cloud and Data Center, with one pull request; their faults are those of the fake
GitHub. What the answers hold is in Atlassian's descriptions of the two APIs.
"""

from __future__ import annotations

from typing import Any

from tests.pull_request.fake import SHA, Answer, FakeGitHub, Json

REPOSITORY = "acme/shop"
OURS = {"type": "user", "uuid": "{0f3c8a52-aaaa-bbbb-cccc-000000000001}", "account_id": "557058:1"}
ROBOT = {"type": "app_user", "uuid": "{0f3c8a52-aaaa-bbbb-cccc-000000000002}"}
MALLORY = {"type": "user", "uuid": "{0f3c8a52-aaaa-bbbb-cccc-000000000009}", "nickname": "atlantis"}
LONGEST = 32_768


class FakeBitbucket(FakeGitHub):
    """What both have in common."""

    def __init__(self) -> None:
        super().__init__()
        self.sha = SHA
        self.state = "OPEN"
        self.changed: list[str] = []
        self.renamed: dict[str, str] = {}

    def _fault_of_request(self, method: str, path: str, query: dict[str, str], body: bytes) -> str:
        return ""

    def _true(self, method: str, path: str, answer: Answer) -> Answer:
        return answer

    def text(self, number: int) -> str:
        """Return what a comment says."""
        raise NotImplementedError


class FakeCloud(FakeBitbucket):
    """Bitbucket Cloud: HTML is shown as text, deleted comments stay in the list, commits are named by 12 digits."""

    def __init__(self) -> None:
        super().__init__()
        self.us: Json = OURS

    def start(self, number: int, **fields: Any) -> None:
        """Let a pipeline start; its target names the pull request."""
        target = {"type": "pipeline_pullrequest_target", "commit": {"hash": SHA}, "pullrequest": {"id": 42}}
        self.runs.insert(0, {"build_number": number, "target": target | fields})

    def note(self, body: str, user: Json | None = None, **more: Any) -> int:
        number = next(self.ids)
        self.comments[number] = {
            "id": number,
            "content": {"raw": body, "markup": "markdown"},
            "user": user or self.us,
            "deleted": False,
            "links": {"html": {"href": f"https://bitbucket.org/{REPOSITORY}/pull-requests/42/_/diff#comment-{number}"}},
        } | more
        return number

    def text(self, number: int) -> str:
        return str(self.comments[number]["content"]["raw"])

    def rest(self, method: str, path: str, query: dict[str, str], body: Any, base: str) -> Answer:
        if path == "/user":
            return Answer(200, self.us) if self.us is OURS else _refusal(403, "Token not supported for this endpoint.")
        with self.lock:
            match method, path.removeprefix(f"/repositories/{REPOSITORY}").split("/")[1:]:
                case "GET", ["commit", name] if self.sha.startswith(name):
                    return Answer(200, {"hash": self.sha})
                case "GET", ["pullrequests", "42"]:
                    return Answer(200, {"state": self.state, "source": {"commit": {"hash": self.sha[:12]}}})
                case "GET", ["pullrequests", "42", "diffstat"]:
                    rows: list[Json] = [{"new": {"path": each}, "old": None} for each in self.changed]
                    rows += [{"new": {"path": new}, "old": {"path": old}} for old, new in self.renamed.items()]
                    return self._values([*rows, {"new": None, "old": {"path": "removed.tf"}}], path, query, base)
                case "GET", ["pullrequests", "42", "comments"]:
                    return self._values(list(self.comments.values()), path, query, base)
                case "GET", ["pipelines"]:
                    return self._values(self.runs, path, query, base)
                case "POST", ["pullrequests", "42", "comments"]:
                    return self._refused(body) or Answer(201, self.comments[self.note(body["content"]["raw"])])
                case _, ["pullrequests", "42", "comments", number]:
                    return self._one(method, int(number), body)
        return _refusal(404, "Not found")

    def _refused(self, body: Json) -> Answer | None:
        return _refusal(400, "Bad request") if len(body["content"]["raw"]) > LONGEST else None

    def _one(self, method: str, number: int, body: Any) -> Answer:
        comment = self.comments.get(number)
        if comment is None or (comment["deleted"] and method != "GET"):
            return _refusal(404, "Not found")
        if method != "GET" and comment["user"] != self.us:
            self.problems.append("a comment of somebody else was changed")
        if method == "DELETE":
            comment |= {"deleted": True, "content": {"raw": ""}}
            return Answer(204)
        if method == "PUT":
            comment["content"] = {"raw": body["content"]["raw"]}
        return Answer(200, comment)

    def _values(self, items: list[Json], path: str, query: dict[str, str], base: str) -> Answer:
        size, page = int(query["pagelen"]), int(query.get("page", "1"))
        shown: Json = {"values": items[(page - 1) * size : page * size], "pagelen": size, "page": page}
        if page * size < len(items):
            shown["next"] = f"{base}{path}?pagelen={size}&page={page + 1}"
        return Answer(200, shown)


class FakeDataCenter(FakeBitbucket):
    """Bitbucket Data Center: comments have versions, and are in the list of activities, the newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.us = "atlantis"

    def note(self, body: str, user: str = "") -> int:
        number = next(self.ids)
        self.comments[number] = {"id": number, "version": 0, "text": body, "author": {"name": user or self.us}}
        return number

    def text(self, number: int) -> str:
        return str(self.comments[number]["text"])

    def rest(self, method: str, path: str, query: dict[str, str], body: Any, base: str) -> Answer:
        if path == "/application-properties":
            return Answer(200, {"version": "9.4.0"}, {"X-AUSERNAME": self.us})
        prefix = "/projects/SHOP/repos/shop/pull-requests/42"
        with self.lock:
            match method, path.removeprefix(prefix).split("/")[1:]:
                case "GET", []:
                    return Answer(200, {"state": self.state, "fromRef": {"latestCommit": self.sha}})
                case "GET", ["changes"]:
                    rows: list[Json] = [{"path": {"toString": each, "name": each}} for each in self.changed]
                    rows += [
                        {"path": {"toString": new}, "srcPath": {"toString": old}} for old, new in self.renamed.items()
                    ]
                    return self._values(rows, query)
                case "GET", ["activities"]:
                    opened: list[Json] = [{"id": 1, "action": "OPENED"}]
                    said = [{"action": "COMMENTED", "comment": each} for each in self.comments.values()]
                    return self._values([*reversed(said), *opened], query)
                case "POST", ["comments"]:
                    return Answer(201, self.comments[self.note(body["text"])])
                case _, ["comments", number]:
                    return self._one(method, int(number), body, query)
        return Answer(404, {"errors": [{"message": "does not exist"}]})

    def _one(self, method: str, number: int, body: Any, query: dict[str, str]) -> Answer:
        comment = self.comments.get(number)
        if comment is None:
            return Answer(404, {"errors": [{"message": "comment does not exist"}]})
        if method == "GET":
            return Answer(200, comment)
        if comment["author"]["name"] != self.us:
            self.problems.append("a comment of somebody else was changed")
        if comment["version"] != int(body["version"] if body else query["version"]):
            return Answer(409, {"errors": [{"message": "the comment has been updated since"}]})
        if method == "DELETE" and comment.get("comments"):
            return Answer(409, {"errors": [{"message": "comments with replies cannot be deleted"}]})
        if method == "DELETE":
            del self.comments[number]
            return Answer(204)
        self.comments[number] = comment | {"text": body["text"], "version": comment["version"] + 1}
        return Answer(200, self.comments[number])

    def _values(self, items: list[Json], query: dict[str, str]) -> Answer:
        start, size = int(query.get("start", "0")), int(query["limit"])
        last = start + size >= len(items)
        more: Json = {} if last else {"nextPageStart": start + size}
        return Answer(200, {"values": items[start : start + size], "isLastPage": last} | more)


def _refusal(status: int, message: str) -> Answer:
    return Answer(status, {"type": "error", "error": {"message": message}})
