"""The files that a pull request changes, on each host, by their old and new names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pull_request.fake import SHA, Answer, FakeGitHub, says, serving
from tests.pull_request.fake_bitbucket import FakeCloud, FakeDataCenter
from tests.pull_request.fake_gitlab import PROJECT, FakeGitLab
from tfcheck.pull_request.bitbucket import CloudConversation
from tfcheck.pull_request.bitbucket_server import ServerConversation
from tfcheck.pull_request.client import Client, Hosts
from tfcheck.pull_request.conversation import Conversation
from tfcheck.pull_request.event import RequestedPull
from tfcheck.pull_request.github import GitHubConversation
from tfcheck.pull_request.gitlab import MergeConversation

HOSTS = ["github", "gitlab", "bitbucket", "bitbucket-server"]
FAKES: dict[str, type[FakeGitHub]] = {
    "github": FakeGitHub,
    "gitlab": FakeGitLab,
    "bitbucket": FakeCloud,
    "bitbucket-server": FakeDataCenter,
}


def rename(fake: FakeGitHub, old: str, new: str) -> None:
    if isinstance(fake, FakeGitLab):
        fake.files.append({"new_path": new, "old_path": old})
    elif isinstance(fake, FakeCloud | FakeDataCenter):
        fake.renamed[old] = new
    else:
        fake.change_file(new, "renamed", previous_filename=old)


def changed_files(fake: FakeGitHub) -> frozenset[str] | None:
    with serving(fake) as where, pytest.MonkeyPatch.context() as patch:
        api = where["GITHUB_API_URL"]
        patch.setattr("tfcheck.pull_request.bitbucket.API", api)
        client = Client(Hosts(api, api, api), "token")
        there: Conversation[Any]
        if isinstance(fake, FakeGitLab):
            there = MergeConversation(client, RequestedPull(PROJECT, 42, SHA, "1.0"))
        elif isinstance(fake, FakeCloud):
            there = CloudConversation(client, RequestedPull("acme/shop", 42, SHA, "1.0"), personal=True)
        elif isinstance(fake, FakeDataCenter):
            there = ServerConversation(client, RequestedPull("SHOP/shop", 42, SHA, "1.0"))
        else:
            there = GitHubConversation(client, RequestedPull("acme/shop", 42, SHA, "1.0"), {})
        return there.changed_files()


@pytest.mark.parametrize("host", HOSTS)
def test_both_names_of_a_renamed_file_are_listed(host: str) -> None:
    fake = FAKES[host]()
    for number in range(130):
        rename(fake, f"a/{number}.tf", f"b/{number}.tf")
    names = {f"{folder}/{number}.tf" for folder in "ab" for number in range(130)}
    assert (changed_files(fake) or set()) - {"removed.tf"} == names


@pytest.mark.parametrize("host", HOSTS)
def test_a_refused_list_is_unknown(host: str) -> None:
    fake = FAKES[host]()
    rename(fake, "a.tf", "b.tf")
    fake.fault("GET", "/files|/diffs|/changes|/pullrequests/42/diffstat", says(403), times=9)
    assert changed_files(fake) is None


def test_a_list_that_continues_on_another_host_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = FakeCloud()
    cloud.changed = [f"{number}.tf" for number in range(130)]
    shown = cloud._values
    elsewhere = "https://bitbucket.example"
    monkeypatch.setattr(cloud, "_values", lambda items, path, query, base: shown(items, path, query, elsewhere))
    assert changed_files(cloud) is None


def test_an_answer_without_a_list_is_not_an_empty_one() -> None:
    server = FakeDataCenter()
    server.changed = ["a.tf", "b.tf"]
    server.fault("GET", "/changes", lambda _: Answer(200, {"isLastPage": False, "nextPageStart": 1}))
    assert changed_files(server) is None


def test_an_empty_list_may_not_be_computed_yet() -> None:
    assert changed_files(FakeGitHub()) is None


def test_a_list_that_gitlab_shortens_is_unknown() -> None:
    gitlab = FakeGitLab()
    rename(gitlab, "a.tf", "b.tf")
    gitlab.changes = "1000+"
    assert changed_files(gitlab) is None


def test_a_list_as_long_as_the_limit_may_be_shortened() -> None:
    server = FakeDataCenter()
    server.changed = [f"{number}.tf" for number in range(1000)]
    assert changed_files(server) is None
    del server.changed[-1]
    assert len(changed_files(server) or ()) == 999
