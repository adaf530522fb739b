"""Figures that move: what they draw is what they were given, and the reader can move them by keyboard."""

import itertools
import json
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from browsing import Visit, address, browser, names  # noqa: F401  fixtures
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from figures import HATCHES, Axis, Bars, Line, Moving, Points, band, principal_plane
from zoolab.drawings.plots import CATEGORY_COLOURS
from zoolib.experiment import mean_interval

X = np.arange(5.0)
CONTROLS = {"alpha": [0.1, 0.2, 0.4], "agent": ["LinUCB", "Neural-Linear <script>"]}


def draw(alpha, agent):
    y = alpha * X + (agent != "LinUCB")
    return [Line("LinUCB", X, y, y - 0.1, y + 0.1), Points("Oracle", X, y / 2), Bars("_shares", X, y, 0 * y, y)]


def say(alpha, agent):
    return f"alpha {alpha} & {agent}: ends at {4 * alpha + (agent != 'LinUCB'):.1f}"


def moving(**changes):
    words = {"x": Axis("step", 0, 4), "y": Axis("clicks", -1, 3), "alt": "Lines that climb as alpha grows."}
    return Moving(**{"name": "demo", "controls": CONTROLS, "draw": draw, "say": say, **words, **changes})


def bundle(figure):
    return figure._repr_mimebundle_()


def data_of(page):
    return json.loads(BeautifulSoup(page, "html.parser").find("script", type="application/json").string)


def many_names(*_):
    names = ["new puppy parent", "cat connoisseur", "budget shopper", "fish hobbyist", *CATEGORY_COLOURS]
    return [Line("from where it was stored", X, X / 2, style="-"), *(Points(name, X, X) for name in names)]


@pytest.mark.parametrize("drawn", [draw, many_names])
def test_the_legend_of_the_picture_for_print_is_not_cut(monkeypatch, drawn):
    kept = []
    monkeypatch.setattr("figures.around.plt.close", kept.append)
    bundle(moving(draw=drawn, controls={"alpha": [0.1], "agent": ["LinUCB"]}))
    *_, figure = kept  # the one before it made the backend ready
    (legend,) = figure.legends
    figure.draw_without_rendering()
    box = legend.get_window_extent()
    assert 0 <= box.x0 < box.x1 <= figure.bbox.width
    assert len(legend.get_texts()) >= 2
    plt.close("all")


def test_every_frame_holds_the_numbers_that_were_drawn():
    data = data_of(bundle(moving())["text/html"])
    assert data["sizes"] == [3, 2]
    at = 0
    for alpha in CONTROLS["alpha"]:
        for agent in CONTROLS["agent"]:
            assert data["words"][at] == say(alpha, agent)
            line = data["paths"][data["frames"][at][1]]  # the band comes first
            places = np.array(re.findall(r"([\d.]+) ([\d.]+)", line), dtype=float)
            y = alpha * X + (agent != "LinUCB")
            back = -1 + 4 * (300 - 42 - places[:, 1]) / (300 - 42 - 10)
            np.testing.assert_allclose(back, y, atol=0.05 * 4 / 248 + 1e-9)
            left = moving().y.room
            np.testing.assert_allclose(4 * (places[:, 0] - left) / (440 - left - 22), X, atol=0.05 * 4 / 350 + 1e-9)
            at += 1


def test_without_javascript_the_start_is_shown_and_nothing_pretends_to_move():
    page = BeautifulSoup(bundle(moving(start={"alpha": 0.4}))["text/html"], "html.parser")
    data = data_of(str(page))
    drawn = [path["d"] for path in page.select("path[data-mark]")]
    assert drawn == [data["paths"][i] for i in data["frames"][4]]
    assert page.select_one("[role=status]").text == say(0.4, "LinUCB")
    assert page.select_one("[data-controls]").has_attr("hidden")
    assert page.select_one("svg[role=img]")["aria-label"] == moving().alt


def test_it_can_be_printed_and_read_aloud():
    shown = bundle(moving())
    assert shown["image/png"].startswith(b"\x89PNG")
    assert moving().alt in shown["text/plain"]
    assert say(0.1, "LinUCB") in shown["text/plain"]


def test_an_axis_may_reach_beyond_the_whole_numbers_of_a_machine():
    y = Axis("operations", 1, 10**22, log=True, ticks={10**21: "many"})
    shown = bundle(moving(y=y, draw=lambda alpha, agent: [Line("a", X, 10.0 ** (5 * X))]))
    assert "many" in shown["text/html"]
    assert shown["image/png"].startswith(b"\x89PNG")


def test_words_are_text_and_never_markup():
    page = bundle(moving(caption="a < b & <b>c</b>"))["text/html"]
    soup = BeautifulSoup(page, "html.parser")
    assert soup.figcaption.text == "a < b & <b>c</b>"
    assert soup.select("select option")[1].text == "Neural-Linear <script>"
    assert len(soup.find_all("script")) == 2


def test_the_same_figure_is_written_the_same_way_twice():
    assert bundle(moving())["text/html"] == bundle(moving())["text/html"]


