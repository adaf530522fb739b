"""Questions as a reader answers them: by keyboard, by touch, from the disk, without a script, on paper."""

# ruff: noqa: F811  fixtures are imported

import csv
import functools
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import asked_book
import pytest
from browsing import PHONE, SEEN, Quiet, Server, Visit, address, chromium, violations  # noqa: F401  a fixture
from built_book import ROOT, build
from questions import Question, of_pages, pages_of, span

KEPT = "book-questions"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> Path:
    out, warnings = asked_book.build(tmp_path_factory.mktemp("book"))
    assert warnings == ""
    return out


@pytest.fixture(scope="module")
def plain() -> Iterator:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def home(shelf: Path) -> Iterator[str]:
    server = Server(("127.0.0.1", 0), functools.partial(Quiet, directory=str(shelf)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def visit(plain, home: str) -> Iterator[Visit]:
    with Visit(plain, home) as visit:
        visit.page.goto(f"{home}/chapters/00_asked.html")
        yield visit
        assert visit.wrong == []


def told(visit: Visit, name: str) -> str:
    return " ".join(visit.page.locator(f"#{name} .told").inner_text().split())


def kept(visit: Visit) -> dict:
    return json.loads(visit.page.evaluate(f"localStorage.getItem('{KEPT}')"))


def choose(visit: Visit, name: str, place: int = 0) -> None:
    visit.page.locator(f"#{name} label").nth(place).click()
    visit.page.locator(f"#{name} button[type=submit]").click()


def press(visit: Visit, keys: str) -> None:
    for key in keys.split():
        visit.page.keyboard.press(key)


def focused(visit: Visit) -> str:
    return visit.page.evaluate("document.activeElement.closest('[data-asks]')?.id ?? ''")


def test_all_kinds_are_answered_by_keyboard(visit):
    page = visit.page
    page.locator("#q-one input").first.focus()
    press(visit, "ArrowDown Enter")
    assert told(visit, "q-one").startswith("Not 2: the payoff is nothing, and the bonus")
    press(visit, "ArrowUp Tab Enter")  # to the button
    assert told(visit, "q-one").startswith("Yes. Payoff plus")
    page.wait_for_function("document.querySelectorAll('#q-one .told :is(span, div).math > mjx-container').length === 2")
    assert page.locator("#q-one .kept").inner_text() == "right at try 2 · 1 of 5 right on this page"

    page.locator("#q-all input").first.focus()
    press(visit, "Enter")
    assert told(visit, "q-all") == "Tick what is right first."
    press(visit, "Space Enter")
    assert told(visit, "q-all") == "Not without 3: a network learns, too."
    press(visit, "Tab Space Tab Space Enter")
    assert told(visit, "q-all") == "Not 2: it never looks back."
    press(visit, "Shift+Tab Space Enter")
    assert told(visit, "q-all") == "Yes. They have something to learn with."

    page.locator("#q-number input").focus()
    for typed, words in (
        ("", "Write a number first."),
        ("half", "That is not read as one number. Write it as 0.5, 1/2 or 50 %."),
        ("0.7", "Not within 0.001 of it."),
        ("1/2", "Not 1/2: that is a single click’s."),
        ("0,0025", "Not 0,0025: a variance, and not its root."),
        ("0.05", "Yes. The root of"),
    ):
        press(visit, "Control+A Delete")
        page.keyboard.type(typed)
        press(visit, "Enter")
        assert told(visit, "q-number").startswith(words)

    page.get_by_role("button", name="Down: Random").first.focus()
    press(visit, "Enter")
    assert told(visit, "q-order") == "1 is now at place 2 of 3."
    assert page.evaluate("document.activeElement.ariaLabel") == "Down: Random"
    page.locator("#q-order button[type=submit]").focus()
    press(visit, "Enter")
    assert told(visit, "q-order") == "Not 1 before 3: whoever never learns pays at every visit."
    page.get_by_role("button", name="Down: Random").focus()
    press(visit, "Enter Enter")  # it is the last, and stays there
    page.locator("#q-order button[type=submit]").focus()
    press(visit, "Enter")
    assert told(visit, "q-order") == "Yes. The oracle has none."
    assert focused(visit) == "q-order"

    assert {name: (one["tries"], one["right"]) for name, one in kept(visit).items()} == {
        "q-one": (2, 2), "q-all": (3, 3), "q-number": (4, 4), "q-order": (2, 2),
    }  # fmt: skip
    assert violations(page) == []


READ_AS = {
    "0.05": "Yes", " .05 ": "Yes", "0,05": "Yes", "5 %": "Yes", "5%": "Yes", "5 per cent": "Yes", "1/20": "Yes",
    "5e-2": "Yes", "5 · 10^-2": "Yes", "0.0505 clicks": "Yes", "about 0.05": "Yes", "0.0511": "Not within",
    "0.049": "Yes", "0.0489": "Not within", "50 %": "Not 50 %", "−1": "Not −1: a root", "-.3": "Not -.3: a root",
    "40,000": "Not 40,000: a mean", "40 000": "Not 40 000: a mean", "2 million": "Not 2 million: a mean",
    "1e999": "That is not", "1/0": "That is not", "abc": "That is not", "3 or 4": "That is not", "--1": "That is not",
    "1.2.3": "That is not", "0.05" * 40: "That is not", "NaN": "That is not", "<b>1": "Not <b>1: a mean",
}  # fmt: skip


def test_numbers_are_read_as_people_write_them(visit):
    said = visit.page.evaluate(
        """typed => typed.map(text => {
          const form = document.querySelector('#q-number form');
          form.querySelector('input').value = text;
          form.requestSubmit();
          return form.querySelector('.told').textContent;
        })""",
        [*READ_AS],
    )
    wrong = {
        text: words for (text, want), words in zip(READ_AS.items(), said, strict=True) if not words.startswith(want)
    }
    assert wrong == {}
    assert visit.page.locator("#q-number .told b").count() == 0


def test_a_figure_waits_for_a_prediction_and_then_both_are_seen(visit):
    page, figure = visit.page, visit.page.locator("#fig-moves")
    slider, size = figure.locator("input"), figure.bounding_box()
    assert not slider.is_visible()
    assert not figure.locator("figcaption").is_visible()
    assert "waits until you have said what you expect" in figure.inner_text()
    assert violations(page) == []
    page.locator("#q-before button[type=submit]").click()  # nothing is chosen
    assert not slider.is_visible()
    page.locator("#q-before label", has_text="Nothing.").click()
    page.locator("#q-before button[type=submit]").click()
    assert slider.is_visible()
    assert figure.locator("p.said").inner_text() == "You expected: 2. Nothing."
    assert size["height"] == 180  # and grows
    page.wait_for_function("document.getAnimations().length === 0")
    assert "Not 2:" in told(visit, "q-before")  # and what is to be seen
    assert "Payoff plus" in told(visit, "q-before")
    page.reload()
    assert slider.is_visible()
    assert figure.locator("p.said").inner_text() == "You expected: 2. Nothing."


def test_a_figure_that_is_not_waited_for_is_shown_by_keyboard_and_stays_so(visit):
    button = visit.page.get_by_role("button", name="Show it now")
    button.focus()
    press(visit, "Enter")
    assert visit.page.evaluate("document.activeElement.id") == "fig-moves"
    assert visit.page.locator("#fig-moves input").is_visible()
    assert visit.page.locator("#fig-moves .said").count() == 0
    visit.page.reload()
    assert button.count() == 0


def test_what_was_answered_is_still_there_and_an_answer_that_was_shown_is_not_found(visit):
    page = visit.page
    choose(visit, "q-one")
    page.locator("#q-all .answer .toggle-button").click()
    page.locator("#q-number form input").fill("0.5")
    press(visit, "Enter")
    page.reload()
    marks = {name: page.locator(f"#{name} .kept").inner_text() for name in ("q-one", "q-all", "q-number", "q-order")}
    page_so_far = " · 1 of 5 right on this page"
    assert marks == {
        "q-one": f"right at once{page_so_far}",
        "q-all": f"shown{page_so_far}",
        "q-number": f"not yet{page_so_far}",
        "q-order": "",
    }
    assert page.locator("#q-one input").first.is_checked()
    assert page.locator("#q-number form input").input_value() == "0.5"


GARBLED = ["{", "[]", "null", "7", '{"q-one": 3, "q-all": null, "q-number": {"tries": "many", "given": 5}}']
GARBLED += ['{"__proto__": {"tries": 1}, "q-order": {"given": "9 x 1", "tries": -4, "right": 1.5}, "<b>": {}}']


def test_a_garbled_storage_breaks_nothing(visit):
    page = visit.page
    for stored in GARBLED:
        page.evaluate("([name, text]) => localStorage.setItem(name, text)", [KEPT, stored])
        page.reload(wait_until="domcontentloaded")
        choose(visit, "q-one")
        assert told(visit, "q-one").startswith("Yes.")
        assert kept(visit)["q-one"] == {"tries": 1, "right": 1, "shown": False, "given": "1"}
    page.goto(f"{visit.home}/chapters/questions.html")
    assert page.locator("#book-answers tbody tr").last.inner_text().split() == ["The", "book", "5", "1", "1", "4"]


BLOCKED = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no'); }});"
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"


@pytest.mark.many
@pytest.mark.parametrize("script", [BLOCKED, FULL], ids=["blocked", "full"])
def test_without_a_storage_the_page_answers_and_forgets(visit, script):
    page = visit.page
    page.add_init_script(f"if (location.pathname.includes('chapters')) {{ {script} }}")
    page.reload()
    for name in ("q-one", "q-before"):
        choose(visit, name)
        assert told(visit, name).startswith("Yes.")
    assert page.locator("#q-one .kept").inner_text() == "right at once · 2 of 5 right on this page"
    page.goto(f"{visit.home}/chapters/questions.html")
    assert "This browser keeps nothing" in page.locator("#book-answers [role=status]").inner_text()
    themes = ("script: no", "script: full", "console: Got invalid theme mode")  # which it stores, too
    visit.wrong[:] = [wrong for wrong in visit.wrong if not wrong.startswith(themes)]


def test_how_far_one_is_can_be_read_saved_and_deleted(visit):
    page = visit.page
    choose(visit, "q-one")
    page.locator("#q-number form input").fill("=2")
    press(visit, "Enter")
    page.locator("#q-one .kept a").click()
    page.wait_for_url("**/questions.html")
    rows = page.locator("#book-answers tbody tr")
    assert rows.first.inner_text().split("\t")[1:] == ["5", "1", "1", "4"]
    assert rows.first.locator("div").inner_text() == "Go on here: Who learns"
    assert rows.first.locator("div a").get_attribute("href") == "00_asked.html#q-all"
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").click()
    table = list(csv.DictReader(Path(saved.value.path()).read_text(encoding="utf-8").splitlines()))
    assert [(row["name"], row["right_at_try"], row["given"]) for row in table] == [
        ("q-one", "1", "1"),
        ("q-number", "0", "'=2"),
    ]
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as JSON").click()
    assert json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))["q-number"]["tries"] == 1
    assert violations(page) == []
    delete = page.get_by_role("button", name="Delete all")
    page.once("dialog", lambda dialog: dialog.dismiss())
    delete.click()
    assert len(kept(visit)) == 2
    page.once("dialog", lambda dialog: dialog.accept())
    delete.click()
    assert kept(visit) == {}
    assert rows.last.inner_text().split("\t") == ["The book", "5", "0", "0", "5"]


