"""You are the agent: a shop to be served by hand, beside LinUCB and the oracle (the first page, and chapter 0).

A page computes nothing of it. Who comes, what each would click, what LinUCB shows and what all that is worth is played
here, with :mod:`zoolib`, for a hundred worlds, and travels in the output; a few lines of JavaScript (``game.js``) look
up what the reader's choice has earned, and add regrets. Without JavaScript, and in print, a table stands in its place.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import zoolib as zoo
from figures.moving import as_json
from zoolib import checks, metrics
from zoolib.experiment import Results

VISITORS = 30  # of each of two halves
CHANGES = range(VISITORS + 2, VISITORS + 8)  # when taste may change: early in the second half
PERSONAS = tuple(persona for shock in (zoo.SHOCK_FISH, zoo.SHOCK_DOG_TOY) for persona in shock.changes)
MOST_WORLDS = 200  # that a page should carry
AGENTS = {
    "Random": lambda features, seed: zoo.RandomAgent(features, rng=zoo.spawn(seed, "Random")),
    "LinUCB": lambda features, seed: zoo.LinUCBAgent(features),
    "Oracle": lambda features, seed: zoo.OracleAgent(features),
}


class Always:
    """Shows one product, whoever comes: what it earns is what that product would have earned."""

    def __init__(self, product: int) -> None:
        self.product = product

    def predict(self, user_id: int, sim: zoo.ZooplusSimulator) -> int:
        """Return the product."""
        return self.product

    def update(self, user_id: int, chosen_arm: int, reward: int, sim: zoo.ZooplusSimulator) -> None:
        """Learn nothing."""


def dealt(seed: int) -> tuple[zoo.ZooplusSimulator, zoo.Shock, int]:
    """Return a shop of five products, what will happen to taste in it, and at which visit.

    Its two personas click as often as in the book, before and after the book's two shocks, but which category has
    which of these probabilities is dealt anew for each persona: who has read the table, or the names, knows nothing.

    >>> shop, shock, visit = dealt(seed=42)
    >>> shop.n_products, sorted(shop.click_table[0]) == sorted(zoo.CLICK_TABLE["budget_shopper"].values())
    (5, True)
    """
    rng, table, changes = zoo.spawn(seed, "deal"), {}, {}
    for shock in (zoo.SHOCK_FISH, zoo.SHOCK_DOG_TOY):
        for persona, new in shock.changes.items():
            place = dict(zip(zoo.CATEGORIES, rng.permutation(zoo.CATEGORIES).tolist(), strict=True))
            table[persona] = {place[category]: p for category, p in zoo.CLICK_TABLE[persona].items()}
            changes[persona] = {place[category]: p for category, p in new.items()}
    shop = zoo.ZooplusSimulator(n_products=len(zoo.CATEGORIES), seed=seed, click_table=table)
    return shop, zoo.Shock(changes, name="change of taste"), int(rng.integers(CHANGES.start, CHANGES.stop))


def played(seed: int) -> Results:
    """Let the agents, and each product by itself, serve the sixty visitors of a world.

    Returns
    -------
    Results
        Of ``"Random"``, ``"LinUCB"``, ``"Oracle"``, and of the five products, named ``"0"`` to ``"4"``.
    """
    shop, shock, visit = dealt(seed)
    agents: dict[str, Any] = {name: make(zoo.FeatureEngineer(shop), seed) for name, make in AGENTS.items()}
    products = {str(product): Always(product) for product in range(shop.n_products)}
    return zoo.run({**agents, **products}, shop, 2 * VISITORS, {visit: shock}, progress=False)


def record(seed: int, results: Results) -> list[Any]:
    """Return what the page must know of a world, short.

    Returns
    -------
    list
        The category of each product, a digit each; for each visit a digit, five times the persona plus the product that
        LinUCB shows; for each visit a digit to the base 32, whose k-th bit says whether product k would be clicked;
        the click probabilities in hundredths, persona by persona and product by product, two digits each, at first and
        in the end; and the number of visits before taste changes.
    """
    shop, shock, visit = dealt(seed)
    n, before = shop.n_products, shop.click_table
    shop.apply_shock(shock)
    who = n * results.persona[0] + results.arm[results.agents.index("LinUCB"), 0]
    clicks = (results.reward[len(AGENTS) :, 0].T << np.arange(n)).sum(1)
    rates = (np.rint(100 * table[:, shop.product_category]).astype(int) for table in (before, shop.click_table))
    return [
        "".join(map(str, shop.product_category)),
        "".join(map(str, who)),
        "".join(np.base_repr(bits, 32).lower() for bits in clicks),
        *("".join(f"{rate:02d}" for rate in table.ravel()) for table in rates),
        visit,
    ]


@dataclass(frozen=True)
class YouAreTheAgent:
    """A game: thirty visitors, a product for each, click or no click; then thirty more, and taste changes.

    Parameters
    ----------
    worlds
        How many there are to be played, with the seeds 0, 1, 2, ...; at most 200.
    start
        The seed of the one that is on the table first.

    Raises
    ------
    ValueError, TypeError
        If there are no such worlds, or more than a page should carry.
    """

    worlds: int = 100
    start: int = 1

    def __post_init__(self) -> None:
        checks.whole("worlds", self.worlds, 2, MOST_WORLDS)
        checks.whole("start", self.start, 0, self.worlds - 1)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        runs = {seed: played(seed) for seed in range(self.worlds)}
        lost = {
            agent: [_lost([run.oracle[0] - run.expected[i, 0] for run in runs.values()], half) for half in (0, 1)]
            for i, agent in enumerate(AGENTS)
        }
        data = {
            "start": self.start,
            "visitors": VISITORS,
            "personas": [persona.replace("_", " ") for persona in PERSONAS],
            "categories": zoo.CATEGORIES,
            "worlds": [record(seed, run) for seed, run in runs.items()],
            "style": _beside("game.css"),
        }
        said = (
            "You are the agent: on the page, where JavaScript runs, sixty visitors of the shop come, and you choose "
            "what each of them is shown. In the second half of them taste changes."
        )
        caption = f"What others lose against the oracle in {self.worlds} such worlds, in expected clicks."
        page = (
            '<figure class="zoolib-game" data-game data-lm-suppress-shortcuts>'
            f'<p class="still">{said}</p>{_table(caption, lost)}'
            f'<script type="application/json">{as_json(data)}</script><script>{_beside("game.js")}</script></figure>'
        )
        rows = "".join(f"\n- {name}: {first}, then {second}" for name, (first, second) in lost.items())
        words = f"{said} {caption}\n{rows}"
        shown_elsewhere_as = {"name": "you-are-the-agent", "mime_prefix": ""}
        return {"text/html": page, "text/markdown": words, "text/plain": words}, {"scrapbook": shown_elsewhere_as}


def _lost(regrets: Sequence[np.ndarray], half: int) -> str:
    """Return the regret of a half, over worlds, with its interval."""
    each = np.array(regrets)[:, half * VISITORS : (half + 1) * VISITORS].sum(1)
    return f"{metrics.mean_interval(each.round(2)):.1f}"


def _table(caption: str, lost: Mapping[str, Sequence[str]]) -> str:
    columns = ("agent", "the first thirty visitors", "the second thirty")
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    rows = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{words}</td>" for words in halves)}</tr>'
        for name, halves in lost.items()
    )
    return (
        f'<table class="still"><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
