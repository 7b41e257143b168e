"""A page without HTML: nothing of it shows, nothing is lost, and foreign text stays where it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.laws import tries
from tests.report import samples
from tests.report.github_markdown import fences, leaves
from tests.report.hostile import reports
from tfcheck.report.markdown import markdown
from tfcheck.report.markdown.escape import hide_markers, restore_markers, without_html
from tfcheck.report.markdown.marker import listed_targets, parse_marker, target_list
from tfcheck.vocabulary.finding import Report

FOLD = """<details open><summary>Suggested change: <code>a &amp; b</code> (safe)</summary>

```diff
</details>


<sub>x</sub>
```

</details>

```mermaid
flowchart LR
```

<sub>id `x`</sub>"""


def test_folds_become_text() -> None:
    fence = "```diff\n</details>\n\n\n<sub>x</sub>\n```"
    assert without_html(FOLD) == f"**Suggested change: `a & b` (safe)**\n\n{fence}\n\nid `x`"


def test_a_line_that_begins_with_code_is_not_a_fence() -> None:
    assert without_html("```a``b``` is denied\n</details>\n<sub>x</sub>") == "```a``b``` is denied\nx"


@given(st.lists(reports, min_size=1, max_size=2))
@tries(25)
def test_nothing_shows_that_should_not(several: list[Report]) -> None:
    page = markdown(several)
    flat = without_html(page)
    assert len(flat.encode()) <= len(page.encode())
    body = f"{flat}\n{target_list(['infra/a', 'infra/b'])}\n"
    sent = hide_markers(body)
    assert parse_marker(restore_markers(sent)) == parse_marker(body)
    assert listed_targets(restore_markers(sent)).present == ("infra/a", "infra/b")
    assert restore_markers(hide_markers(restore_markers(sent))) == restore_markers(sent)
    assert [each.content for each in fences(flat)] == [each.content for each in fences(page) if each.info != "mermaid"]
    seen = leaves(MarkdownIt("commonmark", {"html": False}).enable("table").parse(sent))
    texts = [each.content for each in seen if each.type == "text"]
    assert not [text for text in texts if "<" in text or "tfcheck:v1" in text or "tfcheck:targets" in text]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_body_that_bitbucket_gives_back_is_the_one_that_was_sent(ends: str) -> None:
    body = f"{markdown([samples.BROKEN])}\n{target_list(['x'])}"
    assert restore_markers(hide_markers(body).replace("\n", ends)) == body
