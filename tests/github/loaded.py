"""What a process loads that is forked to run the commands that write to a conversation."""

from __future__ import annotations

import urllib3  # noqa: F401

import tfcheck.analysis.session
import tfcheck.cli.action
import tfcheck.cli.action_inputs
import tfcheck.cli.posting
import tfcheck.github.connection
import tfcheck.github.gitlab
import tfcheck.github.publish
import tfcheck.report.markdown
import tfcheck.report.reading  # noqa: F401
