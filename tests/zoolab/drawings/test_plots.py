"""Figures draw without a warning, and their words can be read: on white, and on a dark page's ground."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.text import Text

import zoolib as zoo
from zoolab.drawings import plots
from zoolab.drawings.palette import GROUND, NIGHT, darker
from zoolib.experiment import Interval, mean_interval

DARK = to_rgb(NIGHT[GROUND])  # the dark page


def luminance(rgb):
    rgb = np.asarray(rgb)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    """WCAG 2: the ratio of two luminances, 1 to 21; words need 4.5."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def by_night(rgb):
    """The colour on a dark page; one that the palette does not know fails."""
    return np.array(to_rgb(NIGHT[to_hex(rgb)]))


def words_of(figure):
    """All words that are drawn; matplotlib keeps labels of ticks outside an axis too."""
    outside = []
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = sorted(axis.get_view_interval())
        for minor in (False, True):
            places = axis.get_ticklocs(minor=minor)
            labels = axis.get_ticklabels(minor=minor)
            outside += [label for place, label in zip(places, labels, strict=False) if not low <= place <= high]
    texts = figure.findobj(Text)
    return [text for text in texts if text.get_visible() and text.get_text().strip() and text not in outside]


@pytest.fixture(scope="module")
def results():
    cast = {
        "Random": lambda f, rng: zoo.RandomAgent(f, rng=rng),
        "LinUCB": lambda f, rng: zoo.LinUCBAgent(f),
        "LinUCB, window": lambda f, rng: zoo.LinUCBAgent(f, window=200),
        "Shared": lambda f, rng: zoo.SharedLinUCBAgent(f),
        "Shared, crossed": lambda f, rng: zoo.SharedLinUCBAgent(f.encoded("crossed")),
        "Shared, crossed, discounted": lambda f, rng: zoo.SharedLinUCBAgent(f.encoded("crossed"), gamma=0.99),
        "Somebody new": lambda f, rng: zoo.OracleAgent(f),
    }
    return zoo.replicate(cast, range(3), 1500, {500: zoo.SHOCK_FISH, 1000: zoo.SHOCK_DOG_TOY}, n_products=10)


SHELVES = ("Maps", "Novels", "Comics", "Cookbooks", "Atlases", "Cat Food")
AT_ONCE = [*plots.LOOKS][:-1]  # more names have no room beside one picture

FIGURES = {
    "click table": lambda r: plots.click_table(zoo.ZooplusSimulator(), title="Who clicks what"),
    "rolling CTR": lambda r: plots.rolling_ctr(r, title="Over time"),
    "rolling value": lambda r: plots.rolling_ctr(r, of="expected"),
    "curves": lambda r: plots.curves(
        np.array([50, 500, 5000]),
        {name: 1 + i + np.random.default_rng(i).random((5, 3)) for i, name in enumerate(AT_ONCE)},
        xlabel="products", ylabel="regret", title="Growth", log="xy", marks={500: "here"},
    ),
    "one replication": lambda r: plots.curves(np.arange(4), {"LinUCB": np.ones((1, 4))}, xlabel="x", ylabel="y"),
    "intervals": lambda r: plots.intervals(
        {name: Interval(i, i - 0.5, i + 0.5, 9) for i, name in enumerate(plots.LOOKS)}, xlabel="CTR", reference=0.2
    ),
    "shown categories": lambda r: plots.shown_categories(r, "LinUCB", "budget_shopper", title="What it showed"),
    "agents of one's own": lambda r: plots.curves(
        np.arange(3), {f"Mine {i}": np.full((2, 3), i) for i in range(len(plots.OWN_LOOKS))}, xlabel="x", ylabel="y"
    ),
    "a shop of one's own": lambda r: plots.stacked(np.arange(4), np.ones((6, 3)), SHELVES, {2: "snow"}, "Shown"),
}  # fmt: skip


@pytest.fixture(params=FIGURES)
def figure(request, results):
    made = FIGURES[request.param](results)
    made.canvas.draw()
    return made


