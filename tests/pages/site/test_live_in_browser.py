"""Live cells as a reader meets them: in a browser, over HTTP and from the disk, by pointer and by keys."""

import csv
import gzip
import re

import nbformat
import pytest
from browsing import AXE, PHONE, VIOLATIONS, Visit, address, browser  # noqa: F401  fixtures
from built_book import HTML, ROOT, build, missing

from pages.cells import cells_needed

with (ROOT / "pages" / "live" / "cells.csv").open(encoding="utf-8", newline="") as file:
    CELLS = [row for row in csv.DictReader(file) if row["chapter"] != "this machine"]
CHAPTERS = sorted({row["chapter"] for row in CELLS if not row["off"]} - {"06_two_million_products"})  # of its few
FIRST, WITH_NUMBERS = "01_fifty_strangers", "two-kinds-numbers"
SAID = (
    "s => (document.querySelector(s + ' .live-status') ?? document.querySelector(s + ' .live-off'))?.textContent ?? ''"
)
ENDED = f"s => /Done|Failed|failed|topped|Cannot|This takes/.test(({SAID})(s))"
WAIT = 120_000
SLOW = "Object.defineProperty(window, 'bookLiveParts', {get: () => this.p, set: p => { p.SECONDS /= 4; this.p = p; }})"
NUMBER = re.compile(r"\d[\d.,]*\d")


@pytest.fixture(autouse=True)
def live() -> None:
    build()
    if not (HTML / "_live").exists():
        missing("the cells of the book are not live: make -C pages live")


@pytest.fixture
def visit(browser, address):  # noqa: F811
    with Visit(browser, address) as visit:
        yield visit


@pytest.fixture(scope="module")
def first_chapter(browser, address):  # noqa: F811
    """The first chapter on a slow device, its engine started by one cell, by keys; what it loaded, and what it said."""
    with Visit(browser, address) as visit:
        visit.page.add_init_script(SLOW)
        asked = []
        visit.page.on("request", lambda request: asked.append(request.url))
        visit.open(f"chapters/{FIRST}.html")
        visit.before = [*asked]
        visit.page.locator(f"{place(WITH_NUMBERS)} button.live-run").focus()
        visit.page.keyboard.press("Enter")
        visit.said = ended(visit.page, WITH_NUMBERS, patient=False)
        visit.then = asked[len(visit.before) :]
        yield visit


@pytest.fixture
def started(first_chapter):
    """The same page for all tests that leave nothing behind but changed cells, which are set back after each."""
    yield first_chapter
    for button in first_chapter.page.locator(".live-bar button", has_text="Reset").all():
        if button.is_visible() and button.is_enabled():
            button.click()
    assert not first_chapter.wrong


def place(name: str) -> str:
    return f'.cell_input[data-cell="{name}"]'


def unfold(page, name: str) -> None:
    page.evaluate(
        "s => { for (let e = document.querySelector(s); e; e = e.parentElement) e.open = true; }",
        place(name),
    )


def press(page, name: str, patient: bool = True) -> str:
    """Press the button of a cell, wait, and return what the page says beside it; who is patient waits for all."""
    unfold(page, name)
    page.locator(f"{place(name)} :is(button.live-run, .live-bar button)").first.click()
    return ended(page, name, patient)


def ended(page, name: str, patient: bool = True) -> str:
    """Wait until a cell has run, and return what the page says beside it; on a slow machine it may ask first."""
    page.wait_for_function(ENDED, arg=place(name), timeout=WAIT)
    if patient and page.evaluate(SAID, place(name)).startswith("This takes"):
        page.locator(f"{place(name)} .live-choices button", has_text="as it stands").press("Enter")
        page.wait_for_function(ENDED.replace("|This takes", ""), arg=place(name), timeout=WAIT)
    return page.evaluate(SAID, place(name))


def write(page, name: str, text: str) -> None:
    """Write a cell anew, as a reader does."""
    editor = page.locator(f"{place(name)} .cm-content")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)
    assert editor.inner_text().split() == text.split()


def shown(page, name: str) -> str:
    return page.evaluate(
        "s => [...document.querySelector(s).closest('div.cell').querySelectorAll('.live-output:not([hidden])')]"
        ".map(e => e.innerText).join('\\n')",
        place(name),
    )