def test_on_a_phone_in_the_dark_a_thumb_is_enough(plain, shelf):
    with Visit(plain, shelf.as_uri(), "dark", PHONE, has_touch=True, is_mobile=True) as visit:
        page = visit.page
        page.goto(f"{visit.home}/chapters/00_asked.html")
        page.get_by_role("button", name="Up: The oracle").tap()
        page.get_by_role("button", name="Down: Random").tap()
        page.locator("#q-order button[type=submit]").tap()
        assert told(visit, "q-order") == "Yes. The oracle has none."
        page.locator("#q-all label").first.tap()
        page.locator("#q-all button[type=submit]").tap()
        assert told(visit, "q-all") == "Not without 3: a network learns, too."
        small = "e => e.filter(e => e.offsetWidth && e.offsetHeight < 44).map(e => e.outerHTML)"
        assert (
            page.eval_on_selector_all("form.asked :is(button, li > label, input[type=text]), .veil button", small) == []
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("#q-number input").get_attribute("inputmode") == "decimal"
        assert violations(page, SEEN) == []


def test_after_a_wrong_answer_a_hint_is_one_press_away(visit):
    choose(visit, "q-one", 1)
    visit.page.get_by_role("button", name="Show the hint").click()
    assert "How long is" in visit.page.locator(".hint:focus").inner_text()


def test_a_note_stands_in_a_wide_margin_and_else_is_opened_in_its_place(visit):
    page, note = visit.page, visit.page.locator("details.aside > div")
    where = "all => all.map(e => e.getBoundingClientRect()).flatMap(box => [box.y, box.x, box.right])"
    for seen in (True, False):
        page.locator("details.aside > summary").press("Enter")
        assert note.is_visible() == seen
    page.set_viewport_size({"width": 1600, "height": 900})
    y, _, end, top, left, right = page.locator(".noted > p, .aside > div").evaluate_all(where)
    assert end < left < right < 1600
    assert abs(top - y) < 8
    page.emulate_media(media="print")
    assert note.bounding_box()["height"] > 10


def test_without_a_script_a_question_reads_as_it_stands_and_nothing_is_veiled(plain, shelf):
    context = plain.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{shelf.as_uri()}/chapters/00_asked.html")
    assert page.locator("#q-one ol li").all_inner_texts()[1:] == ["Nothing.", "0.2."]
    assert page.locator("#q-one .answer").inner_text().count("the payoff is nothing") == 1
    assert page.locator("#fig-moves input").is_visible()
    assert page.locator("form.asked, .veil").count() == 0
    context.close()


def test_on_paper_stand_the_question_its_choices_and_its_answer(visit):
    page = visit.page
    choose(visit, "q-one", 1)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    text = page.locator("#q-one").inner_text()
    assert [
        words in text for words in ("how much is a stranger worth", "Nothing.", "Payoff plus", "the payoff is nothing")
    ] == [True] * 4
    assert page.locator("#q-one li").first.inner_text() != ""
    for control in (
        "#q-one button[type=submit]",
        "#q-one .told",
        "#q-one input",
        "#q-order .moves button",
        "#q-number input",
        ".veil",
    ):
        assert not page.locator(control).first.is_visible(), control
    assert page.locator("#fig-moves figcaption").is_visible()
    assert "shown" not in json.dumps({name: one for name, one in kept(visit).items() if one["shown"]})


# ---- every question of the book, in its page

ANSWER = """answers => answers.map(([name, given]) => {
  const box = document.getElementById(name), form = box.querySelector('form.asked'), list = form.querySelector('ol');
  const inputs = [...form.querySelectorAll('input')];
  if (box.dataset.asks === 'number') inputs[0].value = given;
  else if (box.dataset.asks === 'order') {
    for (const value of given.split(' ')) list.append([...list.children].find(item => item.value == value));
  } else for (const input of inputs) input.checked = given.split(' ').includes(input.value);
  form.requestSubmit();
  const what = node => [...node.childNodes].filter(e => e.nodeName !== 'STRONG').map(e => e.textContent).join('');
  const foreseen = [...box.querySelectorAll('.answer li')].map(item => what(item.querySelector('p') ?? item).trim());
  return [form.querySelector('.told').textContent.trim(), foreseen];
})"""


def answers(question: Question) -> Iterator[tuple[str, str | int]]:
    """Return answers, and what they should get: "Yes.", the place of a feedback, or a sentence of its own."""
    right = [str(i) for i in question.key]
    yield (" ".join(right) or f"{question.value:.12g}"), "Yes."
    if question.kind != "order":
        yield "", {"one": "Choose one first.", "all": "Tick what", "number": "Write a number"}[question.kind]
    if question.kind == "number":
        yield from (("abc", "That is not read"), ("1e999", "That is not read"))
        far = max(
            [question.value, *(abs(end) for when, _ in question.feedback for end in span(when) if abs(end) < 1e99)]
        )
        if not any("than" in when for when, _ in question.feedback):
            yield f"{10 * abs(far) + 7:.12g}", "Not within"
    for place, (when, _) in enumerate(question.feedback):
        if question.kind == "number":
            low, high = span(when)
            inside = low if low == high else (low + high) / 2
            inside = low + abs(low) + 1 if high > 1e99 else high - abs(high) - 1 if low < -1e99 else inside
            yield f"{inside:.12g}", place
        elif question.kind == "order":
            first, second = when.split(" before ")
            yield " ".join([first, second, *(one for one in right if one not in (first, second))]), place
        elif when.startswith("not "):
            yield " ".join(one for one in right if one != when[4:]), place
        else:
            yield (when if question.kind == "one" else " ".join(sorted({*right, when}))), place


def faults(visit: Visit, questions: list[Question]) -> list[str]:
    """Return what is wrong with the answers to some questions of one page."""
    asked = [
        (question.name, given, want) for question in questions for given, want in answers(question) if given or want
    ]
    got = visit.page.evaluate(ANSWER, [(name, given) for name, given, _ in asked])
    wrong = []
    for (name, given, want), (said, foreseen) in zip(asked, got, strict=True):
        words = foreseen[want] if isinstance(want, int) else want
        if not (said.startswith("Not ") and words in said if isinstance(want, int) else said.startswith(words)):
            wrong.append(f"{name}: to {given!r} the page says {said!r}, not {words!r}")
    return wrong


def test_the_small_book_answers_all_that_is_foreseen_and_a_fault_would_be_noticed(visit, shelf):
    asked = of_pages(pages_of(shelf.parent / "chapters"))[0]
    assert len(asked) == len(asked_book.SOURCES)
    assert faults(visit, asked) == []
    visit.page.reload()
    visit.page.evaluate("""() => {
      document.querySelector('#q-one li[data-when="3"]').dataset.when = '9';
      document.querySelector('#q-order li[data-when="3 2"]').dataset.when = '2 3';
    }""")
    assert {line.partition(":")[0] for line in faults(visit, asked)} == {"q-one", "q-order"}


def test_every_question_of_the_book_answers_what_is_foreseen(plain, address):
    build()
    asked, _ = of_pages(pages_of(ROOT / "chapters"))
    found = []
    with Visit(plain, address) as visit:
        for page in dict.fromkeys(question.page for question in asked):
            visit.page.goto(f"{address}/chapters/{page}.html", wait_until="domcontentloaded")
            here = [question for question in asked if question.page == page and not question.bet]
            found += faults(visit, here)
            veiled = visit.page.locator(".veiled").count()
            found += [f"{page}: {veiled} figures are veiled after all is answered"] * bool(veiled)
    assert found == []