def test_a_figure_names_its_axes_and_leaves_no_word_outside(figure):
    width, height = figure.canvas.get_width_height()
    renderer = figure.canvas.get_renderer()
    for text in words_of(figure):
        box = text.get_window_extent(renderer)
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y1 <= height + 1, text
    for ax in figure.axes:
        assert ax.get_xlabel() or not ax.lines
    assert figure.get_facecolor()[3] == 0  # a transparent ground


def test_words_can_be_read_on_white_and_on_a_dark_page(figure):
    for text in words_of(figure):
        colour = to_rgba(text.get_color())
        assert colour[3] == 1, text
        assert contrast(colour[:3], (1, 1, 1)) >= 4.5, text
        assert contrast(by_night(colour[:3]), DARK) >= 4.5, text
        box = text.get_bbox_patch()
        if box is not None:  # the words bring their own ground
            assert box.get_facecolor() == (1, 1, 1, 1)
            assert contrast(by_night(colour[:3]), by_night((1, 1, 1))) >= 4.5


@pytest.mark.parametrize("p", np.linspace(0, 1, 21))
def test_every_number_of_the_click_table_can_be_read_on_its_cell(p):
    sim = zoo.ZooplusSimulator()
    sim.set_click_table(np.full((4, 5), p))
    (ax,) = plots.click_table(sim).axes
    *ink, cover = ax.images[0].to_rgba(np.array([[p]]))[0, 0]
    assert len(ax.texts) == 20
    for colour in {to_rgb(text.get_color()) for text in ax.texts}:
        for word, page, over in ((colour, np.ones(3), np.array(ink)), (by_night(colour), DARK, by_night(ink))):
            cell = cover * over + (1 - cover) * np.array(page)
            assert contrast(word, cell) >= 4.5


def test_more_clicks_are_more_ink_by_day_and_by_night():
    cover = plots.COVERAGE(np.linspace(0, 1, 256))
    assert (np.diff(cover[:, 3]) > 0).all()
    assert {to_hex(colour) for colour in cover[:, :3]} == {plots.BLUE.lower()}


def test_the_click_table_shows_each_probability_beside_its_names():
    sim = zoo.ZooplusSimulator()
    (ax,) = plots.click_table(sim).axes
    columns = [tick.get_text() for tick in ax.get_xticklabels()]
    rows = [tick.get_text().replace(" ", "_") for tick in ax.get_yticklabels()]
    assert sorted(columns) == sorted(zoo.CATEGORIES)
    assert rows == list(zoo.PERSONAS)
    for text in ax.texts:
        column, row = text.get_position()
        p = sim.click_table[zoo.PERSONAS.index(rows[row]), zoo.CATEGORIES.index(columns[column])]
        assert text.get_text() == f"{p:.2f}"
        assert ax.images[0].get_array()[row, column] == p


def test_a_curve_is_the_mean_and_its_band_the_t_interval():
    values = np.random.default_rng(0).random((6, 4))
    (ax,) = plots.curves(np.arange(4), {"LinUCB": values}, xlabel="x", ylabel="y").axes
    assert np.allclose(ax.lines[0].get_ydata(), values.mean(0))
    (band,) = ax.collections
    ends = {tuple(vertex) for vertex in band.get_paths()[0].vertices.round(12)}
    for x in range(4):
        interval = mean_interval(values[:, x])
        assert (x, round(interval.low, 12)) in ends
        assert (x, round(interval.high, 12)) in ends


@pytest.mark.parametrize("n_lines", [1, 4, 9])
@pytest.mark.parametrize("spread", [0.0, 0.001, 1.0])
def test_names_stand_beside_the_ends_of_their_curves_and_never_overlap(n_lines, spread):
    lines = {name: np.full((1, 5), 0.5 + spread * i) for i, name in enumerate(list(plots.LOOKS)[:n_lines])}
    figure = plots.curves(np.arange(5), lines, xlabel="x", ylabel="y")
    figure.canvas.draw()
    (ax,) = figure.axes
    boxes = [text.get_window_extent(figure.canvas.get_renderer()) for text in ax.texts]
    assert [text.get_text() for text in ax.texts] == list(lines)
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            assert not one.overlaps(other)
    if spread == 1.0:  # nothing had to move
        for box, values in zip(boxes, lines.values(), strict=True):
            end = ax.transData.transform((4, values[0, -1]))[1]
            assert abs((box.y0 + box.y1) / 2 - end) < 3