@given(st.floats(0.01, 1e6), st.floats(0.01, 1e6))
def test_a_logarithmic_axis_keeps_ratios(a, b):
    axis = Axis("K", 0.01, 1e6, log=True)
    assert np.isclose(axis.place(a) - axis.place(b), np.log10(a / b) / 8)


@given(st.floats(-1e6, 1e6))
def test_nothing_is_placed_beyond_the_ends_of_an_axis(value):
    assert 0 <= Axis("x", -3, 7).place(value) <= 1


def test_round_ticks_lie_within_the_axis():
    assert list(Axis("step", 0, 40_000).marks()) == [0, 8000, 16000, 24000, 32000, 40000]
    assert set(Axis("K", 50, 5000, log=True).marks()) == {100, 1000}
    assert list(Axis("p", 1e6, 1e8, log=True).marks().values()) == ["1,000,000", "10,000,000", "100,000,000"]
    assert Axis("who", 0, 1, ticks={0: "cat"}).marks() == {0: "cat"}


def test_marks_that_change_their_kind_between_frames_are_refused():
    figure = moving(draw=lambda alpha, agent: [Line("LinUCB" if alpha < 0.3 else "Oracle", X, X)])
    with pytest.raises(ValueError, match="the same names and parts"):
        bundle(figure)


def test_a_figure_too_heavy_for_a_page_is_refused():
    long = np.linspace(0, 4, 20_000)
    rng = np.random.default_rng(0)
    figure = moving(draw=lambda alpha, agent: [Line("LinUCB", long, rng.random(20_000))])
    with pytest.raises(ValueError, match="more than a page should carry"):
        bundle(figure)


@pytest.mark.parametrize(("make", "message"), [
    *((lambda changes=changes: moving(**changes), message) for changes, message in (
        ({"name": "Two Words"}, "name must be words"), ({"controls": {}}, "controls must name"),
        ({"controls": {"alpha": []}}, "controls must name"), ({"start": {"alpha": 3}}, "start: 'alpha' has no value 3"),
        ({"start": {"beta": 3}}, "start: 'beta'"), ({"play": "beta"}, "play must be a control"),
        ({"controls": {"alpha": range(3000)}}, "3000 pictures"),
    )),
    (lambda: Line("a", X, X[:2]), "a: y must be a row"), (lambda: Line("a", X, X * np.nan), "a: y must be a row"),
    (lambda: Line("a", X, X, low=X), "low and high must be given together"),
    (lambda: Bars("a", X, X), "bars must have low and high"),
    (lambda: Axis("x", 1, 1), "must run from low to high"), (lambda: Axis("x", 0, 1, log=True), "above 0"),
    (lambda: Points("a", X, X, marker="?").paths(Axis("x", 0, 4), Axis("y", 0, 4)), "marker must be"),
])  # fmt: skip
def test_figures_marks_and_axes_refuse_what_cannot_be_drawn(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_band_is_the_interval_at_each_point():
    values = np.random.default_rng(0).random((20, 5))
    line = band("LinUCB", X, values, style=":")
    for i, at in enumerate(map(mean_interval, values.T)):
        assert (line.y[i], line.low[i], line.high[i]) == (at.mean, at.low, at.high)
    assert line.style == ":"
    assert band("LinUCB", X, values[:1]).low is None


def test_the_principal_plane_shows_most_and_does_not_depend_on_a_sign():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(3, 7, 6)) * [0.1, 5, 0.1, 0.1, 2, 0.1] + 1
    seen = principal_plane(Z)
    assert seen.shape == (3, 7, 2)
    flat = Z.reshape(-1, 6) - Z.reshape(-1, 6).mean(0)
    assert np.isclose((seen**2).sum(), (np.linalg.svd(flat)[1][:2] ** 2).sum())
    assert np.corrcoef(seen[..., 0].ravel(), Z[..., 1].ravel())[0, 1] > 0.99
    np.testing.assert_allclose(principal_plane(-Z), -seen)


def test_a_line_without_points_draws_nothing():
    axis = Axis("x", 0, 1)
    assert Line("a", [], []).paths(axis, axis)[0][0] == ""


def test_what_is_only_in_the_legend_can_be_drawn():
    axis = Axis("first", 0, 1)
    figure = moving(controls={"step": [0, 1]}, say=str, x=axis, y=axis,
                    draw=lambda step: [Points("Cat Food", [], []), Points("_b", [step / 2], [0.5])])  # fmt: skip
    shown = bundle(figure)
    assert "Cat Food" in shown["text/html"]
    assert shown["image/png"].startswith(b"\x89PNG")


def test_axes_follow_what_is_drawn_and_only_then_travel_with_it():
    follows = moving(x=lambda alpha, agent: Axis("step", 0, 4 if alpha < 0.2 else 8))
    data = data_of(bundle(follows)["text/html"])
    assert len(data["axes"]) == 2
    assert data["axesOf"] == [int(at[0] >= 0.2) for at in itertools.product(*CONTROLS.values())]
    assert ">8</text>" in data["axes"][1]
    assert ">8</text>" not in data["axes"][0]
    assert data["paths"][data["frames"][0][1]] != data["paths"][data["frames"][-1][1]]
    assert "axes" not in data_of(bundle(moving())["text/html"])


