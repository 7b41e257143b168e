"""What does python-hcl2's grammar make of an expression?

The library is slow to import and its first parse builds tables for seconds, unless they are in a file. The file that it
would use lies inside the installed package, which is often not writable; the user's cache directory is.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

_WRAPPED = "x="


def tree(expression: str) -> Tree[Token] | None:
    """Parse one expression into the library's tree, whose offsets are `OFFSET` too large; None if it cannot."""
    from lark.exceptions import LarkError

    try:
        parsed = _parser().parse(f"{_WRAPPED}{expression}\n")
    except LarkError:
        return None
    attributes = list(parsed.find_data("attribute"))
    return cast("Tree[Token]", attributes[0].children[2]) if len(attributes) == 1 else None


#: How far the offsets in a tree lie behind those in the expression.
OFFSET = len(_WRAPPED)


@cache
def _parser() -> Lark:
    """Make the one parser object of this process."""
    import hcl2.parser
    import hcl2.version
    import lark

    directory = _private(cache_directory())
    if directory:
        name = f"hcl2-{hcl2.version.version}-lark-{lark.__version__}-{sys.implementation.cache_tag}.bin"
        hcl2.parser.PARSER_FILE = directory / name
    return hcl2.parser.parser()


def cache_directory() -> Path | None:
    """Name tfcheck's directory below the user's cache directory; None where the user has none.

    Follows https://specifications.freedesktop.org/basedir-spec/latest/ and the customs of macOS and Windows.
    """
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(xdg):
        return Path(xdg, "tfcheck")
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "")
        return Path(local, "tfcheck", "cache") if local else None
    home = os.path.expanduser("~")
    if not os.path.isabs(home):
        return None
    return Path(home, "Library/Caches/tfcheck" if sys.platform == "darwin" else ".cache/tfcheck")


def _private(directory: Path | None) -> Path | None:
    """Make the directory; None where that is impossible, or where others could write into it.

    INVARIANT: lark unpickles the file that it finds there.
    """
    if directory is None:
        return None
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.stat()
    except OSError:
        return None
    if os.name == "posix" and (status.st_uid != os.geteuid() or status.st_mode & 0o022):
        return None
    return directory