def test_every_agent_keeps_one_look_that_no_other_agent_of_the_book_has():
    looks = [tuple(plots.look(name).values()) for name in plots.LOOKS]
    assert len(set(looks)) == len(looks)
    assert plots.look("Neural-Linear, replay, larger buffer") == plots.look("Neural-Linear, replay")
    assert plots.look("LinUCB, alpha = 1") == plots.look("LinUCB")
    assert plots.look("Shared, crossed") != plots.look("Shared")
    assert plots.look("A stranger") == {"color": plots.INK, "linestyle": "-"}


def test_agents_of_ones_own_can_be_told_apart_and_from_those_of_the_book():
    """Each keeps its look through a figure, whoever of the book is drawn between them."""
    assert not {*plots.OWN_LOOKS} & {*plots.LOOKS.values()}
    own = [f"Mine {i}" for i in range(len(plots.OWN_LOOKS))]
    lines = {name: np.ones((2, 3)) for name in (own[0], "LinUCB", *own[1:], "Oracle")}
    (ax,) = plots.curves(np.arange(3), lines, xlabel="x", ylabel="y").axes
    drawn = {line.get_label(): (line.get_color(), line.get_linestyle()) for line in ax.get_lines()}
    assert len({*drawn.values()}) == len(lines)
    assert drawn["LinUCB"] == tuple(plots.look("LinUCB").values())
    words = {text.get_text(): text.get_color() for text in ax.texts}
    assert all(words[name] == darker(colour) for name, (colour, _) in drawn.items())
    assert drawn["Mine 1"] == tuple(plots.look("Mine 1", ["Mine 0", "LinUCB", "Mine 1", "Mine 2"]).values())
    assert plots.look("Mine 7", own) == plots.look("Mine 0")  # once through, from the start


def test_categories_of_ones_own_can_be_told_apart_and_those_of_the_book_keep_their_colours():
    (ax,) = plots.stacked(np.arange(4), np.ones((6, 3)), SHELVES, {}).axes
    colours = [to_hex(layer.get_facecolor()[0]) for layer in ax.collections]
    assert colours[-1] == plots.CATEGORY_COLOURS["Cat Food"].lower()
    assert len({*colours}) == len(SHELVES)


@pytest.mark.parametrize(("draw", "message"), [
    (lambda r: plots.every_world(r, "Mine"), "agent must be one of .*LinUCB.*, got 'Mine'"),
    (lambda r: plots.shown_categories(r, "Mine", "budget_shopper"), "agent must be one of .*LinUCB.*, got 'Mine'"),
    (lambda r: plots.shown_categories(r, "LinUCB", "bugdet_shopper"), "persona must be one of .*shopper, .*bugd"),
])  # fmt: skip
def test_a_name_that_the_results_do_not_know_is_named_with_those_that_they_do(results, draw, message):
    with pytest.raises(ValueError, match=message):
        draw(results)


def test_shares_of_categories_are_those_of_the_run(results):
    figure = plots.shown_categories(results, "LinUCB", "budget_shopper", bins=3)
    (ax,) = figure.axes
    persona, agent = zoo.PERSONAS.index("budget_shopper"), results.agents.index("LinUCB")
    came = results.persona == persona
    for c, layer in enumerate(ax.collections):
        vertices = layer.get_paths()[0].vertices
        for part in range(3):
            steps = slice(500 * part, 500 * (part + 1))
            shown = results.category[agent, :, steps][came[:, steps]]
            heights = vertices[np.isclose(vertices[:, 0], 500 * part + 250), 1]
            assert np.isclose(np.ptp(heights), (shown == c).mean())


def test_the_house_style_is_set_by_name_and_draws_nothing():
    assert plt.rcParams["savefig.facecolor"] == "none"
    assert plt.rcParams["axes.grid"]
    assert not plt.get_fignums()


