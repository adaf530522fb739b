"""Draw the cover picture: one agent in a hundred worlds, each a thin line, their mean, and the oracle.

Run from the repository: ``python chapters/images/make_cover.py``. It takes about ten seconds and writes ``cover.png``
(light ground) and ``cover-dark.png``.
"""

from pathlib import Path

import matplotlib.pyplot as plt
from PIL import Image

import zoolib as zoo
from zoolib import metrics, plots

HERE = Path(__file__).resolve().parent
SHOCKS = {10_000: zoo.SHOCK_FISH, 25_000: zoo.SHOCK_DOG_TOY}
LIGHT = {
    "ground": "#fdfcf9",
    "ink": "#1d2430",
    "line": plots.BLUE,
    "mean": plots.VERMILION,
    "soft": "#5c6168",
}
DARK = {
    "ground": "#15181d",
    "ink": "#e8eaee",
    "line": plots.SKY,
    "mean": plots.ORANGE,
    "soft": "#a2a9b3",
}


def draw(results: zoo.Results, colours: dict[str, str], path: Path) -> None:
    """Draw the cover in one set of colours."""
    steps, values = metrics.rolling(results, window=1000, every=200, of="expected")
    oracle = metrics.rolling(results, window=1000, every=200, of="oracle")[1].mean(0)
    figure, ax = plt.subplots(figsize=(12, 4.6), facecolor=colours["ground"])
    for world in values[0]:
        ax.plot(steps, world, color=colours["line"], linewidth=0.7, alpha=0.3)
    ax.plot(steps, values[0].mean(0), color=colours["mean"], linewidth=3)
    ax.plot(steps, oracle, color=colours["soft"], linewidth=1.8, linestyle="--")
    for x, y, words, colour in (
        (40_300, oracle[-1], "what the oracle earns", "soft"),
        (40_300, values[0].mean(0)[-1] - 0.004, "the mean of the hundred", "mean"),
        (500, 0.625, "one agent,\na hundred worlds,\ntwo changes of taste", "ink"),
    ):
        ax.text(x, y, words, color=colours[colour], fontsize=13, va="center")
    for step in results.shocks:
        ax.axvline(step, color=colours["soft"], linewidth=0.8, linestyle=(0, (2, 3)))
    ax.set_axis_off()
    ax.set_xlim(0, 48_500)
    figure.savefig(path, facecolor=colours["ground"], dpi=110)
    plt.close(figure)
    with Image.open(path) as image:  # 64 colours are enough, and a quarter of the size
        image.convert("RGB").quantize(64).save(path, optimize=True)


if __name__ == "__main__":
    plots.use_house_style()
    run = zoo.replicate(
        {"LinUCB": lambda f, rng: zoo.LinUCBAgent(f, alpha=0.2)},
        range(100),
        40_000,
        SHOCKS,
    )
    draw(run, LIGHT, HERE / "cover.png")
    draw(run, DARK, HERE / "cover-dark.png")