def quick(chapter: str) -> str:
    """Return the name of the cell that soonest shows something of what others have made, with all of them; a number."""
    seconds = {row["cell"]: float(row["seconds"]) for row in CELLS if row["chapter"] == chapter and not row["off"]}
    notebook = nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    sources = [cell.source if cell.id in seconds else None for cell in cells]
    waits = {}
    for i, cell in enumerate(cells):
        hidden = cell.id.startswith("sol-") or {"remove-input", "remove-cell"} & set(cell.metadata.get("tags", ()))
        needed = cells_needed(sources, i)
        if cell.outputs and cell.id in seconds and "claim(" not in cell.source and not hidden and len(needed) > 1:
            text = "".join(out.get("text", out.get("data", {}).get("text/plain", "")) for out in cell.outputs)
            says_no_number = not NUMBER.search(text) or bool(re.search("this machine|<Figure|e[+-]", text))
            wait = sum(seconds[cells[n].id] for n in needed)
            waits[cell.id] = (wait > 15, says_no_number, wait)
    return min(waits, key=waits.get)


def test_nothing_is_loaded_before_the_first_press(started):
    assert not [url for url in started.before if "_live" in url]
    assert started.said.startswith("Done")  # without a question, for no cell but the one that imports takes long
    files = [re.sub(r"-[0-9a-f]{10}", "", url.rpartition("/")[2]) for url in started.then if "_live" in url]
    assert sorted(files) == sorted(
        [f"{FIRST}.js", "engine.wasm.gz", "library.bin.gz", "book.bin.gz"]
    )  # and no second half


@pytest.mark.many
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_cell_of_each_chapter_can_be_changed_and_run(browser, address, chapter):  # noqa: F811
    """Every other chapter from the disk: how files come there does not depend on the chapter, nor which on the way."""
    with Visit(browser, HTML.as_uri() if CHAPTERS.index(chapter) % 2 else address) as visit:
        change_and_run(visit, chapter)


@pytest.mark.slow  # from a server one has run
def test_the_first_chapter_runs_from_the_disk(browser):  # noqa: F811
    with Visit(browser, HTML.as_uri()) as visit:
        change_and_run(visit, FIRST)


OPEN = "s => {for (let n = document.querySelector(s); (n = n.parentElement.closest('details'));) n.open = true}"
STORED = "s => document.querySelector(s).closest('div.cell').querySelector(':scope > .cell_output').innerText"


def change_and_run(visit, chapter: str) -> None:
    name = quick(chapter)
    visit.open(f"chapters/{chapter}.html")
    visit.page.evaluate(OPEN, place(name))  # in a laboratory all but the verdict is folded
    before = visit.page.evaluate(STORED, place(name))
    assert press(visit.page, name).startswith("Done"), shown(visit.page, name)
    assert NUMBER.findall(before) == NUMBER.findall(shown(visit.page, name))
    code = visit.page.locator(f"{place(name)} .cm-content").inner_text()
    write(visit.page, name, "print(6 * 7)")
    assert press(visit.page, name).startswith("Done")
    assert "42" in shown(visit.page, name)
    visit.page.locator(f"{place(name)} .live-bar button", has_text="Reset").click()
    assert visit.page.locator(f"{place(name)} .cm-content").inner_text().split() == code.split()
    after = visit.page.evaluate(STORED, place(name))
    assert after == before
    assert not visit.wrong


def test_an_error_is_told_and_the_page_goes_on(started):
    for code, words in (
        ("1\n1 / 0", "In line 2: division by zero"),
        ("x = (", "was never closed"),
        ("nobody", "'nobody' is not defined"),
        ("🐟", "invalid character '🐟' (U+1F41F)"),
    ):
        write(started.page, WITH_NUMBERS, code)
        assert press(started.page, WITH_NUMBERS).startswith("Failed")
        assert words in shown(started.page, WITH_NUMBERS)
    assert "live_kernel" not in started.page.locator(".live-error pre").inner_text()
    write(started.page, WITH_NUMBERS, "'again'")
    press(started.page, WITH_NUMBERS)
    assert "again" in shown(started.page, WITH_NUMBERS)


