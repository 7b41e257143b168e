from __future__ import annotations

import pytest
from hypothesis import given

from tests.report.github_markdown import inline, parsed
from tests.report.hostile import names
from tests.rows import every_row
from tfcheck.report.markdown.escape import code, fence, html_code, html_prose, prose
from tfcheck.report.safe_text import visible


@given(names)
def test_a_code_span_shows_exactly_the_text(name: str) -> None:
    (token,) = inline(code(name))
    assert token.type == "code_inline"
    assert token.content == (visible(name) or "(empty)")


@given(names)
def test_a_fence_holds_every_line(name: str) -> None:
    (token,) = parsed(fence(name, "hcl"))
    assert token.type == "fence"
    assert token.info == "hcl"
    assert token.content.count("\n") == name.rstrip("\n").count("\n") + 1


@given(names)
def test_html_code_is_one_element(name: str) -> None:
    inside = html_code(name).removeprefix("<code>").removesuffix("</code>")
    assert "<" not in inside
    assert inside.isprintable()


@given(names, names, names)
def test_a_sentence_leaves_nothing_foreign_outside_of_code(one: str, name: str, other: str) -> None:
    written = prose(f"{one} {name} {other}", (name,))
    outside = "".join(token.content for token in inline(written) if token.type != "code_inline")
    assert all(char.isalnum() or char in " ,.;:!?…()'’–—-" for char in outside), outside
    assert not any(token.type.startswith(("link", "image", "html")) for token in inline(written))


@every_row(
    ("sentence", "written"),
    [
        (
            "the role aws_iam_role.x is not allowed s3:GetObject",
            "the role `aws_iam_role.x` is not allowed `s3:GetObject`",
        ),
        ("environment file of container `web`", "environment file of container `web`"),
        ("later ones (ECS agents before 1.84.0 only)", "later ones (ECS agents before `1.84.0` only)"),
        ("3 resources, the plan's own", "3 resources, the plan's own"),
        ("1. @evil", "`1.` `@evil`"),
        ("1) x", "`1)` x"),
        ("a part (2 of 3) of rule 5.", "a part (2 of 3) of rule 5."),
        ("platform 1.3.0, but 12, 4: and (3)", "platform `1.3.0`, but 12, 4: and (3)"),
        ("write depends_on = [a.b, module.c], then x", "write `depends_on = [a.b, module.c]`, then x"),
        ("deadbee is a commit", "`deadbee` is a commit"),
    ],
)
def test_plain_words_stay_readable(sentence: str, written: str) -> None:
    assert prose(sentence) == written


def test_a_name_with_spaces_is_one_span_where_it_is_reported() -> None:
    name = 'module.a["x y"].aws_iam_role.r'
    assert prose(f"the role {name}: no", (name,)) == f"the role `{name}`: no"


def test_what_cannot_be_seen_is_spelled_out() -> None:
    assert visible("a\u202eb\n\U000e0041") == "a\\u202eb\\n\\U000e0041"


def test_a_long_sentence_is_not_cut_within_code() -> None:
    assert html_prose(f"in {'very ' * 30}`aws_iam_role_policy.{'x' * 90}` add one").endswith("very…")


def test_a_name_that_a_sentence_does_not_quote_makes_no_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    assert prose("see a.b here", ["a.b"]) == "see `a.b` here"
    monkeypatch.setattr("re._compiler.compile", lambda *_: pytest.fail("a pattern was compiled"))
    assert prose("see a.c here", ["module.x[" * 100_000]) == "see `a.c` here"
