"""What do the comment on a pull request and the HTML report look like? Write docs/images anew.

Renders the Markdown of one case as GitHub does, as far as that shows, and takes its picture with headless Chromium; and
the same of the page for the browser.

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
IMAGES = ROOT / "docs" / "images"
#: Picture: the case, the format, and the size in pixels: a comment on GitHub is about this wide, the height holds all.
PICTURES = {
    "comment.png": ("literal-missing", "markdown", (860, 985)),
    "page.png": ("granted-to-task-role", "html", (1280, 2180)),
}
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
    IMAGES.mkdir(exist_ok=True)
    for name, (case, form, size) in PICTURES.items():
        take(chromium, report(case, form), size, IMAGES / name)


def report(case: str, form: str) -> str:
    plan = f"testdata/{case}/plan.json"
    command = [sys.executable, "-m", "tfcheck", plan, "--format", form, "--fail-on", "never"]
    written = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return page(written) if form == "markdown" else written


def take(chromium: str, written: str, size: tuple[int, int], picture: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "report.html")
        source.write_text(written, encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        where = [f"--user-data-dir={folder}/profile", f"--window-size={size[0]},{size[1]}", f"--screenshot={picture}"]
        subprocess.run([chromium, *flags, *where, source.as_uri()], check=True, timeout=60)


if __name__ == "__main__":
    main()
