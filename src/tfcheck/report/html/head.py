"""Write the document around a page, with its style, its script, and what it is allowed to do.

Style and script are files of this package. The content security policy allows these two, by their hashes, and nothing
else: no request, no other script, no form. Follows https://www.w3.org/TR/CSP3/.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from tfcheck import __version__
from tfcheck.report.html.element import Markup, tag


def document(title: str, body: Markup) -> str:
    """Write a page as a complete document."""
    style, script = _asset("style.css"), _asset("script.js")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="generator", content=f"tfcheck {__version__}"),
        tag("title", title),
        tag("style", style),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', body, tag('script', script)), lang='en')}\n"


def _asset(name: str) -> Markup:
    return Markup(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
