"""What a process loads that is forked to run the commands that write to a conversation."""

from __future__ import annotations

import urllib3  # noqa: F401

import tfcheck.analysis.session
import tfcheck.cli.action
import tfcheck.cli.action_inputs
import tfcheck.cli.posting
import tfcheck.pull_request.connection
import tfcheck.pull_request.gitlab
import tfcheck.pull_request.publish
import tfcheck.report.markdown
import tfcheck.report.reading  # noqa: F401
