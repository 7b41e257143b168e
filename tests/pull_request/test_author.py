"""Who we are, and whose comments are ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pull_request.description import shape
from tests.pull_request.fake import FakeGitHub, Step, cut_after, says, serving
from tests.pull_request.job import client
from tests.pull_request.sample import sample
from tfcheck.pull_request.author import Author, author
from tfcheck.pull_request.refusal import RefusalError, RefusalKind
from tfcheck.pull_request.shapes import User

ACTIONS = {"GITHUB_ACTIONS": "true"}


@pytest.fixture
def where(github: FakeGitHub) -> Iterator[dict[str, str]]:
    with serving(github) as found:
        yield found


def person(login: str) -> dict[str, object]:
    made: dict[str, object] = sample(shape("/user", "get", 200))
    return made | {"login": login, "type": "User"}


def test_a_job_is_the_bot_that_graphql_names(github: FakeGitHub, where: dict[str, str]) -> None:
    assert author(client(where), ACTIONS) == Author("github-actions", True)
    assert github.requests == [("POST", "/graphql")]


def test_a_person_is_distinguished_from_an_app_whose_name_comes_without_bot(
    github: FakeGitHub, where: dict[str, str]
) -> None:
    github.viewer = "octocat"
    assert author(client(where), ACTIONS) == Author("octocat", True)
    github.user = person("Octocat")
    assert author(client(where), ACTIONS) == Author("octocat", False)


def test_where_graphql_does_not_show_the_user_or_the_job_does(github: FakeGitHub, where: dict[str, str]) -> None:
    github.viewer = None
    assert author(client(where), ACTIONS) == Author("github-actions", True)
    github.user = person("octocat")
    assert author(client(where), {}) == Author("octocat", False)


def test_where_nothing_shows_it_nothing_is_guessed(github: FakeGitHub, where: dict[str, str]) -> None:
    github.viewer = None
    with pytest.raises(RefusalError, match="comment-author"):
        author(client(where), {})


@pytest.mark.parametrize(
    "step", [says(401, "Bad credentials"), says(403, "no"), says(429, "", retry_after="999"), says(502), cut_after]
)
def test_trouble_of_graphql_costs_nothing_where_rest_is_enough(
    github: FakeGitHub, where: dict[str, str], step: Step
) -> None:
    github.fault("POST", "graphql", step, times=9)
    assert author(client(where), ACTIONS) == Author("github-actions", True)
    github.user = person("octocat")
    assert author(client(where), {}) == Author("octocat", False)


def test_a_bad_token_is_reported_at_once(github: FakeGitHub, where: dict[str, str]) -> None:
    github.fault("POST", "graphql", says(401, "Bad credentials"))
    github.fault("GET", "/user", says(401, "Bad credentials"))
    with pytest.raises(RefusalError) as refusal:
        author(client(where), ACTIONS)
    assert refusal.value.kind is RefusalKind.TOKEN


@pytest.mark.parametrize(
    ("named", "user", "ours"),
    [
        ("My-App[bot]", User("my-app[bot]", "Bot"), True),
        ("my-app", User("my-app[bot]", "Bot"), True),
        ("my-app[bot]", User("my-app", "User"), False),
        ("octocat", User("Octocat"), True),
        ("octocat", User("octocat2"), False),
        ("octocat", None, False),
    ],
)
def test_an_author_can_be_named(
    github: FakeGitHub, where: dict[str, str], named: str, user: User | None, ours: bool
) -> None:
    assert author(client(where), {}, named).wrote(user) is ours
    assert github.requests == []


def test_a_person_with_the_name_of_a_bot_is_not_the_bot() -> None:
    assert not Author("github-actions", True).wrote(User("github-actions", "User"))
    assert not Author("octocat", False).wrote(User("octocat[bot]", "Bot"))
