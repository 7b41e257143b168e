"""The addresses of GitHub: only those that the environment names."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

_API = "https://api.github.com"
_SERVER = "https://github.com"


class Hosts(msgspec.Struct, frozen=True):
    """The addresses of the REST API, of GraphQL, and of the pages that people read; none ends in a slash."""

    api: str
    graphql: str
    server: str


def hosts(environment: Mapping[str, str]) -> Hosts:
    """Read the addresses from GITHUB_API_URL, GITHUB_GRAPHQL_URL and GITHUB_SERVER_URL, as the runner sets them.

    NOTE: on GitHub Enterprise Server REST is at `/api/v3` and GraphQL at `/api/graphql`, not below it.
    """
    api = (environment.get("GITHUB_API_URL") or _API).rstrip("/")
    graphql = environment.get("GITHUB_GRAPHQL_URL") or f"{api.removesuffix('/v3')}/graphql"
    return Hosts(api, graphql.rstrip("/"), (environment.get("GITHUB_SERVER_URL") or _SERVER).rstrip("/"))
