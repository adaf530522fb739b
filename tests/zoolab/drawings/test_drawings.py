"""Beside each picture stand two drawings: the same bytes each time, in known colours, and to be read on a phone."""

import itertools
import re
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure

from zoolab.drawings import palette, plots
from zoolab.drawings.drawings import NARROW, WIDE, drawings, keep
from zoolab.drawings.labels import fit, write_numbers_out
from zoolab.drawings.narrow import narrow
from zoolab.drawings.palette import NIGHT
from zoolib import CATEGORIES, ZooplusSimulator
from zoolib.experiment import Interval

SEEN = 337  # pixels that a figure has on a phone of 390
X = np.arange(0, 40_001, 500.0)


def rises(names):
    return {name: (1 + i) * X / X[-1] + np.zeros((2, 1)) for i, name in enumerate(names)}


def side_by_side():
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 3.4), sharey=True)
    for ax in axes:
        ax.plot(X, X, color=plots.BLUE, linestyle="--", label="one")
        ax.set(xlabel="visits", title="panel")
    axes[0].set_ylabel("regret, clicks")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center")
    return figure


FIGURES = {
    "curves": lambda: plots.curves(
        X, rises(["Oracle", "LinUCB", "Neural-Linear, replay"]), xlabel="step",
        ylabel="expected clicks per visit, last 500", marks={10_000: "fish boom", 25_000: "dog-toy craze"},
    ),
    "logarithmic": lambda: plots.curves(X[1:], {k: v[:, 1:] for k, v in rises(["Shared"]).items()}, log="xy",
                                        xlabel="products in the catalog", ylabel="regret"),
    "table": lambda: plots.click_table(ZooplusSimulator(), title="Who clicks what"),
    "rows": lambda: plots.intervals({f"Neural-Linear, alpha {i}": Interval(i, i - 1, i + 1, 9) for i in range(5)},
                                    xlabel="clicks per visit over the gauntlet; line: oracle", reference=2),
    "areas": lambda: plots.stacked(X, np.ones((5, len(X) - 1)), CATEGORIES, {10_000: "fish boom"}),
    "panels": side_by_side,
}  # fmt: skip


@cache
def drawn_once(name):
    return drawings(FIGURES[name]())


@pytest.fixture(params=FIGURES)
def drawn(request):
    return drawn_once(request.param)


def width_of(drawing):
    return float(re.search(r'viewBox="0 0 ([\d.]+) ', drawing)[1])


def sizes_of(drawing):
    """The size of each word, in units of the drawing."""
    return [float(size) for size in re.findall(r"font-size: ?([\d.]+)px", drawing)]


def words_of(drawing):
    return [word for word in re.findall(r"<text[^>]*>([^<]*)</text>", drawing) if word]


def test_drawing_twice_gives_the_same_bytes():
    for name, make in FIGURES.items():
        assert drawings(make()) == drawn_once(name)


def test_a_drawing_is_lean_and_tells_nothing_of_the_machine(drawn):
    for drawing in drawn.values():
        assert drawing.startswith("<svg ")
        assert len(drawing) < 60_000
        assert not re.search(r"<metadata|<!--|<dc:|[Mm]atplotlib|DejaVu|\d\.\d{3}", re.sub('"data:[^"]*"', "", drawing))


def test_every_letter_of_the_narrow_drawing_has_twelve_pixels_on_a_phone(drawn):
    sizes = sizes_of(drawn[NARROW])
    assert len(sizes) >= len(words_of(drawn[NARROW])) > 0
    assert min(sizes) * SEEN / width_of(drawn[NARROW]) >= 12


def test_every_colour_has_its_own_by_night(drawn):
    for drawing in drawn.values():
        assert set(re.findall("#[0-9a-fA-F]{6}", drawing)) <= set(NIGHT)
        assert drawing.startswith('<svg fill="#000000"')  # else what is black would stay so


def test_colours_that_differ_by_day_differ_by_night():
    hues = [palette.ORANGE, palette.SKY, palette.GREEN, palette.YELLOW, palette.BLUE, palette.VERMILION, palette.PURPLE]
    assert len({NIGHT[hue.lower()] for hue in hues}) == len(hues)


