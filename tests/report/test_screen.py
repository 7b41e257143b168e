from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.rows import every_row
from tfcheck.report.safe_text import visible
from tfcheck.report.screen import Span, SpanStyle, columns, line, render_lines, wrap


@every_row(
    ("hostile", "shown"),
    [
        ("\x1b[2Jx", "\\x1b[2Jx"),
        ("a\nerror: forged", "a\\nerror: forged"),
        ("a\rb", "a\\rb"),
        ("tab\there", "tab\\there"),
        ("\u202egnp.sh", "\\u202egnp.sh"),
        ("\x9b31m", "\\x9b31m"),
        ("\u2028next", "\\u2028next"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_does_not_print_is_spelled_out(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


def test_what_prints_stays_as_it_is() -> None:
    assert visible('module.é["a\\b"].aws_x.日本') == 'module.é["a\\b"].aws_x.日本'


@given(st.text(), st.booleans())
def test_a_line_stays_one_line_and_prints_nothing_but_our_own_colours(text: str, colour: bool) -> None:
    screen = render_lines([line(Span(text, SpanStyle.ERROR))], colour=colour)
    body = screen.removesuffix("\n")
    if colour:
        body = body.removeprefix("\x1b[31m\x1b[1m").removesuffix("\x1b[0m")
    assert body.isprintable()


@given(st.text(min_size=1), st.integers(30, 120))
def test_wrapping_keeps_every_word_in_order(text: str, width: int) -> None:
    lines = list(wrap("  = ", text, width))
    words = " ".join(span.text for _, span in lines).split()
    assert words == visible(text).split()
    for lead, span in lines:
        assert len(lead.text) == 4
        assert len(lead.text + span.text) <= width or " " not in span.text


def test_a_word_longer_than_the_line_is_not_broken() -> None:
    arn = "arn:aws:s3:::" + "x" * 200
    assert [span.text for _, span in wrap("- ", f"needs {arn} now", 80)] == ["needs", arn, "now"]


def test_an_absurd_word_is_clipped() -> None:
    (_, (_, span)) = wrap("- ", "on " + "x" * 3_000, 80)
    assert span.text == "x" * 2_000 + "... (3,000 characters)"


def test_columns_are_under_one_another_except_for_the_widest() -> None:
    rows = [(Span(first), Span("|")) for first in ("a", "abc", "far too long")]
    assert render_lines(columns(rows, " ", 5), colour=False) == " a    |\n abc  |\n far too long  |\n"
