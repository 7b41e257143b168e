"""How GitHub is asked: headers, pages, retries, limits, and a token that is never shown."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

import pytest

from tests.pull_request.fake import (
    REPOSITORY,
    TOKEN,
    Answer,
    FakeGitHub,
    Raw,
    cut_after,
    cut_before,
    dripping,
    says,
    serving,
)
from tests.pull_request.job import Clock, client
from tests.rows import every_row
from tfcheck import __version__
from tfcheck.pull_request.client import Client, Hosts, hosts
from tfcheck.pull_request.refusal import RefusalError, RefusalKind, UncertainError, WaitedError
from tfcheck.pull_request.shapes import Comment, PullRequest, User

COMMENTS = f"/repos/{REPOSITORY}/issues/42/comments"
PULL = f"/repos/{REPOSITORY}/pulls/42"


@pytest.fixture
def where(github: FakeGitHub) -> Iterator[dict[str, str]]:
    with serving(github) as found:
        yield found


def test_every_request_names_tfcheck_and_its_version(github: FakeGitHub, where: dict[str, str]) -> None:
    client(where).create(COMMENTS, {"body": "x"}, Comment)
    (sent,) = github.headers
    assert sent["authorization"] == f"Bearer {TOKEN}"
    assert sent["accept"] == "application/vnd.github+json"
    assert sent["x-github-api-version"] == "2022-11-28"
    assert sent["user-agent"] == f"tfcheck/{__version__}"
    assert sent["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, Hosts("https://api.github.com", "https://api.github.com/graphql", "https://github.com")),
        (
            {
                "GITHUB_API_URL": "https://ghe.example/api/v3/",
                "GITHUB_GRAPHQL_URL": "https://ghe.example/api/graphql",
                "GITHUB_SERVER_URL": "https://ghe.example",
            },
            Hosts("https://ghe.example/api/v3", "https://ghe.example/api/graphql", "https://ghe.example"),
        ),
        (
            {"GITHUB_API_URL": "https://ghe.example/api/v3", "GITHUB_SERVER_URL": "https://ghe.example"},
            Hosts("https://ghe.example/api/v3", "https://ghe.example/api/graphql", "https://ghe.example"),
        ),
    ],
)
def test_the_addresses_are_those_of_the_environment(variables: dict[str, str], expected: Hosts) -> None:
    assert hosts(variables) == expected


def test_all_pages_are_read_and_a_page_is_read_when_it_is_needed(github: FakeGitHub, where: dict[str, str]) -> None:
    numbers = [github.say("x") for _ in range(250)]
    pages = client(where).pages(COMMENTS, Comment)
    assert next(pages).id == numbers[0]
    assert len(github.requests) == 1
    assert [each.id for each in pages] == numbers[1:]
    assert len(github.requests) == 3


@pytest.mark.parametrize("name", ["https://ghe.internal/api/v3/repositories/7/comments", "http://[", "/comments"])
def test_all_pages_are_read_from_the_host_that_was_asked_under_any_name(
    github: FakeGitHub, where: dict[str, str], name: str
) -> None:
    numbers = [github.say("x") for _ in range(150)]
    linked = {"Link": f'<{name}?per_page=100&page=2>; rel="next"'}
    github.fault("GET", "/comments", lambda go: Answer(200, go().body, linked))
    assert [each.id for each in client(where).pages(COMMENTS, Comment)] == numbers


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (307, "GET"), (308, "PATCH")])
def test_a_renamed_repository_is_followed_on_the_same_host(
    github: FakeGitHub, where: dict[str, str], status: int, method: str
) -> None:
    number = github.say("x")
    path = f"/repos/{REPOSITORY}/issues/comments/{number}"
    github.fault(method, "comments", says(status, "Moved", Location=f"{where['GITHUB_API_URL']}{path}"))
    old = f"/repos/{REPOSITORY}/issues/comments/1"
    asked = client(where)
    found = asked.get(old, Comment) if method == "GET" else asked.change(old, {"body": "y"}, Comment)
    assert found.id == number


def test_the_token_never_goes_to_another_host(github: FakeGitHub, where: dict[str, str]) -> None:
    github.say("x")
    stranger = FakeGitHub()
    with serving(stranger) as elsewhere:
        target = f"{elsewhere['GITHUB_API_URL']}{PULL}"
        for location in (target, target.replace("http://", "//"), ""):
            github.fault("GET", "pulls", says(301, "Moved", Location=location))
            with pytest.raises(RefusalError):
                client(where).get(PULL, PullRequest)
        github.fault("GET", "/comments", lambda go: Answer(200, go().body, {"Link": f'<{target}?page=2>; rel="next"'}))
        assert len(list(client(where).pages(COMMENTS, Comment))) == 1
    assert stranger.requests == []


@pytest.mark.parametrize("step", [says(502), says(503, "Unicorn!"), cut_before, cut_after])
def test_reading_is_tried_four_times_more(github: FakeGitHub, where: dict[str, str], step: object) -> None:
    clock = Clock()
    github.fault("GET", "pulls", step, times=4)  # type: ignore[arg-type]
    assert client(where, clock.patience()).get(PULL, PullRequest).number == 42
    assert clock.waited == pytest.approx(0.75 * (1 + 2 + 4 + 8))
    github.fault("GET", "pulls", step, times=5)  # type: ignore[arg-type]
    with pytest.raises(RefusalError, match="could not be reached"):
        client(where).get(PULL, PullRequest)
    assert len(github.requests) == 10


@pytest.mark.parametrize("step", [says(502), cut_before, cut_after])
def test_making_something_is_not_repeated(github: FakeGitHub, where: dict[str, str], step: object) -> None:
    github.fault("POST", "comments", step)  # type: ignore[arg-type]
    with pytest.raises(UncertainError):
        client(where).create(COMMENTS, {"body": "x"}, Comment)
    assert len(github.requests) == 1


def test_what_was_not_sent_can_be_sent_again_after_a_wait_until_it_is_hopeless() -> None:
    clock = Clock()
    asked = Client(Hosts("http://127.0.0.1:1", "", ""), TOKEN, clock.patience())
    for _ in range(4):
        with pytest.raises(WaitedError):
            asked.create("/x", {}, Comment)
    with pytest.raises(RefusalError) as refusal:
        asked.create("/x", {}, Comment)
    assert not isinstance(refusal.value, UncertainError | WaitedError)
    assert clock.waited > 10


@pytest.mark.parametrize(
    ("fault", "waits"),
    [
        (says(429, "slow down", retry_after="7"), 7),
        (says(403, "You have exceeded a secondary rate limit", retry_after="20"), 20),
        (says(403, "You have exceeded a secondary rate limit"), 60),
        (says(403, "API rate limit exceeded", x_ratelimit_remaining="0", x_ratelimit_reset="1700000030"), 31),
        (says(429, "", x_ratelimit_remaining="0", x_ratelimit_reset="1600000000"), 1),
        (says(429, ""), 60),
        (says(429, "", retry_after="0"), 1),
        (says(422, "Validation Failed: was submitted too quickly"), 60),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_limit_is_waited_for(
    github: FakeGitHub, where: dict[str, str], fault: object, waits: int, method: str
) -> None:
    clock = Clock()
    github.fault(method, "comments", fault)  # type: ignore[arg-type]
    asked = client(where, clock.patience())
    if method == "GET":
        assert list(asked.pages(COMMENTS, Comment)) == []
    else:
        with pytest.raises(WaitedError):
            asked.create(COMMENTS, {"body": "x"}, Comment)
    assert clock.waited == waits


@pytest.mark.parametrize("fault", [says(429, "", retry_after="2"), says(502), cut_before, cut_after])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_what_writes_is_never_sent_again_by_itself(
    github: FakeGitHub, where: dict[str, str], fault: object, method: str
) -> None:
    path = f"/repos/{REPOSITORY}/issues/comments/{github.say('x')}"
    github.fault(method, "comments", fault)  # type: ignore[arg-type]
    asked = client(where)
    with pytest.raises(WaitedError):
        asked.remove(path) if method == "DELETE" else asked.change(path, {"body": "y"}, Comment)
    assert len(github.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        says(429, "slow down", retry_after="3600"),
        says(403, "API rate limit exceeded", x_ratelimit_remaining="0", x_ratelimit_reset="1700003600"),
        says(403, "secondary rate limit"),
        says(429, "slow down", retry_after="0"),
    ],
)
def test_nobody_waits_longer_than_two_minutes(github: FakeGitHub, where: dict[str, str], fault: object) -> None:
    clock = Clock()
    github.fault("GET", "pulls", fault, times=10_000)  # type: ignore[arg-type]
    with pytest.raises(RefusalError) as refusal:
        client(where, clock.patience()).get(PULL, PullRequest)
    assert refusal.value.kind is RefusalKind.LIMITED
    assert clock.waited <= 120
    assert len(github.requests) <= 125


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "Bad credentials", RefusalKind.TOKEN),
        (403, "Resource not accessible by integration", RefusalKind.PERMISSION),
        (403, "Unable to create comment because issue is locked.", RefusalKind.LOCKED),
        (404, "Not Found", RefusalKind.GONE),
        (410, "This issue was deleted", RefusalKind.GONE),
        (422, "Validation Failed", RefusalKind.INVALID),
        (302, "", RefusalKind.ADDRESS),
        (418, "I'm a teapot", RefusalKind.OTHER),
    ],
)
def test_refusals_are_distinguished_and_not_repeated(
    github: FakeGitHub, where: dict[str, str], status: int, message: str, kind: RefusalKind
) -> None:
    github.fault("POST", "comments", says(status, message))
    with pytest.raises(RefusalError) as refusal:
        client(where).create(COMMENTS, {"body": "x"}, Comment)
    assert refusal.value.kind is kind
    assert message in str(refusal.value)
    assert len(github.requests) == 1


@pytest.mark.parametrize("body", ["text", [], {"id": "no number"}, {"message": 3}])
def test_an_answer_of_another_shape_is_a_refusal_and_no_bug(
    github: FakeGitHub, where: dict[str, str], body: object
) -> None:
    github.fault("GET", "pulls", lambda go: Answer(200, body))
    with pytest.raises(RefusalError, match="not what GitHub documents"):
        client(where).get(PULL, PullRequest)


def test_what_github_says_is_shown_on_one_line_and_not_all_of_it(github: FakeGitHub, where: dict[str, str]) -> None:
    github.fault("GET", "pulls", says(418, "::error::a\nb\x1b[31m" + "x" * 1000))
    with pytest.raises(RefusalError) as refusal:
        client(where).get(PULL, PullRequest)
    assert "\n" not in str(refusal.value)
    assert "\x1b" not in str(refusal.value)
    assert len(str(refusal.value)) < 400


def test_a_comment_that_is_gone_already_is_not_a_refusal(github: FakeGitHub, where: dict[str, str]) -> None:
    client(where).remove(f"/repos/{REPOSITORY}/issues/comments/1")
    github.fault("DELETE", "comments", says(403, "no"))
    with pytest.raises(RefusalError):
        client(where).remove(f"/repos/{REPOSITORY}/issues/comments/1")


@every_row("token", ["", "two words", "line\nbreak", "ghs_x\r", "schlüssel"])
def test_what_cannot_be_a_token_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(RefusalError) as refusal:
        Client(hosts({}), token)
    assert refusal.value.kind is RefusalKind.TOKEN
    assert not token or token not in str(refusal.value)


def test_the_token_is_in_no_traceback(github: FakeGitHub, where: dict[str, str]) -> None:
    github.fault("GET", "pulls", cut_before, times=9)
    asked = client(where)
    assert TOKEN not in repr(asked)
    try:
        asked.get(PULL, PullRequest)
    except RefusalError:
        assert TOKEN not in traceback.format_exc()


@pytest.mark.parametrize("size", [0, 1, 10])
def test_an_answer_that_is_cut_off_is_asked_for_again(github: FakeGitHub, where: dict[str, str], size: int) -> None:
    github.fault("GET", "pulls", lambda go: Answer(200, Raw(b'{"number": 42'[:size])))
    assert client(where).get(PULL, PullRequest).number == 42
    assert len(github.requests) == 2


@pytest.mark.parametrize("body", [b"<html>", b"\xff", b"[" * 100_000, b'{"data": {"viewer": {"login": 3}}}'])
def test_what_no_api_answers_is_a_refusal(github: FakeGitHub, where: dict[str, str], body: bytes) -> None:
    github.fault("GET", "pulls", lambda go: Answer(200, Raw(body)), times=9)
    github.fault("POST", "graphql", lambda go: Answer(200, Raw(body)), times=9)
    with pytest.raises(RefusalError, match="not what GitHub documents"):
        client(where).get(PULL, PullRequest)
    with pytest.raises(RefusalError, match="not what GitHub documents"):
        client(where).ask("query { viewer { login } }", {}, User)


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_slow_drip_ends_at_the_deadline(part: str) -> None:
    with dripping(part) as address:
        asked = Client(Hosts(address, address, ""), TOKEN, Clock().patience(3), deadline=0.3)
        with pytest.raises(RefusalError, match="could not be reached"):
            asked.get(PULL, PullRequest)


def test_no_request_begins_when_the_budget_is_spent(github: FakeGitHub, where: dict[str, str]) -> None:
    clock = Clock()
    asked = client(where, clock.patience(10))
    asked.get(PULL, PullRequest)
    clock.time += 11
    with pytest.raises(RefusalError, match="it takes too long"):
        asked.get(PULL, PullRequest)
    assert len(github.requests) == 1


@every_row(
    "address",
    [
        "api.github.com",
        "htp://x",
        "https://",
        "https://a:b",
        "https://a:99999",
        "http://[::1",
        "https://a b",
        "https://ü",
    ],
)
def test_what_is_not_an_address_is_a_refusal(address: str) -> None:
    with pytest.raises(RefusalError) as refusal:
        Client(hosts({"GITHUB_API_URL": address}), TOKEN)
    assert refusal.value.kind is RefusalKind.ADDRESS


@pytest.mark.parametrize("address", ["api.github.com/graphql", "ftp://api.github.com", "", "http://[::1"])
def test_no_request_goes_to_what_is_not_an_address_of_graphql(address: str) -> None:
    """Without a scheme it would be sent unencrypted."""
    asked = Client(Hosts("http://127.0.0.1:1", address, ""), TOKEN)
    asked._connection.request = lambda *sent: pytest.fail(f"{sent}")  # type: ignore[method-assign]
    with pytest.raises(RefusalError, match="address of the API"):
        asked.ask("query { viewer { login } }", {}, User)
