"""Make text that others wrote harmless where a person reads it as plain text."""

from __future__ import annotations


def visible(text: str) -> str:
    r"""Spell out every character that cannot be seen or that moves others about, as in `\u202e`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spelled(char) for char in text)


def _spelled(char: str) -> str:
    number = ord(char)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def clipped(text: str, longest: int) -> str:
    """Cut off what nobody would read."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
