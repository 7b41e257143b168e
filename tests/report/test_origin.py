from __future__ import annotations

import re

import msgspec
from hypothesis import given

from tests.report import samples
from tests.report.hostile import names
from tests.rows import every_row
from tfcheck.report.origin import Links, file_path, target
from tfcheck.vocabulary.finding import Location

SHA = "9f2c1ab04d7e55c2f3a8b6d1e09c7745a1b2c3d4"


@every_row(
    ("context", "directory", "path", "named"),
    [
        ({"target": "infra:prod"}, "infra", "plan.json", "infra:prod"),
        ({"target": ""}, "infra", "plan.json", "infra"),
        (None, ".", "out/plan.json", "out/plan.json"),
        (None, None, "/somewhere/on/a/machine/plan.json", "plan.json"),
    ],
)
def test_the_name_of_what_was_checked(
    context: dict[str, str | int] | None, directory: str | None, path: str, named: str
) -> None:
    plan = msgspec.structs.replace(samples.PLAN, directory=directory, path=path)
    assert target(msgspec.structs.replace(samples.MIXED, context=context, plan=plan)) == named


@given(names, names)
def test_no_path_leads_out_of_the_repository(directory: str, file: str) -> None:
    plan = msgspec.structs.replace(samples.PLAN, directory=directory)
    found = file_path(msgspec.structs.replace(samples.MIXED, plan=plan), Location(file, 1, 1))
    assert found is None or not ({".."} & set(found.split("/")) or found.startswith("/"))


@given(names, names, names)
def test_links_are_made_of_what_looks_right_or_not_at_all(server: str, repository: str, sha: str) -> None:
    if not re.fullmatch(r"https?://[\w.:-]+/?", server):  # any well-formed server is taken: the job names it
        assert Links(server, "acme/shop", SHA).file("x", 1) is None
    assert Links("https://github.com", "acme/shop", sha).file("x", 1) is None
    found = Links("https://github.com", repository, SHA).file("x", 1)
    assert found is None or "/" not in repository.replace("/", "", 1)


@given(names)
def test_a_path_is_quoted(path: str) -> None:
    found = Links("https://github.com/", "acme/shop", SHA).file(path, 7)
    assert found is not None
    assert found.startswith(f"https://github.com/acme/shop/blob/{SHA}/")
    assert not set(found) & set(" ()<>[]\"'`|\\\n@")
