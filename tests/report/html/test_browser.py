"""The page in a browser: hostile names run nothing, axe-core finds no fault, it fits a phone, and looks as it did.

Needs Playwright and axe-core of the development tools, and Chromium or Chrome on PATH.

    python -m tests.report.html.test_browser     # writes pictures/ anew: look at them before they are checked in
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from markdown_it import MarkdownIt

from tests.cases import TESTDATA
from tests.laws import part
from tests.report import samples
from tests.report.hostile import filled
from tfcheck.analysis.options import RunOptions
from tfcheck.analysis.session import Session
from tfcheck.report.html import html
from tfcheck.report.markdown import markdown
from tfcheck.vocabulary.finding import BaselineComparison, Report
from tfcheck.vocabulary.waiver import Waived

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright (development tools)")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [pytest.mark.long, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium or Chrome on PATH")]

#: What would show that a name has become a script: a dialog, a request, or this in the page's title.
ATTACKS = (
    "</script><script>document.title='run'</script>",
    "<img src=https://evil.test/x onerror=\"document.title='run'\">",
    '" onmouseover="document.title=\'run\'" autofocus onfocus="alert(1)',
    "</style><svg onload=document.title='run'>",
    "javascript:document.title='run'",
    "<meta http-equiv=refresh content='0;url=https://evil.test'>",
    "<base href=https://evil.test/>",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@cache
def of(case: str) -> Report:
    path = str(TESTDATA / case / "plan.json")
    (checked,) = Session([path], options=RunOptions(excerpts=True, fixes=True)).check(path)
    return checked.report


@pytest.fixture(scope="module")
def reader(browser: Any) -> Any:
    """Return a tab as a reader has it; it shows one page after another, as a new one takes a second of CPU."""
    return browser.new_context().new_page()


@pytest.fixture(scope="module")
def open_tab(browser: Any) -> Any:
    """Return a tab whose pages run also what the tests put into them."""
    return browser.new_context(bypass_csp=True).new_page()


def show(tab: Any, path: Path, page: str, width: int = 1280, height: int = 720, scheme: str = "light") -> None:
    """Open a page in a window of this size, in place of the page before."""
    path.write_text(page, encoding="utf-8")
    tab.set_viewport_size({"width": width, "height": height})
    tab.emulate_media(media="screen", color_scheme=scheme)
    tab.goto(path.as_uri())


def whole_page(reports: list[Report]) -> str:
    """Return the page of reports, of which everything is drawn and not only what is seen."""
    return html(reports).replace("content-visibility:", "x-off:")


SCHEMES = ("light", "dark")
OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
OPEN_MAPS = "document.querySelectorAll('details.map').forEach((each) => { each.open = true; })"


def test_no_name_runs_or_asks_for_anything(browser: Any, tmp_path: Path) -> None:
    reports = [msgspec.structs.replace(filled(each), context={"target": each}) for each in ATTACKS]
    (tmp_path / "page.html").write_text(html(reports), encoding="utf-8")
    tab = browser.new_context().new_page()
    seen: list[str] = []
    tab.on("dialog", lambda dialog: seen.append(dialog.message))
    tab.on("request", lambda request: seen.append(request.url))
    tab.on("pageerror", lambda error: seen.append(str(error)))
    tab.on("console", lambda message: seen.append(message.text))
    tab.goto((tmp_path / "page.html").as_uri())
    tab.evaluate(OPEN_ALL)
    tab.mouse.move(200, 200)
    tab.keyboard.press("Tab")
    assert tab.title().startswith("tfcheck: ")
    assert seen == [(tmp_path / "page.html").as_uri()]
    assert tab.locator("img, svg, iframe, object, embed, base").count() == 0
    assert tab.locator("script").count() == 1


def waived_and_known() -> list[Report]:
    """Return reports with a finding that is waived, one that a baseline lists, and a plan that could not be read."""
    first, *others = samples.MIXED.findings
    waived = msgspec.structs.replace(first, waived=Waived("the platform grants it", "2027-03-01", "tfcheck.toml:3"))
    known = BaselineComparison("baseline.json", samples.BROKEN.findings, 2)
    return [
        msgspec.structs.replace(samples.MIXED, findings=(waived, *others), context={"target": "waived"}),
        msgspec.structs.replace(samples.BROKEN, findings=(), baseline=known, context={"target": "known"}),
    ]


AUDITED = {
    "changes and near misses": lambda: [of("access-changed"), of("near-misses"), samples.MIXED],
    "a fix": lambda: [of("literal-missing")],
    "nothing missing": lambda: [of("literal-granted")],
    "not decided": lambda: [of("conditional-grant")],
    "hostile names": lambda: [msgspec.structs.replace(filled(ATTACKS[1]), context={"target": ATTACKS[0]})],
    "waived and known": waived_and_known,
}


#: Leaves one of the elements that look alike: by their classes, and those of all around them.
ONE_OF_EACH = """() => {
  const seen = new Set();
  const path = (each) =>
    each.tagName === "MAIN" ? "" : path(each.parentElement) + ">" + each.tagName + "." + each.getAttribute("class");
  for (const each of document.querySelectorAll("main *")) {
    if (!each.isConnected) continue;
    const names = each.parentElement.closest("summary, h2, h3, a, button, label");
    if (!names && [each, ...each.querySelectorAll("*")].every((inner) => seen.has(path(inner)))) each.remove();
    else seen.add(path(each));
  }
}"""
AUDIT = "(options) => axe.run({resultTypes: ['violations'], ...options}).then((found) => found.violations)"


@pytest.mark.parametrize("name", part([*AUDITED], 3))
def test_axe_finds_no_fault(name: str, open_tab: Any, tmp_path: Path) -> None:
    show(open_tab, tmp_path / "page.html", whole_page(AUDITED[name]()), 390, 800)
    open_tab.evaluate(OPEN_ALL)
    open_tab.evaluate(ONE_OF_EACH)
    open_tab.evaluate(axe.Axe().axe_script)
    # WCAG 2.2 asks for targets of 24 by 24 points, which is off by default.
    whole = {"rules": {"target-size": {"enabled": True}}}
    # Of what axe-core looks at, only contrast depends on the colours.
    for scheme, options in (("dark", whole), ("light", {"runOnly": ["color-contrast"]})):
        open_tab.emulate_media(color_scheme=scheme)
        found = open_tab.evaluate(AUDIT, options)
        assert [(scheme, each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_axe_finds_a_fault_that_is_there(open_tab: Any, tmp_path: Path) -> None:
    page = html([of("literal-granted")]).replace("</body>", "<p style='color:#999;background:#bbb'>pale</p></body>")
    show(open_tab, tmp_path / "page.html", page)
    open_tab.evaluate(axe.Axe().axe_script)
    assert [each["id"] for each in open_tab.evaluate(AUDIT, {"runOnly": ["color-contrast"]})] == ["color-contrast"]


@pytest.mark.parametrize("case", part(["near-misses", "twelve-services", "access-changed"], 2))
def test_it_fits_a_phone(case: str, reader: Any, tmp_path: Path) -> None:
    show(reader, tmp_path / "page.html", html([of(case)]), 360, 640)
    for _ in range(2):
        assert reader.evaluate("document.documentElement.scrollWidth") == 360
        reader.evaluate(OPEN_ALL)


#: What of GitHub's styles decides how wide a comment is.
OF_GITHUB = """body{margin:16px;font:14px/1.5 sans-serif;word-wrap:break-word}pre{overflow:auto}ul{padding-left:2em}
table{display:block;width:max-content;max-width:100%;overflow:auto}pre code{white-space:pre}
code{padding:.2em .4em;font-size:85%;white-space:break-spaces;font-family:monospace}"""
#: Gives the elements beside code blocks that are cut at the right.
CUT = """[...document.querySelectorAll('body *:not(pre, pre *)')]
  .filter((each) => each.scrollWidth > each.clientWidth && each.clientWidth).map((each) => each.outerHTML)"""


@pytest.mark.parametrize("width", part([360, 500], 2))
def test_a_comment_fits_a_phone(width: int, reader: Any, tmp_path: Path) -> None:
    reports = [
        msgspec.structs.replace(of(each), context={"target": each}) for each in ("near-misses", "access-changed")
    ]
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown(reports))
    page = f"<!doctype html><meta charset=utf-8><style>{OF_GITHUB}</style>{body}"
    show(reader, tmp_path / "page.html", page, width, 800)
    reader.evaluate(OPEN_ALL)
    assert reader.evaluate("document.documentElement.scrollWidth") == width
    assert reader.evaluate(CUT) == []


#: Counts the points of a picture that have about these colours, and those of its map by row.
COUNT = """async ([png, colours]) => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.width, image.height);
  const found = colours.map(() => 0);
  for (let at = 0; at < data.length; at += 4)
    colours.forEach((colour, place) => {
      if (colour.every((part, index) => Math.abs(data[at + index] - part) < 6)) found[place] += 1;
    });
  return found;
}"""
RED, VIOLET = {"light": "a3211b", "dark": "ff9a8f"}, {"light": "5a3a98", "dark": "c6adff"}


def coloured(tab: Any, scheme: str) -> list[int]:
    """Count the red and violet points in the picture of the maps."""
    png = base64.b64encode(tab.locator("#maps").screenshot()).decode()
    colours = [list(bytes.fromhex(each[scheme])) for each in (RED, VIOLET)]
    found: list[int] = tab.evaluate(COUNT, [png, colours])
    return found


@pytest.mark.parametrize(
    ("case", "red", "violet"),
    [("literal-missing", True, False), ("literal-granted", False, False), ("conditional-grant", False, True)],
)
def test_the_picture_of_a_map_shows_what_is_missing_in_red_and_what_is_open_in_violet(
    case: str, red: bool, violet: bool, open_tab: Any, tmp_path: Path
) -> None:
    show(open_tab, tmp_path / "page.html", whole_page([of(case)]))
    open_tab.evaluate(OPEN_MAPS)
    for scheme in SCHEMES:
        open_tab.emulate_media(color_scheme=scheme)
        counts = coloured(open_tab, scheme)
        assert [count > 100 for count in counts] == [red, violet], (scheme, counts)
        assert all(count > 100 or count == 0 for count in counts), (scheme, counts)


def test_filters_and_keys_work(reader: Any, tmp_path: Path) -> None:
    show(reader, tmp_path / "page.html", html([of("access-changed")]))
    shown = "article:visible, details.map:visible"
    assert reader.locator(shown).count() == 6
    reader.keyboard.press("/")
    reader.keyboard.type("mail")
    reader.get_by_text("1 of 6 shown").wait_for()
    assert reader.locator(shown).count() == 1
    assert reader.locator("#findings .none").is_visible()
    reader.keyboard.press("Escape")
    reader.get_by_text("6 shown", exact=True).wait_for()
    reader.get_by_label("Missing").uncheck()
    reader.get_by_text("2 of 6 shown").wait_for()
    assert reader.locator("article:visible").count() == 0
    reader.get_by_label("Missing").check()
    reader.get_by_label("Rule").select_option("env-file")
    reader.get_by_text("6 shown", exact=True).wait_for()


def test_a_link_opens_the_map_that_it_leads_to(reader: Any, tmp_path: Path) -> None:
    show(reader, tmp_path / "page.html", html([of("access-changed")]))
    reader.locator("article a[href^='#map-']").first.click()
    reader.locator("details.map[open]").first.wait_for()  # the page is told of its new address later
    assert reader.locator("details.map[open]").count() == 1
    reader.get_by_role("button", name="Close all maps").or_(reader.get_by_role("button", name="Open all maps")).click()
    assert reader.locator("details.map[open]").count() == 0


def test_everything_is_open_in_print(reader: Any, tmp_path: Path) -> None:
    show(reader, tmp_path / "page.html", html([of("access-changed")]))
    reader.emulate_media(media="print")
    reader.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert reader.locator("details:not([open])").count() == 0
    assert reader.locator("#filters").is_hidden()
    reader.evaluate("dispatchEvent(new Event('afterprint'))")
    assert reader.locator("details[open]").count() == 0


PICTURES = Path(__file__).parent / "pictures"
#: A picture: the case, the colours, and the width of the window.
PICTURED = [("access-changed", "light", 1280), ("access-changed", "dark", 390), ("granted-to-task-role", "dark", 1280)]
FONTS = {"--sans": "DejaVu Sans", "--serif": "DejaVu Serif", "--mono": "DejaVu Sans Mono"}
#: Gives those fonts that are not there: a text is as wide in them as in what takes their place.
WITHOUT = """(fonts) => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  const width = (font) => { pen.font = "40px " + font; return pen.measureText("Ilmw@{}0Oß").width; };
  return fonts.filter((each) => ["serif", "monospace"].every((other) => width(`"${each}", ${other}`) === width(other)));
}"""
#: Makes a picture an eighth as wide, where the edges of letters hardly count.
SMALL = """async (png) => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const canvas = new OffscreenCanvas(image.width / 8, image.height / 8);
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  const written = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
  return btoa(Array.from(written, (each) => String.fromCharCode(each)).join(""));
}"""
#: Gives how much higher one picture is, and the share of points that differ clearly, in tenths of a per cent.
DIFFERENCE = """async (pngs) => {
  const images = await Promise.all(pngs.map(async (png) =>
    createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob())));
  const [width, height] = ["width", "height"].map((side) => Math.min(...images.map((each) => each[side])));
  const [one, other] = images.map((each) => {
    const pen = new OffscreenCanvas(width, height).getContext("2d");
    pen.drawImage(each, 0, 0);
    return pen.getImageData(0, 0, width, height).data;
  });
  let different = 0;
  for (let at = 0; at < one.length; at += 4)
    if ([0, 1, 2].some((part) => Math.abs(one[at + part] - other[at + part]) > 24)) different += 1;
  return [Math.abs(images[0].height - images[1].height), Math.round((1000 * different) / (width * height))];
}"""


def shown_for_a_picture(tab: Any, path: Path, case: str, scheme: str, width: int) -> None:
    """Show a page with its maps open, in fonts that every machine can have."""
    show(tab, path, whole_page([of(case)]), width, 900, scheme)
    if missing := tab.evaluate(WITHOUT, list(FONTS.values())):
        pytest.skip(f"the references need the fonts {', '.join(missing)}")
    chosen = "".join(f'{name}: "{font}";' for name, font in FONTS.items())
    tab.add_style_tag(content=f":root {{ {chosen} }}")
    tab.evaluate(OPEN_MAPS)


def picture(tab: Any) -> str:
    """Take the picture of a whole page."""
    small: str = tab.evaluate(SMALL, base64.b64encode(tab.screenshot(full_page=True)).decode())
    return small


def difference(tab: Any, taken: str, reference: Path) -> tuple[int, int]:
    height, share = tab.evaluate(DIFFERENCE, [taken, base64.b64encode(reference.read_bytes()).decode()])
    return height, share


def reference(case: str, scheme: str, width: int) -> Path:
    return PICTURES / f"{case}-{scheme}-{width}.png"


@pytest.mark.parametrize(("case", "scheme", "width"), PICTURED)
def test_a_whole_page_looks_as_it_did(case: str, scheme: str, width: int, open_tab: Any, tmp_path: Path) -> None:
    """Another version of the browser may move letters by a point, which is far below what is allowed."""
    shown_for_a_picture(open_tab, tmp_path / "page.html", case, scheme, width)
    height, share = difference(open_tab, picture(open_tab), reference(case, scheme, width))
    assert (height <= 2, share <= 10) == (True, True), (height, share)


#: What makes a page look otherwise.
CHANGES = {
    "no maps": ".map svg, .map ul { visibility: hidden; }",
    "red boxes": "pre { background: #f00 !important; }",
    "larger letters": "body { zoom: 1.03; }",
}


def test_a_picture_shows_what_has_become_different(open_tab: Any, tmp_path: Path) -> None:
    shown_for_a_picture(open_tab, tmp_path / "page.html", *PICTURED[0])
    for name, change in part([*CHANGES.items()], 3):
        style = open_tab.add_style_tag(content=change)
        height, share = difference(open_tab, picture(open_tab), reference(*PICTURED[0]))
        assert height > 2 or share > 10, name
        style.evaluate("(each) => each.remove()")


if __name__ == "__main__":
    import tempfile

    PICTURES.mkdir(exist_ok=True)
    with playwright.sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = chromium.new_context(bypass_csp=True).new_page()
        for each in PICTURED:
            shown_for_a_picture(tab, Path(folder) / "page.html", *each)
            reference(*each).write_bytes(base64.b64decode(picture(tab)))