def test_a_band_that_is_known_is_drawn_as_the_same_of_replications(rng):
    x, values = np.arange(5.0), rng.normal(size=(40, 5))
    words = {"xlabel": "step", "ylabel": "clicks"}
    ends = [(at.mean, at.low, at.high) for at in map(mean_interval, values.T)]
    known = plots.curves(x, {"LinUCB": plots.Band(*np.transpose(ends))}, **words).axes[0]
    drawn = plots.curves(x, {"LinUCB": values}, **words).axes[0]
    assert np.array_equal(known.get_lines()[0].get_ydata(), drawn.get_lines()[0].get_ydata())
    (mine,), (own,) = known.collections, drawn.collections
    assert np.array_equal(mine.get_paths()[0].vertices, own.get_paths()[0].vertices)


def test_what_has_no_interval_has_no_band():
    for of in (np.ones((1, 3)), plots.Band(np.ones(3))):
        assert not plots.curves(np.arange(3.0), {"Oracle": of}, xlabel="", ylabel="").axes[0].collections


def test_parts_of_a_row_are_joined_and_stand_where_the_means_are():
    rows = {
        "LinUCB": {"standard": Interval(0.5, 0.4, 0.6, 9), "tuned": Interval(0.7, 0.6, 0.8, 9)},
        "Shared": {"standard": Interval(0.2, 0.1, 0.3, 9), "tuned": Interval(0.3, 0.2, 0.4, 9)},
    }
    figure = plots.intervals(rows, xlabel="clicks")
    lines = [(list(map(float, line.get_xdata())), float(line.get_ydata()[0])) for line in figure.axes[0].get_lines()]
    assert [at for at in lines if len(at[0]) == 1] == [([0.5], 0), ([0.7], 0), ([0.2], 1), ([0.3], 1)]
    assert ([0.5, 0.7], 0.0) in lines
    assert ([0.2, 0.3], 1.0) in lines
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["LinUCB", "Shared"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["standard", "tuned"]


def test_rows_have_the_looks_that_they_are_given():
    rows = {"one": Interval(0.5, 0.4, 0.6, 9), "other": Interval(0.7, 0.6, 0.8, 9)}
    looks = {"one": (plots.GREEN, "s"), "other": (plots.PURPLE, "D")}
    lines = plots.intervals(rows, looks=looks, xlabel="x").axes[0].get_lines()
    drawn = [(line.get_color(), line.get_marker()) for line in lines if line.get_marker() != "None"]
    assert drawn == list(looks.values())


@pytest.mark.parametrize(("call", "message"), [
    (lambda: plots.curves(np.arange(3), {"a": plots.Band(np.ones(3), np.ones(2), np.ones(3))}, xlabel="", ylabel=""),
     "lines.*'a'.* 3 of x"),
    (lambda: plots.stacked(np.arange(3), np.ones((2, 3)), ["x", "y"], {}), r"counts must be \(2, 2\), got \(2, 3\)"),
    (lambda: plots.intervals({}), "rows must hold"),
    (lambda: plots.intervals({"a": {"x": 1}, "b": {"y": 1}}), "rows must hold .* the same"),
    (lambda: plots.intervals({"a": 1, "b": {"a": 1, "y": 1}}), "rows must hold .* the same"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_areas_are_named_where_they_are():
    edges = np.linspace(0, 100, 51)
    counts = np.stack([np.full(50, 5), np.r_[np.full(25, 5), np.zeros(25)], np.r_[np.zeros(25), np.full(25, 4.9)],
                       np.full(50, 0.1)])  # fmt: skip
    ax = plots.stacked(edges, counts, zoo.CATEGORIES[:4], {}).axes[0]
    words = {text.get_text(): text.get_position() for text in ax.texts}
    assert list(words) == list(zoo.CATEGORIES[:3])  # the fourth is too thin, and in the legend
    assert words[zoo.CATEGORIES[0]][1] == pytest.approx(0.25, abs=0.02)
    assert words[zoo.CATEGORIES[1]][0] < 50 < words[zoo.CATEGORIES[2]][0]
    assert [text.get_text() for text in ax.figure.legends[0].get_texts()] == list(zoo.CATEGORIES[:4])
