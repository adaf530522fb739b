"""What the book claims, and what became of it in fresh worlds: the tables behind the record."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binom, chi2, t

from advice import BECAUSE, GUIDE
from zoolib.book import CLAIM_MIME, NOTHING_RANDOM
from zoolib.experiment import stored
from zoolib.randomness import shifted

DATA = Path(__file__).parent / "data"  # whose README.md says what the columns mean
REPLICATIONS = DATA / "replicate.csv"
FALLEN, LOOSENED = (pd.read_csv(DATA / f"{name}.csv") for name in ("fallen", "loosened"))
HUNDRED = 1_000_000  # by so much the seeds of the next fresh hundred are shifted
BY_LUCK = 0.025  # how often an end of a 95 % interval lies beyond a value that is the true one
LEVEL = 0.05  # at most so often, over the whole book, is one claim or more taken for confirmed that is not so
NO_NEW_DATA = "data sets?\\b|one log"  # what is drawn again from these is no new data
DIFFERENT = 0.01  # level of the test whether hundreds differ by more than their intervals allow
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
    and what the claim says of itself: ``label``, ``text``, ``short`` (empty where it has no short words), ``measured``,
    ``replications`` (missing where nothing random is measured), ``kind``, ``of``, ``margin``; and ``by_ends``, whether
    it is decided :func:`by_ends`.

    Raises
    ------
    ValueError
        If there is no chapter, a cell that claims something holds no claim (it was not run), or one that fell.
    """
    rows = []
    paths = chapters_in(Path(folder))
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
            place = {"chapter": path.stem, "title": title[1] if title else path.stem}
            rows += [{**place, **one, "by_ends": by_ends("".join(cell["source"]))} for one in found]
    if not paths:
        raise ValueError(f"folder: {os.fspath(folder)!r} holds no chapters")
    columns = ["chapter", "title", "label", "text", "short", "measured", "replications", "kind", "of", "margin"]
    gathered = pd.DataFrame(rows, columns=[*columns, "by_ends"]).astype({"replications": "Int64", "short": object})
    return gathered.fillna({"of": "", "short": ""})


def chapters_in(folder: Path) -> list[Path]:
    """Return the notebooks of the chapters in the order of the book, each laboratory behind its chapter."""
    found = [*folder.glob("[0-9]*.ipynb"), *folder.glob("lab_*.ipynb")]
    return sorted(found, key=lambda path: (path.stem.removeprefix("lab_"), path.stem))


def by_ends(source: str) -> bool:
    """Return whether all comparisons in the condition of a claim are with ends of intervals.

    >>> by_ends("claim('It pays.', holds=gain.low > 0 and gain.high < 1)")
    True
    >>> by_ends("claim('It pays.', holds=gain.low > 0 and won > 90)")
    False
    """
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    conditions = [word.value for call in calls for word in call.keywords if word.arg == "holds"]
    compared = [node for condition in conditions for node in ast.walk(condition) if isinstance(node, ast.Compare)]
    return bool(compared) and all(re.search(r"\b(low|high)\b", ast.unparse(node)) for node in compared)


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


def differ(measured: Sequence[str]) -> bool:
    """Return whether independent measurements differ by more than their first intervals allow.

    By the Q of Cochran (1954), the squared distances from the weighted mean in standard errors, against chi-squared.
    What printing has rounded off counts as error, too.

    >>> differ(["0.1 [0.0, 0.2]", "0.2 [0.1, 0.3]"]), differ(["0.1 [0.0, 0.2]", "0.5 [0.4, 0.6]"])
    (False, True)
    """
    one = [first_interval(words) for words in measured]
    if len(one) < 2 or None in one:
        return False
    mean, low, high = np.array([interval[:3] for interval in one]).T
    errors = ((high - low) / (2 * 1.96)) ** 2 + 10.0 ** (-2 * one[0][3]) / 12
    q = ((mean - np.average(mean, weights=1 / errors)) ** 2 / errors).sum()
    return bool(chi2.sf(q, len(one) - 1) < DIFFERENT)


def pooled(measured: Sequence[str]) -> tuple[float, float, float, int] | None:
    """Return the mean of the first intervals of several independent measurements with its own, and their digits.

    It is of the kind of the first ones, or, where they :func:`differ`, Student's over the measurements.
    """
    one = [first_interval(words) for words in measured]
    if not one or None in one:
        return None
    mean, low, high = np.array([interval[:3] for interval in one]).T
    centre, n = mean.mean(), len(one)
    below, above = (np.sqrt(((mean - end) ** 2).sum()) / n for end in (low, high))
    if differ(measured):
        below = above = t.ppf(0.975, n - 1) * mean.std(ddof=1) / np.sqrt(n)
    return centre, centre - below, centre + above, one[0][3]