@pytest.mark.slow
def test_a_run_is_stopped_and_the_next_one_starts_anew(visit):
    visit.open(f"chapters/{FIRST}.html")
    press(visit.page, WITH_NUMBERS)
    write(visit.page, WITH_NUMBERS, "kept = 1\nwhile True:\n    print(kept)")
    visit.page.locator(f"{place(WITH_NUMBERS)} .live-bar button", has_text="Run").first.click()
    visit.page.wait_for_function(f"s => /Running/.test(({SAID})(s))", arg=place(WITH_NUMBERS))
    visit.page.locator(f"{place(WITH_NUMBERS)} .live-bar button", has_text="Stop").click()
    assert "Stopped" in visit.page.evaluate(SAID, place(WITH_NUMBERS))
    assert len(shown(visit.page, WITH_NUMBERS)) < 1_100_000
    assert visit.page.locator(f"{place(WITH_NUMBERS)} .live-bar button", has_text="Reset").is_enabled()
    write(visit.page, WITH_NUMBERS, "'kept' in globals()")
    visit.page.locator(f"{place(WITH_NUMBERS)} .live-bar button", has_text="Run").first.click()
    visit.page.wait_for_function(f"s => /Done/.test(({SAID})(s))", arg=place(WITH_NUMBERS), timeout=WAIT)
    assert "False" in shown(visit.page, WITH_NUMBERS)
    assert not visit.wrong


@pytest.mark.slow
def test_where_nothing_may_be_kept_the_cells_run_all_the_same(visit):
    refuse = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    visit.page.add_init_script(refuse)
    visit.open(f"chapters/{FIRST}.html")
    assert press(visit.page, WITH_NUMBERS).startswith("Done")
    visit.wrong.clear()  # what the theme says of it


@pytest.mark.slow
def test_a_host_may_say_how_its_files_are_packed_and_the_browser_unpack_them(visit):
    unpacked = []

    def answer(route):
        unpacked.append(route.request.url.rpartition("/")[2])
        route.fulfill(body=gzip.decompress((HTML / "_live" / unpacked[-1]).read_bytes()))

    visit.page.context.route("**/_live/*.gz", answer)
    visit.open(f"chapters/{FIRST}.html")
    assert press(visit.page, WITH_NUMBERS).startswith("Done")
    assert len(unpacked) >= 3


@pytest.mark.slow
def test_what_a_run_that_failed_has_changed_is_made_anew(visit):
    """Three worlds were played before something failed; with the cell set back, the next shows the book's numbers."""
    visit.open("chapters/00_the_shop.html")
    name, after = "run-yardsticks", "yardstick-intervals"
    unfold(visit.page, name)
    assert press(visit.page, after).startswith("Done")
    book = shown(visit.page, after)
    code = visit.page.locator(f"{place(name)} .cm-content")
    press(visit.page, name)
    write(visit.page, name, code.inner_text().replace("range(100)", "range(3)").replace("5000", "500") + "\n1 / 0")
    assert press(visit.page, name).startswith("Failed")
    visit.page.locator(f"{place(name)} .live-bar button", has_text="Reset").click()
    assert press(visit.page, after).startswith("Done")
    assert shown(visit.page, after) == book


@pytest.mark.slow
def test_what_takes_long_asks_and_can_do_with_fewer_worlds(started):
    name = "catalog-run"  # it asks for its memory, too, however fast the machine
    unfold(started.page, name)
    assert "This takes about" in press(started.page, name, patient=False)
    choices = started.page.locator(f"{place(name)} .live-choices button")
    assert choices.all_inner_texts() == ["With 20 worlds", "As it stands", "Not now"]
    choices.last.click()
    assert not shown(started.page, name)
    press(started.page, name, patient=False)
    choices.first.click()
    started.page.wait_for_function(f"s => /Done/.test(({SAID})(s))", arg=place(name), timeout=WAIT)
    assert "range(20)" in started.page.locator(f"{place(name)} .cm-content").inner_text()

    other = "cold-start"  # 20 and 100 worlds would not fit together: what is run from now on has as few
    assert "Done" in press(started.page, other)
    assert "range(20)" in started.page.locator(f"{place(other)} .cm-content").inner_text()
    assert "Done" in press(started.page, WITH_NUMBERS)  # which plays none
    marked = [shown(started.page, one).partition("\n")[0] for one in (name, WITH_NUMBERS)]
    assert marked == ["Computed in this page, with 20 worlds", "Computed in this page"]
    started.page.locator(f"{place(other)} .live-bar button", has_text="Reset").click()
    for one in (name, other):
        assert "range(100)" in started.page.locator(f"{place(one)} .cm-content").inner_text()
        assert "As in the book." in started.page.evaluate(SAID, place(one))
        assert not shown(started.page, one)