def test_panels_stand_below_each_other_on_a_phone_and_each_has_its_numbers():
    wide, narrow = drawn_once("panels").values()
    assert width_of(wide) == pytest.approx(6.4 * 72)
    assert width_of(narrow) == pytest.approx(3.5 * 72)
    both = [re.findall(r'x="([\d.]+)" y="([\d.]+)"[^>]*>panel<', part) for part in (wide, narrow)]
    assert [len({x for x, _ in part}) for part in both] == [2, 1]
    assert [len({y for _, y in part}) for part in both] == [1, 2]
    assert [words_of(part).count("regret, clicks") for part in (wide, narrow)] == [1, 2]
    assert [words_of(part).count("visits") for part in (wide, narrow)] == [2, 1]


def test_names_at_the_ends_of_lines_stand_in_a_legend_on_a_phone():
    wide, narrow = drawn_once("curves").values()
    for drawing in (wide, narrow):
        assert words_of(drawing).count("Neural-Linear, replay") == 1

    def height(drawing):
        return float(re.search(r'y="([\d.]+)"[^>]*>Oracle<', drawing)[1])  # the lowest of three lines

    assert height(wide) > 100
    assert height(narrow) < 40


def test_numbers_are_written_as_in_the_text():
    assert "40,000" in words_of(drawn_once("curves")[WIDE])
    words = words_of(drawn_once("logarithmic")[WIDE])
    assert "10,000" in words
    assert not any("$" in word or "math" in word for word in words)
    figure = plots.curves(X - 20_000, rises(["Oracle"]), xlabel="x", ylabel="y")
    assert "−20,000" in words_of(drawings(figure)[WIDE])


def test_the_digits_after_a_point_are_no_thousands():
    figure, ax = plt.subplots()
    ax.set(ylim=(-0.006, 0.0175), yticks=[-0.005, 0, 0.0025, 0.0125], xlim=(0, 20_000), xticks=[0, 12_500])
    write_numbers_out(figure)
    figure.canvas.draw()
    assert [text.get_text() for text in ax.get_yticklabels()] == ["\N{MINUS SIGN}0.0050", "0.0000", "0.0025", "0.0125"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "12,500"]


def test_numbers_keep_their_digits_while_places_lose_theirs():
    figure = plots.curves(X, {"Oracle": X[None] / 8e6}, xlabel="x", ylabel="y")
    for drawing in drawings(figure).values():
        assert {"0.001", "0.002", "0.003"} <= set(words_of(drawing))
        assert not re.search(r"\d\.\d{3}(?=[^<>]*>)", drawing)


def test_a_short_logarithmic_axis_counts_by_two_and_five():
    figure, ax = plt.subplots(figsize=(6.4, 2))
    ax.plot([0.2, 5], [1, 1], label="one")
    ax.set_xscale("log")
    ax.set_yticks([1], ["row"])
    assert (
        {"0.2", "0.5", "1", "2", "5"} <= set(words_of(drawings(figure)[NARROW])) <= {"0.2", "0.5", "1", "2", "5", "row"}
    )


def test_panels_that_share_their_rows_name_them_each_on_a_phone():
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 3), sharey=True)
    names = ["Neural-Linear, latest click", "LinUCB on all columns"]
    for ax in axes:
        ax.plot([1, 2], [0, 1], "o", label="one")
        ax.set_yticks([0, 1], names)
    wide, narrow = drawings(figure).values()
    assert [words_of(wide).count(name) for name in names] == [1, 1]
    assert [words_of(narrow).count(name) for name in names] == [2, 2]


def test_pyplot_knows_of_no_second_figure_and_the_first_keeps_its_size():
    figure = FIGURES["rows"]()
    before = plt.get_fignums()
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    drawings(figure)
    assert plt.get_fignums() == before
    assert figure.get_figwidth() == 6.4
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == names


