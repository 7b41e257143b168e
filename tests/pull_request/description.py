"""What GitHub's own description of its API (`testdata/github/api.slim.json`) says of a request or an answer."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

DESCRIPTION = Path(__file__).parents[2] / "testdata" / "github" / "api.slim.json"
Query = tuple[tuple[str, str], ...]


@cache
def description() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return found


def shape(path: str, method: str, status: int) -> dict[str, Any]:
    """Return the schema of an answer."""
    answers = description()["paths"][path][method]["responses"]
    found: dict[str, Any] = answers[str(status)]["content"]["application/json"]["schema"]
    return found


@cache
def fault_of_request(method: str, path: str, query: Query, body: bytes) -> str:
    """Return what is wrong with a request, or nothing; once for all that are the same, as it takes 10 ms."""
    try:
        _api().validate_request(_request(method, path, query, body))
    except OpenAPIError as error:
        return f"{error!r} {error.__cause__!r}"
    return ""


@cache
def fault_of_answer(method: str, path: str, status: int, body: str) -> str:
    """Return what is wrong with an answer, or nothing; once for all that are the same."""
    try:
        _api().validate_response(_request(method, path), MockResponse(data=body.encode(), status_code=status))
    except OpenAPIError as error:
        return f"{error!r} {error.__cause__!r}"
    return ""


@cache
def _api() -> OpenAPI:
    return OpenAPI.from_dict(description())


def _request(method: str, path: str, query: Query = (), body: bytes = b"") -> MockRequest:
    host, content = "https://api.github.com", "application/json"
    return MockRequest(host, method.lower(), path, args=dict(query), data=body or None, content_type=content)