def test_bars_differ_in_more_than_colour_and_the_legend_shows_it():
    marks = [Bars(f"bar {name}", X, X, 0 * X, X, "#0072B2", hatch=name) for name in HATCHES]
    page = BeautifulSoup(bundle(moving(draw=lambda *_: marks))["text/html"], "html.parser")
    for name in filter(None, HATCHES):
        (entry,) = [entry for entry in page.select("li") if f"bar {name}" in entry.text]
        assert entry.select_one(f"path[fill='url(#hatch-{name})']")
        assert page.select_one(f"pattern#hatch-{name} path")["d"] == HATCHES[name][0]
    assert len({tile for tile, _ in HATCHES.values()}) == len(HATCHES)


def test_rows_leave_room_for_their_names():
    x, rows = Axis("share", 0, 1), Axis("", -1.5, 0.5, ticks={0: "network, as it comes", -1: "linear"})
    points = Points("_network", [0.0], [0.0], across=True).paths(x, rows)[0][0]
    assert float(points.split()[0][1:]) > 150
    assert Axis("", 0, 1, ticks={0: "a"}).room < Axis("clicks", 0, 0.01).room < float(points.split()[0][1:])


def test_a_colour_has_its_own_by_night_and_a_number_its_minus():
    _, attributes = Line("LinUCB", X, X).paths(Axis("x", 0, 4), Axis("y", 0, 4))[0]
    assert 'stroke="var(--by-day-0072b2,#0072B2)"' in attributes
    assert all(words == f"{value:g}".replace("-", "−") for value, words in Axis("x", -1, 1).marks().items())
    assert "−" in "".join(Axis("x", -1, 1).marks().values())


def test_jupyterlab_leaves_the_arrow_keys_to_the_controls():
    figure = BeautifulSoup(bundle(moving())["text/html"], "html.parser").figure
    assert figure["data-lm-suppress-shortcuts"] == "true"


# ---- in a browser ----------------------------------------------------------------------------------------------------


def moved(page, figure):
    """Move every control of a figure by the keyboard, and return what went wrong."""
    data = json.loads(figure.locator("script[type='application/json']").inner_text())
    inputs = figure.locator("[data-control]").all()
    wrong = []
    for i, control in enumerate(inputs):
        if data["sizes"][i] < 2:
            continue
        control.focus()
        before = [int(c.input_value()) for c in inputs]
        page.keyboard.press("ArrowRight" if before[i] + 1 < data["sizes"][i] else "ArrowLeft")
        after = [int(c.input_value()) for c in inputs]
        if before == after:
            wrong.append(f"control {i} did not move")
        frame = int(np.ravel_multi_index(after, data["sizes"]))
        if figure.locator("[role=status]").inner_text() != " ".join(data["words"][frame].split()):
            wrong.append(f"control {i}: the words are not those of frame {frame}")
        drawn = figure.locator("[data-mark]").evaluate_all("marks => marks.map(m => m.getAttribute('d'))")
        if drawn != [data["paths"][p] for p in data["frames"][frame]]:
            wrong.append(f"control {i}: the picture is not that of frame {frame}")
    return wrong


def test_a_figure_moves_by_keyboard_and_by_its_button(browser, tmp_path):  # noqa: F811
    page = tmp_path / "page.html"
    figure = bundle(moving(play="alpha"))["text/html"]
    page.write_text(f"<!doctype html><title>t</title><html lang=en>{figure}", encoding="utf-8")
    with Visit(browser, tmp_path.as_uri()) as visit:
        visit.page.goto(page.as_uri())
        shown = visit.page.locator("figure[data-widget]")
        assert moved(visit.page, shown) == []
        visit.page.locator("button").focus()
        visit.page.keyboard.press("Enter")
        assert visit.page.locator("button").inner_text() == "Pause"
        visit.page.wait_for_function("document.querySelector('button').textContent == 'Play'", timeout=15_000)
        assert visit.page.locator("input").input_value() == "2"
        assert visit.wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("from_disk", [False, True], ids=["server", "disk"])
def test_every_moving_figure_of_the_book_moves_by_keyboard(browser, address, from_disk):  # noqa: F811
    """From the disk, where only how a page is loaded is another, the figures of one page."""
    from built_book import HTML

    wrong, seen = [], 0
    with Visit(browser, HTML.as_uri() if from_disk else address) as visit:
        for name in names():
            if (from_disk and seen) or "data-widget" not in (HTML / name).read_text(encoding="utf-8"):
                continue
            visit.look(name)
            while (waits := visit.page.locator(".veil button")).count():  # for a prediction
                waits.first.click()
            for figure in visit.page.locator("figure[data-widget]").all():
                seen += 1
                wrong += [f"{name}, {figure.get_attribute('data-widget')}: {w}" for w in moved(visit.page, figure)]
            wrong += visit.wrong
    assert wrong == []
    assert seen
