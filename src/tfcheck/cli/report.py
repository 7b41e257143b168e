"""Write reports in any format, and read saved ones."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tfcheck.analysis.session import Checked
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.errors import InputError
from tfcheck.vocabulary.finding import Report

if TYPE_CHECKING:
    from tfcheck.report.links import Links

#: Beside `text` and `json`, which write one report after the other; these write all reports as one.
FORMATS = ("markdown", "summary", "sarif", "junit", "github")


def saved(files: Iterable[str]) -> Iterator[Checked]:
    """Read reports that `--format json` wrote; `-` is standard input.

    Raises:
        InputError: a file is not there, or holds anything else.
    """
    from tfcheck.report.reading import read

    for file in files:
        for report in read(_content(file), file):
            yield Checked(report, report.plan.directory or ".")


def _content(file: str) -> bytes:
    from tfcheck.report.reading import LARGEST

    try:
        if file == "-":
            return sys.stdin.buffer.read(LARGEST + 1)
        with Path(file).open("rb") as opened:
            return opened.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        problem = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise InputError(f"`{file}` cannot be read: {problem.lower()}") from None


def written(form: str, reports: Sequence[Report]) -> str:
    """Write reports in one of `FORMATS`; only what that needs is imported."""
    match form:
        case "sarif":
            from tfcheck.cli.rulebook import manuals
            from tfcheck.report.sarif import sarif

            return sarif(reports, manuals())
        case "junit":
            from tfcheck.report.junit import junit

            return junit(reports)
        case "github":
            from tfcheck.report.annotations import workflow_commands

            return workflow_commands(reports)
        case _:
            return _page(form, reports)


def _page(form: str, reports: Sequence[Report]) -> str:
    from tfcheck.cli.rulebook import manuals
    from tfcheck.report.markdown import markdown, summary
    from tfcheck.report.markdown.page import Page

    write = summary if form == "summary" else markdown
    return write(reports, Page(links=_links(os.environ), manuals=manuals()))


def _links(variables: Mapping[str, str]) -> Links | None:
    """Link to the repository that the job runs in, never to what a report names."""
    from tfcheck.report.links import Links

    if not ci.in_actions(variables):
        return None
    server, sha = variables.get("GITHUB_SERVER_URL", "https://github.com"), ci.event(variables).sha
    return Links(server, ci.repository(variables), sha, ci.run(variables))
