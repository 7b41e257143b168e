from __future__ import annotations

import pytest

from tests.report.samples import BROKEN, MIXED, allowed, report
from tests.rows import every_row
from tfcheck.atlantis.hook import count_line, hosts
from tfcheck.atlantis.surroundings import PlannedPull


@pytest.mark.parametrize(
    ("server", "api", "graphql"),
    [
        ("https://github.com", "https://api.github.com", "https://api.github.com/graphql"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com", "https://api.acme.ghe.com/graphql"),
        ("https://git.acme.example", "https://git.acme.example/api/v3", "https://git.acme.example/api/graphql"),
    ],
)
def test_the_addresses_follow_from_the_pull_request(server: str, api: str, graphql: str) -> None:
    found = hosts(server, {})
    assert (found.api, found.graphql, found.server) == (api, graphql, server)


def test_the_environment_may_name_another_address() -> None:
    found = hosts("https://github.com", {"GITHUB_API_URL": "https://proxy.example/api/v3/"})
    assert (found.api, found.graphql) == ("https://proxy.example/api/v3", "https://proxy.example/api/graphql")


@every_row(
    ("url", "server"),
    [
        ("https://github.com/acme/shop/pull/42", "https://github.com"),
        ("https://git.acme.example:8443/Acme/Shop/pull/42/", "https://git.acme.example:8443"),
        ("http://github.com/acme/shop/pull/42", None),
        ("https://github.com/other/shop/pull/42", None),
        ("https://github.com@evil.example/acme/shop/pull/42", None),
        ("https://gitlab.com/acme/shop/-/merge_requests/42", "https://gitlab.com"),
        ("https://gitlab.com/acme/shop/merge_requests/42", "https://gitlab.com"),
        ("https://gitlab.com/acme/other/shop/-/merge_requests/42", None),
        ("http://gitea.example:3000/acme/shop/pulls/42", "http://gitea.example:3000"),
        ("https://gitea.example/acme/shop/pulls/42/../1", None),
        ("https://bitbucket.example/projects/../repos/shop/pull-requests/42", None),
        ("https://bitbucket.org/acme/shop/pull-requests/42", "https://bitbucket.org"),
        ("https://bitbucket.org/acme/other/pull-requests/42", None),
        ("https://bitbucket.example/projects/PAY/repos/shop/pull-requests/42", "https://bitbucket.example"),
        (
            "http://git.example:7990/bitbucket/projects/~joe/repos/shop/pull-requests/42",
            "http://git.example:7990/bitbucket",
        ),
        ("https://bitbucket.example/projects/PAY/repos/other/pull-requests/42", None),
        ("https://bitbucket.example/x/../projects/PAY/repos/shop/pull-requests/42", None),
    ],
)
def test_the_host_is_that_of_the_pull_request(url: str, server: str | None) -> None:
    host = PlannedPull("acme", "shop", 42, "a" * 40, url).host
    assert (host.server if host else None) == server


@every_row(
    ("url", "name", "value", "trusted"),
    [
        ("https://github.com/acme/shop/pull/42", "", "", "https://github.com"),
        ("https://acme.ghe.com/acme/shop/pull/42", "", "", "https://acme.ghe.com"),
        ("https://evil-github.com/acme/shop/pull/42", "", "", None),
        ("https://ghe.com.evil.example/acme/shop/pull/42", "", "", None),
        ("https://git.example/acme/shop/pull/42", "ATLANTIS_GH_HOSTNAME", "Git.example", "https://git.example"),
        ("https://evil.example/acme/shop/pull/42", "ATLANTIS_GH_HOSTNAME", "git.example", "https://git.example"),
        ("https://github.com/acme/shop/pull/42", "ATLANTIS_GH_HOSTNAME", "git.example", "https://git.example"),
        (
            "http://git.example/acme/shop/merge_requests/4",
            "ATLANTIS_GITLAB_HOSTNAME",
            "git.example",
            "http://git.example",
        ),
        (
            "http://git.example/acme/shop/merge_requests/4",
            "ATLANTIS_GITLAB_HOSTNAME",
            "https://git.example/",
            "https://git.example",
        ),
        ("https://git.example/acme/shop/pulls/42", "ATLANTIS_GITEA_BASE_URL", "http://gitea:3000", "http://gitea:3000"),
        ("https://gitlab.example/acme/shop/merge_requests/4", "", "", None),
        (
            "https://bitbucket.org/acme/shop/pull-requests/42",
            "ATLANTIS_BITBUCKET_BASE_URL",
            "https://x",
            "https://bitbucket.org",
        ),
        ("https://x/projects/P/repos/shop/pull-requests/42", "", "", None),
    ],
)
def test_a_token_goes_only_where_the_server_is_configured_to(
    url: str, name: str, value: str, trusted: str | None
) -> None:
    host = PlannedPull("acme", "shop", 42, "a" * 40, url).host
    assert host is not None
    assert host.trusted_server({name: value}) == trusted


def test_the_words_beside_the_status_are_few() -> None:
    assert count_line([report(allowed())]) == "nothing is missing in 1 project"
    assert count_line([BROKEN, BROKEN]) == "1 error in 2 projects"
    assert count_line([MIXED]) == "1 error, 1 not decided in 1 project"
    assert len(count_line([MIXED] * 500)) <= 140
