"""Draw the picture of the first page: one agent in a hundred worlds, each a thin line, their mean, and the oracle.

Run from the repository: ``python chapters/images/make_cover.py``. It takes about half a minute and writes
``cover.png``, which is printed, and beside it the two drawings of which the page shows one
(:mod:`zoolab.drawings.drawings`).
"""

from pathlib import Path

from PIL import Image

import zoolib as zoo
from zoolab.drawings import plots

HERE = Path(__file__).resolve().parent
SHOCKS = {10_000: zoo.SHOCK_FISH, 25_000: zoo.SHOCK_DOG_TOY}

if __name__ == "__main__":
    plots.use_house_style()
    run = zoo.replicate({"LinUCB": lambda f, rng: zoo.LinUCBAgent(f, alpha=0.2)}, range(100), 40_000, SHOCKS)
    figure = plots.every_world(run, "LinUCB", every=400)  # half as many points as in Chapter 1: it is the first to load
    drawn = plots.drawings.drawings(figure)
    figure.savefig(HERE / "cover.png", dpi=160, facecolor="white")
    with Image.open(HERE / "cover.png") as image:  # 64 colours are enough, and a quarter of the size
        image.convert("RGB").quantize(64).save(HERE / "cover.png", optimize=True)
    for kind, name in ((plots.drawings.WIDE, "wide"), (plots.drawings.NARROW, "narrow")):
        (HERE / f"cover-{name}.svg").write_text(drawn[kind] + "\n", encoding="utf-8")