def test_a_changed_cell_is_run_for_the_one_that_needs_it(started):
    write(started.page, WITH_NUMBERS, "from zoolib import randomness\nALPHA_OF_MINE = 7")
    press(started.page, "one-visitor")
    write(started.page, "one-visitor", "print(ALPHA_OF_MINE + 1)")
    press(started.page, "one-visitor")
    assert "8" in shown(started.page, "one-visitor")
    write(started.page, WITH_NUMBERS, "ALPHA_OF_MINE = 70")
    press(started.page, "one-visitor")
    assert "71" in shown(started.page, "one-visitor")


def test_a_claim_is_out_of_date_as_long_as_a_cell_that_it_needs_is_changed(started):
    late = started.page.locator(".live-stale")
    press(started.page, "memory")
    assert late.count() == 0
    code = started.page.locator(f"{place('memory')} .cm-content").inner_text()
    write(started.page, "memory", code.replace("2_000_000", "3_000_000"))
    assert started.page.locator("#claim-memory .live-stale").count() == late.count() == 1
    late.get_by_role("button").click()
    assert ended(started.page, "claim-memory").startswith("Done")
    assert late.count() == 0
    started.page.locator(f"{place('memory')} .live-bar button", has_text="Reset").click()
    assert late.count() == 1  # it was played with the change


REPLAY = """async ([label, seed]) => {
  const said = [], found = await bookLive.replay(label, seed, 100, one => said.push(one));
  const page = document.querySelectorAll('.live-bar, .live-output, .live-panel');
  return [found, said.filter(one => one.worlds), page.length];
}"""


def test_a_claim_is_replayed_in_worlds_of_ones_own(visit):
    """In an engine of its own: of what the page shows nothing changes."""
    visit.open("chapters/00_the_shop.html")
    found, said, changed = visit.page.evaluate(REPLAY, ["yardsticks", 500])
    assert (found["verdict"], [one["worlds"] for one in [*said, found]], changed) == ("held", [10, 30, 100], 0)
    assert found["measured"] not in visit.page.locator("#claim-yardsticks").inner_text()
    assert "needs PyTorch" in visit.page.evaluate(REPLAY, ["static-model", 500])[0]["why"]
    visit.open("chapters/07_the_gauntlet.html")
    assert "rests on a table" in visit.page.evaluate(REPLAY, ["gauntlet-winner", 500])[0]["why"]
    assert not visit.wrong


def test_a_cell_that_cannot_be_read_stops_those_that_need_it_and_is_shown(started):
    assert press(started.page, WITH_NUMBERS).startswith("Done")
    write(started.page, "setup", "import (")
    assert "A cell that is needed failed: SyntaxError" in press(started.page, WITH_NUMBERS)
    started.page.locator(f"{place(WITH_NUMBERS)} .live-status button").click()
    assert started.page.evaluate("document.activeElement.closest('[data-cell]').dataset.cell") == "setup"


def test_what_a_cell_defined_goes_when_it_is_set_back(started):
    write(started.page, WITH_NUMBERS, "len = None")
    press(started.page, WITH_NUMBERS)
    started.page.locator(f"{place(WITH_NUMBERS)} .live-bar button", has_text="Reset").click()
    write(started.page, "one-visitor", "print(len('seven') + 40)")
    assert press(started.page, "one-visitor").startswith("Done")
    assert "45" in shown(started.page, "one-visitor")


def test_what_is_said_of_the_last_run_is_not_said_of_the_next(started):
    press(started.page, WITH_NUMBERS)
    pressed = f"s => {{ document.querySelector(s + ' .live-bar button').click(); return ({SAID})(s); }}"
    assert started.page.evaluate(pressed, place(WITH_NUMBERS)) == "Starting …"
    ended(started.page, WITH_NUMBERS)


def test_a_claim_keeps_its_box_and_its_code(started):
    row = next(
        row
        for row in CELLS
        if row["chapter"] == FIRST and row["cell"].startswith("claim") and float(row["seconds"] or 9) < 1
    )
    assert press(started.page, row["cell"]).startswith("Done")
    box = started.page.locator("div.cell", has=started.page.locator(place(row["cell"]))).locator(".zoolib-claim")
    assert "Holds" in box.inner_text()
    assert box.locator(".cm-content").count() == 1