def standing(
    claims: pd.DataFrame, replications: pd.DataFrame | None = None, fallen: pd.DataFrame = FALLEN
) -> pd.DataFrame:
    """Return where each claim stands, with the columns of :func:`ledger` and these.

    ``fresh``, ``held``
        In how many hundreds it was asked that were fresh to it, that is, not known when its words were chosen; and in
        how many of them it held.
    ``pooled``
        The first interval over all hundreds but the one in which it was found, as it is printed; empty where there is
        none. What was measured does not depend on the words, so it does not matter when these were chosen.
    ``differ``
        Whether these :func:`differ` by more than they allow, so that something is drawn once a hundred.
    ``confirmed``
        Whether it held in each one that was fresh to it, and there was one at least; what holds for every seed, and
        what only this machine can say, needs none.
    ``tested``
        Whether a fresh hundred is a test of it at a known level: it is random and was asked, the ends of intervals
        decide, there are new data in each hundred, and the hundreds do not ``differ``.
    ``guide``
        Whether the guide leans on it, in a piece of advice or in an answer.
    ``survives``
        Whether it would be counted under Holm's correction over all random claims of the book. Each hundred is a test:
        a statement about the end of an interval that is not so holds in it by luck in one case of forty at most. Of
        what is not ``tested`` nothing of the kind is known: it does not count.
    """
    runs = _runs() if replications is None else replications
    runs = runs.drop_duplicates(["label", "offset"], keep="last").astype({"holds": bool})  # before it, what fell
    words = runs.groupby("label")["measured"].agg(list).to_dict()
    seen = pd.concat([LOOSENED, fallen]).groupby("label")[["seen", "fresh"]].max().max(axis=1)
    known = runs["label"].map(seen).fillna(0)
    by_label = runs[runs["offset"] > HUNDRED * known].groupby("label", sort=False)
    rows = claims.assign(
        fresh=claims["label"].map(by_label.size()).fillna(0).astype(int),
        held=claims["label"].map(by_label["holds"].sum()).fillna(0).astype(int),
    )
    random = ~rows["kind"].isin(NOTHING_RANDOM)
    together = [pooled(words[label]) if label in words and drawn else None
                for label, drawn in zip(rows["label"], random, strict=True)]  # fmt: skip
    rows["pooled"] = [_printed(interval) for interval in together]
    rows["differ"] = random & rows["label"].map(lambda label: differ(words.get(label, ())))
    rows["confirmed"] = (rows["held"] == rows["fresh"]) & ((rows["fresh"] > 0) | ~random)
    new = ~rows["of"].str.contains(NO_NEW_DATA, na=False) & ~rows["differ"]
    rows["tested"] = random & rows["by_ends"] & new & (rows["fresh"] > 0)
    p = pd.Series(binom.sf(rows["held"] - 1, rows["fresh"], BY_LUCK), index=rows.index).where(rows["tested"], 1.0)
    advised = {one.claim for advice in GUIDE.values() for one in advice}
    rows["guide"] = rows["label"].isin(advised.union(*BECAUSE.values()))
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


def _runs() -> pd.DataFrame:
    with shifted(0):  # where the record itself is run in fresh worlds it stays what it is
        return stored(REPLICATIONS)


def _printed(interval: tuple[float, float, float, int] | None) -> str:
    if interval is None:
        return ""
    *numbers, digits = interval
    mean, low, high = (f"{number:,.{digits}f}" for number in numbers)
    return f"{mean} [{low}, {high}]"


def rate(claims: pd.DataFrame, replications: pd.DataFrame | None = None) -> dict[str, int]:
    """Return the replication rate of the book, from its :func:`standing`.

    ``random``, ``asked``: how many claims are about something random, and how many of them were asked in a fresh
    hundred; ``runs``, ``first``: how often in all, and how often they held in the words in which they were first asked
    there; ``felled``: how many claims at some time did not; ``fresh``, ``held``: how often the claims of today were
    asked in worlds that are fresh to them, and held; ``survive``: those that Holm's procedure would count.
    """
    random = claims[~claims["kind"].isin(NOTHING_RANDOM)]
    runs = _runs() if replications is None else replications
    first = runs[runs["label"].isin(random["label"])].drop_duplicates(["label", "offset"])
    return {
        "random": len(random), "asked": first["label"].nunique(), "runs": len(first),
        "first": int(first["holds"].astype(bool).sum()), "fresh": int(random["fresh"].sum()),
        "felled": first.loc[~first["holds"].astype(bool), "label"].nunique(),
        "held": int(random["held"].sum()), "survive": int(random["survives"].sum()),
    }  # fmt: skip


def found_and_confirmed(claims: pd.DataFrame) -> pd.DataFrame:
    """Return for each random claim that prints an interval, and was asked afresh, what was found and what came again.

    Not equivalences, whose numbers are to be nothing. Both in half-widths of the interval that was found: 1 is where it
    just excludes zero, and what does not is left out. ``found`` is positive, ``confirmed`` has its sign turned alike.
    """
    rows = claims[~claims["kind"].isin([*NOTHING_RANDOM, "equivalence"]) & (claims["pooled"] != "")].set_index("label")
    mean, low, high, again, below, above = (
        np.array([(first_interval(words) or (np.nan,) * 4)[i] for words in rows[which]])
        for which in ("measured", "pooled") for i in range(3)
    )  # fmt: skip
    unit = np.where(high > low, np.where(mean < 0, -1, 1) * (high - low) / 2, np.nan)
    scaled = {"found": mean / unit, "confirmed": again / unit, "half-width": (above - below) / 2 / abs(unit)}
    both = pd.DataFrame(scaled, index=rows.index)
    return both[both["found"] > 1]
