"""What a process loads that is forked to run the commands that write to a conversation.

It renders a report too: the first one that is read and written compiles the patterns and decoders of all.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401
import secrets  # noqa: F401

import urllib3  # noqa: F401

import tfcheck.__main__
import tfcheck.analysis.session
import tfcheck.cli.action
import tfcheck.cli.action_inputs
import tfcheck.cli.comment
import tfcheck.cli.posting
import tfcheck.pull_request.connection
import tfcheck.pull_request.gitlab
import tfcheck.pull_request.publish
import tfcheck.repository.writing  # noqa: F401
from tests.report.samples import MIXED
from tfcheck.report.json import json
from tfcheck.report.markdown import markdown, summary
from tfcheck.report.reading import read_reports

for each in (markdown, summary):
    each(read_reports(json(MIXED).encode(), "report.json"))