COLOURED = """async () => {  // some colours change gradually; what is not drawn never ends
  const changes = document.getAnimations().filter(change => change instanceof CSSTransition);
  const second = new Promise(over => setTimeout(over, 1000));
  await Promise.race([Promise.allSettled(changes.map(change => change.finished)), second]);
}"""


def turn(page, mode: str) -> None:
    """Press the button of the theme until the page is in that mode."""
    for _ in range(3):
        if page.evaluate("document.documentElement.dataset.theme") != mode:
            page.locator("button.theme-switch-button").first.press("Enter")
    assert page.evaluate("document.documentElement.dataset.theme") == mode
    page.evaluate(COLOURED)


def test_a_figure_is_drawn_for_the_page_by_day_and_by_night(started):
    page = started.page
    write(
        page,
        WITH_NUMBERS,
        "import matplotlib.pyplot as plt\nplots.use_house_style()\nplt.plot([1, 2], [3, 4])\nplt.show()",
    )
    press(page, WITH_NUMBERS)
    for mode in ("dark", "light"):
        turn(page, mode)
        images = page.locator(".live-output img").all()
        assert [image.is_visible() for image in images] == [mode == "light", mode == "dark"]
    assert page.evaluate("() => [...document.querySelectorAll('.live-output img')].every(i => i.naturalWidth > 200)")


def test_what_was_kept_is_there_before_a_press(visit):
    asked, keep = [], "kept => localStorage.setItem(`book-live ${location.pathname}`, JSON.stringify(kept))"
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.open(f"chapters/{FIRST}.html")
    visit.page.evaluate(keep, {WITH_NUMBERS: "'mine'", "try-ex-decay": "# mine, too"})
    visit.open(f"chapters/{FIRST}.html")
    assert visit.page.locator(f"{place(WITH_NUMBERS)} pre").inner_text() == "'mine'"
    assert visit.page.locator(f"{place(WITH_NUMBERS)} .live-kept").is_visible()
    assert "# mine, too" in visit.page.locator(".live-try").all_inner_texts()[2]
    assert not [url for url in asked if "_live" in url]


@pytest.mark.slow
def test_changes_are_kept_by_who_wants_it(visit):
    visit.open(f"chapters/{FIRST}.html")
    press(visit.page, WITH_NUMBERS)
    write(visit.page, WITH_NUMBERS, "'first'")
    visit.open(f"chapters/{FIRST}.html")
    press(visit.page, WITH_NUMBERS)
    assert "'first'" not in visit.page.locator(f"{place(WITH_NUMBERS)} .cm-content").inner_text()
    switch = visit.page.locator(place(WITH_NUMBERS)).get_by_label("Keep my changes")
    assert not switch.is_visible()  # the cell is as in the book
    write(visit.page, WITH_NUMBERS, "'kept'")
    switch.check()
    assert visit.page.get_by_label("Keep my changes of this page").is_checked()
    visit.open(f"chapters/{FIRST}.html")
    press(visit.page, WITH_NUMBERS)
    assert "kept" in shown(visit.page, WITH_NUMBERS)
    visit.page.get_by_label("Keep my changes of this page").uncheck()
    visit.open(f"chapters/{FIRST}.html")
    press(visit.page, WITH_NUMBERS)
    assert "kept" not in shown(visit.page, WITH_NUMBERS)
    visit.page.evaluate("localStorage.setItem(`book-live ${location.pathname}`, '{\"cut')")
    visit.open(f"chapters/{FIRST}.html")
    assert press(visit.page, WITH_NUMBERS).startswith("Done")


def test_all_of_it_works_by_keys(started):
    assert started.said.startswith("Done")  # to the first press, of Enter
    page = started.page
    page.locator(f"{place(WITH_NUMBERS)} .cm-content").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("40 + 2")
    page.keyboard.press("Shift+Enter")
    outputs = "[...document.querySelector(s).closest('div.cell').querySelectorAll('.live-output pre')]"
    answered = f"s => {outputs}.some(e => e.textContent.trim() === '42')"
    page.wait_for_function(answered, arg=place(WITH_NUMBERS), timeout=WAIT)
    page.wait_for_function(ENDED, arg=place(WITH_NUMBERS))
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run"


