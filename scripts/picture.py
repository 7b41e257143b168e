"""What does the comment look like on a pull request? Write docs/images/comment.png anew.

Renders the Markdown of one case as GitHub does, as far as that shows, and takes its picture with headless Chromium.

    python -m scripts.picture            # needs chromium on PATH
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent
PLAN = ROOT / "testdata" / "literal-missing" / "plan.json"
PICTURE = ROOT / "docs" / "images" / "comment.png"
#: A comment on GitHub is about this wide, in pixels; the height holds all of the sample.
SIZE = (860, 1080)
STYLE = """
body { font: 14px/1.5 system-ui, "DejaVu Sans", "Noto Color Emoji", sans-serif; margin: 24px; color: #1f2328; }
code { font: 12px "DejaVu Sans Mono", monospace; background: #eff1f3; padding: 2px 5px; border-radius: 6px; }
pre { background: #f6f8fa; padding: 14px; border-radius: 6px; overflow: hidden; }
pre code { background: none; padding: 0; }
table { border-collapse: collapse; } th, td { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left; }
summary { margin: 8px 0; } h3 { margin-top: 0; } sub { color: #59636e; } .added { color: #116329; }
"""


def page(markdown: str) -> str:
    """Render a comment as a page; lines that a diff adds are coloured."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    lines = (f'<span class="added">{line}</span>' if line.startswith("+") else line for line in body.split("\n"))
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><body>" + "\n".join(lines)


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no chromium on PATH: nothing was written")
    command = [
        sys.executable,
        "-m",
        "tfcheck",
        str(PLAN.relative_to(ROOT)),
        "--format",
        "markdown",
        "--fail-on",
        "never",
    ]
    comment = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "comment.html")
        source.write_text(page(comment), encoding="utf-8")
        PICTURE.parent.mkdir(exist_ok=True)
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={folder}/profile",
        ]
        size = f"--window-size={SIZE[0]},{SIZE[1]}"
        subprocess.run([chromium, *flags, size, f"--screenshot={PICTURE}", source.as_uri()], check=True, timeout=60)


if __name__ == "__main__":
    main()
