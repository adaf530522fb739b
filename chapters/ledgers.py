"""What the book claims, and what became of it in worlds that nobody had looked at: the tables behind the ledger."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import binom

from advice import GUIDE
from zoolib.book import CLAIM_MIME, NOTHING_RANDOM, plots
from zoolib.experiment import stored
from zoolib.randomness import shifted

REPLICATIONS = Path(__file__).parent / "data" / "replicate.csv"
BY_LUCK = 0.025  # how often an end of a 95 % interval lies beyond a value that is the true one
LEVEL = 0.05  # at most so often, over the whole book, is one claim or more taken for confirmed that is not so
NUMBER = r"(-?\d[\d,]*(?:\.\d+)?)"
INTERVAL = re.compile(rf"{NUMBER}(%?) \[{NUMBER}%?, {NUMBER}%?\]")


def ledger(folder: str | os.PathLike[str] = ".", beside: Sequence[str] = ("guide",)) -> pd.DataFrame:
    """Gather the claims of all chapters, from the outputs that their notebooks hold.

    Parameters
    ----------
    folder, beside
        Where the chapters are, notebooks whose names begin with a number; and others whose claims follow, if there.

    Returns
    -------
    One row for each claim, in the order of the book: ``chapter`` (the notebook's name without its ending), ``title``,
    and what the claim says of itself: ``label``, ``text``, ``measured``, ``replications`` (missing where nothing random
    is measured), ``kind``, ``of``, ``margin``.

    Raises
    ------
    ValueError
        If there is no chapter, a cell that claims something holds no claim (it was not run), or one that fell.
    """
    rows = []
    paths = sorted(Path(folder).glob("[0-9]*.ipynb"))
    for path in paths + [path for name in beside if (path := Path(folder, f"{name}.ipynb")).exists()]:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        title = re.search(r"^# (.+)$", "\n".join("".join(cell["source"]) for cell in cells), re.MULTILINE)
        for cell in cells:
            outputs = [output.get("data", {}) for output in cell.get("outputs", ())]
            found = [output[CLAIM_MIME] for output in outputs if CLAIM_MIME in output]
            calls = re.search(r"^(zoo\.)?claim\(", "".join(cell["source"]), re.MULTILINE)
            if calls and cell["cell_type"] == "code" and not found:
                raise ValueError(f"{path.name}: cell {cell.get('id')!r} claims something and holds no claim; run it")
            if fallen := [one["label"] for one in found if not one["holds"]]:
                raise ValueError(f"{path.name}: {', '.join(map(str, fallen))} did not hold when it was stored")
            rows += [{"chapter": path.stem, "title": title[1] if title else path.stem, **one} for one in found]
    if not paths:
        raise ValueError(f"folder: {os.fspath(folder)!r} holds no chapters")
    columns = ["chapter", "title", "label", "text", "measured", "replications", "kind", "of", "margin"]
    return pd.DataFrame(rows, columns=columns).astype({"replications": "Int64"})


def first_interval(measured: str) -> tuple[float, float, float, int] | None:
    """Return the first interval that is printed in what was measured, (mean, low, high), and its digits; None if none.

    >>> first_interval("gain 0.150 [0.143, 0.157] clicks a visit")
    (0.15, 0.143, 0.157, 3)
    """
    found = INTERVAL.search(measured)
    if not found:
        return None
    mean, low, high = (float(found[i].replace(",", "")) for i in (1, 3, 4))
    return mean, low, high, len(found[1].partition(".")[2])


def pooled(measured: Sequence[str]) -> tuple[float, float, float, int] | None:
    """Return the mean of the first intervals of several independent measurements with its own, as the first are."""
    one = [first_interval(words) for words in measured]
    if not one or None in one:
        return None
    mean, low, high = np.array([interval[:3] for interval in one]).T
    centre = mean.mean()
    below, above = (np.sqrt(((mean - end) ** 2).sum()) / len(one) for end in (low, high))
    return centre, centre - below, centre + above, one[0][3]


def standing(claims: pd.DataFrame, replications: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return where each claim stands, with the ledger's columns and these.

    ``fresh``, ``held``
        In how many fresh hundreds it was asked, and in how many it held.
    ``pooled``
        The first interval over all of them, as it is printed; empty where there is none.
    ``confirmed``
        Whether it held in every one of them, and was asked in one at least; what holds for every seed, and what only
        this machine can say, needs none.
    ``guide``
        Whether the guide leans on it.
    ``survives``
        Whether it would be counted under Holm's correction over all random claims of the book. Each hundred is a test:
        a statement about the end of an interval that is not so holds in it by luck in one case of forty at most.
    """
    with shifted(0):  # where the ledger itself is run in fresh worlds it stays what it is
        runs = stored(REPLICATIONS) if replications is None else replications
    runs = runs.astype({"holds": bool})
    by_label = runs.groupby("label", sort=False)
    rows = claims.assign(
        fresh=claims["label"].map(by_label.size()).fillna(0).astype(int),
        held=claims["label"].map(by_label["holds"].sum()).fillna(0).astype(int),
    )
    words = by_label["measured"].agg(list).to_dict()
    together = {label: pooled(said) for label, said in words.items()}
    rows["pooled"] = [_printed(together.get(label)) for label in rows["label"]]
    random = ~rows["kind"].isin(NOTHING_RANDOM)
    rows["confirmed"] = (rows["held"] == rows["fresh"]) & ((rows["fresh"] > 0) | ~random)
    p = pd.Series(binom.sf(rows["held"] - 1, rows["fresh"], BY_LUCK), index=rows.index).where(rows["fresh"] > 0, 1.0)
    rows["guide"] = rows["label"].isin({one.claim for advice in GUIDE.values() for one in advice})
    rows["survives"] = holm(p[random]).reindex(rows.index, fill_value=False)
    return rows


def holm(p: pd.Series, level: float = LEVEL) -> pd.Series:
    """Return which hypotheses Holm's step-down procedure (1979) rejects at a family-wise level.

    >>> holm(pd.Series([0.01, 0.04, 0.03]), 0.05).tolist()
    [True, False, False]
    """
    ordered = p.sort_values(kind="stable")
    fine = ordered <= level / np.arange(len(p), 0, -1)
    return fine.cummin().reindex(p.index)


def _printed(interval: tuple[float, float, float, int] | None) -> str:
    if interval is None:
        return ""
    *numbers, digits = interval
    mean, low, high = (f"{number:,.{digits}f}" for number in numbers)
    return f"{mean} [{low}, {high}]"


def rate(claims: pd.DataFrame, runs: pd.DataFrame | None = None) -> dict[str, float]:
    """Return the replication rate of the book, from its :func:`standing`.

    ``random``, ``asked``: how many claims are about something random, and how many of them were asked in a fresh
    hundred; ``runs``, ``held``: how often in all, and in how many of these they held; ``always``: claims that held
    every time; ``survive``: those that Holm's procedure would count.
    """
    random = claims[~claims["kind"].isin(NOTHING_RANDOM)]
    asked = random[random["fresh"] > 0]
    return {
        "random": len(random), "asked": len(asked), "runs": int(asked["fresh"].sum()), "held": int(asked["held"].sum()),
        "always": int(asked["confirmed"].sum()), "survive": int(asked["survives"].sum()),
    }  # fmt: skip


def found_and_confirmed(claims: pd.DataFrame) -> pd.DataFrame:
    """Return for each random claim that prints an interval, and was asked afresh, what was found and what came again.

    Not equivalences, whose numbers are to be nothing. Both in half-widths of the interval that was found: 1 is where it
    just excludes zero. ``found`` is positive,
    ``confirmed`` has its sign turned alike.
    """
    rows = claims[~claims["kind"].isin([*NOTHING_RANDOM, "equivalence"]) & (claims["pooled"] != "")]
    pairs = [(first_interval(one.measured), first_interval(one.pooled)) for one in rows.itertuples()]
    kept = [i for i, (found, _) in enumerate(pairs) if found and found[2] > found[1]]
    half = np.array([(pairs[i][0][2] - pairs[i][0][1]) / 2 for i in kept])
    first, again = (np.array([pairs[i][j][0] for i in kept]) for j in (0, 1))
    width = np.array([(pairs[i][1][2] - pairs[i][1][1]) / 2 for i in kept])
    sign = np.where(first < 0, -1, 1)
    return pd.DataFrame(
        {"found": sign * first / half, "confirmed": sign * again / half, "half-width": width / half},
        index=rows["label"].iloc[kept],
    )


def draw_found_and_confirmed(both: pd.DataFrame) -> Figure:
    """Draw what :func:`found_and_confirmed` returns, of the claims whose interval excluded zero when it was found."""
    shown = both[both["found"] > 1]
    figure, ax = plt.subplots(figsize=(6.4, 4.4))
    ends = [1, shown["found"].max() * 1.25]
    ax.plot(ends, ends, color=plots.SOFT, linewidth=1)
    down = np.minimum(shown["half-width"], 0.99 * shown["confirmed"])  # a logarithmic axis has no zero
    bars = {"fmt": "o", "markersize": 4, "elinewidth": 0.8, "color": plots.look("LinUCB")["color"], "alpha": 0.7}
    ax.errorbar(shown["found"], shown["confirmed"], [down, shown["half-width"]], **bars)
    ax.set(xscale="log", yscale="log", xlim=(0.9, ends[1] * 1.1), ylim=(0.5, ends[1] * 1.1))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:g}")
    ax.set(xlabel="found, in half-widths of its interval", ylabel="confirmed, in the same")
    return figure