def test_a_notebook_keeps_the_drawings_beside_the_picture(monkeypatch):
    class Shell:
        display_formatter = DisplayFormatter()

    monkeypatch.setattr("IPython.get_ipython", Shell)
    keep()
    Shell.display_formatter.formatters["image/png"].for_type(Figure, lambda figure: b"picture")
    Shell.display_formatter.active_types = ["text/plain", "image/png"]
    data, _ = Shell.display_formatter.format(FIGURES["rows"]())
    assert {"text/plain", WIDE, NARROW} <= set(data)
    assert len(words_of(data[WIDE])) > 3
    monkeypatch.setenv("BOOK_DRAWINGS", "0")
    data, _ = Shell.display_formatter.format(FIGURES["rows"]())
    assert data[WIDE] == data[NARROW] == "<svg></svg>"


def gauntlet():
    """Return a figure of a run with two shocks, an oracle above both, and names at the ends of its lines."""
    steps = np.arange(0, 20_001, 100)
    lines = {"Oracle": np.full((1, len(steps)), 0.6), "Neural-Linear, replay": np.full((1, len(steps)), 0.5)}
    return plots.curves(
        steps, lines, xlabel="step", ylabel="clicks", title="Runs", marks={5000: "boom", 10_000: "fish"}
    )


def test_numbers_below_an_axis_have_a_gap_that_other_letters_may_fill():
    figure = gauntlet()
    write_numbers_out(figure)
    fit(figure)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].get_xticklabels()]
    letter = figure.dpi * 11 / 72
    assert len(boxes) > 3
    assert min(b.x0 - a.x1 for a, b in itertools.pairwise(boxes)) > 0.7 * letter


@pytest.mark.parametrize("drawn", [lambda figure: figure, narrow], ids=["wide", "narrow"])
def test_the_words_of_a_mark_stand_above_all_lines_and_below_the_title(drawn):
    figure = drawn(gauntlet())
    figure.draw_without_rendering()
    ax = figure.axes[0]
    title = next(text for text in ax.get_children() if getattr(text, "get_text", str)() == "Runs")
    for words in (text for text in ax.texts if text.get_text() in ("boom", "fish")):
        box = words.get_window_extent()
        assert box.y0 >= ax.get_window_extent().y1
        assert box.y1 <= title.get_window_extent().y0


def test_a_line_through_the_names_of_rows_ends_beside_them_but_hides_no_point():
    rows = {f"a name that is long enough, {i}": Interval(i - 1, i - 1.2, i - 0.8, 9) for i in range(3)}
    ax = narrow(plots.intervals(rows, xlabel="more", reference=0.0)).axes[0]
    names = [text for text in ax.texts if text.get_text().startswith("a name")]
    reference = next(line for line in ax.lines if list(line.get_xdata()) == [0, 0])
    assert len(names) == 3
    for name in names:
        assert name.get_bbox_patch() is not None
        assert reference.get_zorder() < name.get_zorder()
        assert all(name.get_zorder() < line.get_zorder() for line in ax.lines if line is not reference)


def test_the_numbers_of_a_logarithmic_axis_stand_in_one_line():
    figure = plots.curves(np.array([10, 40]), {"LinUCB": np.ones((1, 2))}, xlabel="x", ylabel="y", log="x")
    write_numbers_out(figure)
    figure.draw_without_rendering()
    axis = figure.axes[0].xaxis
    tops = {
        round(text.get_window_extent().y1)
        for minor in (False, True)
        for text in axis.get_ticklabels(minor=minor)
        if text.get_text()
    }
    assert max(tops) - min(tops) <= 1


@pytest.mark.parametrize("where", ["x", "y"])
def test_the_words_of_an_axis_are_broken_until_they_fit(where):
    figure, ax = plt.subplots(figsize=(3.5, 2.6))
    ax.set(**{f"{where}label": "wide words of an axis, more of them than it has room for, and yet more"})
    fit(figure)
    figure.draw_without_rendering()
    box = getattr(ax, f"{where}axis").label.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width
    assert box.height <= (ax.get_window_extent().height if where == "y" else figure.bbox.height)


def test_a_title_is_broken_where_its_panel_is_narrow():
    figure, axes = plt.subplots(2, 2, figsize=(6.4, 6.3))
    for ax in axes.flat:
        ax.imshow(np.eye(3))
        ax.set_title("a title of many words")
    drawn = narrow(figure)
    drawn.draw_without_rendering()
    assert all("\n" in ax.get_title("left") for ax in drawn.axes)