def assert_open_cells_are_sound(page, *modes: str) -> None:
    """An error under a changed cell, too, is there for everybody."""
    write(page, WITH_NUMBERS, "# words\nprint('a', 1)\n1 / 0")
    press(page, WITH_NUMBERS)
    page.add_script_tag(path=AXE)
    for mode in modes:
        turn(page, mode)
        assert page.evaluate(VIOLATIONS) == [], mode
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


BARS = """() => [...document.querySelectorAll('.live-bar')].map(bar => {  // their height, and what is between buttons
  const seen = [...bar.querySelectorAll('button, label')].map(e => e.getBoundingClientRect()).filter(e => e.width);
  return [bar.offsetHeight, seen.slice(1).map((e, i) => Math.max(e.left - seen[i].right, e.top - seen[i].bottom))];
})"""


@pytest.mark.slow
def test_axe_finds_nothing_in_open_cells(started):
    assert_open_cells_are_sound(started.page, "dark", "light")


@pytest.mark.slow
def test_axe_finds_nothing_in_open_cells_on_a_phone(browser, address):  # noqa: F811
    with Visit(browser, address, "light", PHONE) as visit:
        visit.open(f"chapters/{FIRST}.html")
        press(visit.page, WITH_NUMBERS)
        assert_open_cells_are_sound(visit.page, "light")
        press(visit.page, "heirs-price", patient=False)
        assert visit.page.locator(".live-choices").is_visible()
        for height, gaps in visit.page.evaluate(BARS):
            assert height < 70  # two rows
            assert min(gaps) >= 4


def test_without_its_files_the_page_is_what_it_was(visit):
    visit.page.route("**/_live/**", lambda route: route.abort())
    visit.open(f"chapters/{FIRST}.html")
    assert "Cannot run here" in press(visit.page, WITH_NUMBERS)
    assert visit.page.locator(f"{place(WITH_NUMBERS)} .highlight").is_visible()


def test_an_old_browser_is_told(visit):
    visit.page.add_init_script("WebAssembly.validate = () => false")
    asked = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.open(f"chapters/{FIRST}.html")
    assert "too old" in press(visit.page, WITH_NUMBERS)
    assert not [url for url in asked if "_live" in url]


def test_what_cannot_run_says_why(visit):
    """The first cell that cannot says it for all."""
    visit.open("chapters/00_the_shop.html")
    off = visit.page.locator(".cell_input[data-cell]", has_not=visit.page.locator("button.live-run"))
    marks = visit.page.locator(".live-note, .live-off").all_text_contents()
    assert marks == [f"{off.count()} cells of this page need PyTorch: use JupyterLab."]
    known = {row["cell"] for row in CELLS if row["chapter"] == "00_the_shop" and row["off"]}
    assert {one.get_attribute("data-cell") for one in off.all()} == known - {"all-verdicts"}  # which is not shown


@pytest.mark.slow
def test_a_reader_writes_an_agent_at_an_exercise(visit):
    """It is there to be changed, and is seen beside LinUCB in ten worlds."""
    visit.open("chapters/00_the_shop.html")
    visit.page.locator('button[data-cell="try-ex-own-agent"]').click()
    editor = visit.page.locator(f"{place('try-ex-own-agent')} .cm-content")
    editor.wait_for()
    code = (ROOT / "pages" / "live" / "starters" / "ex-own-agent.py").read_text(encoding="utf-8")
    assert "def predict" in editor.inner_text()
    assert press(visit.page, "try-ex-own-agent").startswith("Done"), shown(visit.page, "try-ex-own-agent")
    random = re.findall(r"Mine +([.\d]+)", shown(visit.page, "try-ex-own-agent"))
    write(visit.page, "try-ex-own-agent", code.replace("return self.rng", "return sim.best_arm(user)  # self.rng"))
    assert press(visit.page, "try-ex-own-agent").startswith("Done"), shown(visit.page, "try-ex-own-agent")
    cheating = re.findall(r"Mine +([.\d]+)", shown(visit.page, "try-ex-own-agent"))
    assert len(random) == len(cheating) == 2
    assert all(float(better) > float(worse) + 0.1 for better, worse in zip(cheating, random, strict=True))
