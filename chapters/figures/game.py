"""You are the agent: a shop to be served by hand, beside LinUCB and the oracle (the first page, and chapter 0).

A page computes nothing of it. Who comes, what each would click, what LinUCB shows and what all that is worth is played
here, with :mod:`zoolib`, for a hundred worlds, and travels in the output, with what the agents expected before each
choice. ``game.js`` looks up what the reader's choice has earned, and adds regrets. Without JavaScript, and in print, a
table stands in its place.
"""

from __future__ import annotations

import html
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import zoolib as zoo
from figures.moving import as_json
from figures.played import beside
from zoolib import checks, metrics
from zoolib.experiment import Results

VISITORS = 30  # of each of three rounds
CHANGES = range(VISITORS + 2, VISITORS + 8)  # when taste may change: early in the second round
FEW, MANY = len(zoo.CATEGORIES), 50  # products of the first two rounds, and of the third
PERSONAS = tuple(persona for shock in (zoo.SHOCK_FISH, zoo.SHOCK_DOG_TOY) for persona in shock.changes)
MOST_WORLDS = 200  # that a page should carry
AGENTS = {
    "Random": lambda features, seed: zoo.RandomAgent(features, rng=zoo.spawn(seed, "Random")),
    "LinUCB": lambda features, seed: zoo.LinUCBAgent(features),
    "Shared LinUCB": lambda features, seed: zoo.SharedLinUCBAgent(features.encoded("crossed")),
    "Oracle": lambda features, seed: zoo.OracleAgent(features),
}
WATCHED = {FEW: "LinUCB", MANY: "Shared LinUCB"}  # whose expectations are recorded
PLACES = string.digits + string.ascii_letters  # a sign for each product
NOTHING = ord("(")  # the sign of an expectation of 0; that of k hundredths is k further on


class Always:
    """Shows one product, whoever comes: what it earns is what that product would have earned."""

    def __init__(self, product: int) -> None:
        self.product = product

    def predict(self, user_id: int, sim: zoo.ZooplusSimulator) -> int:
        """Return the product."""
        return self.product

    def update(self, user_id: int, chosen_arm: int, reward: int, sim: zoo.ZooplusSimulator) -> None:
        """Learn nothing."""


class Watched:
    """An agent of which one can see afterwards what it expected of each product before it chose."""

    def __init__(self, agent: Any) -> None:
        self.agent, self.expected, self.update = agent, [], agent.update

    def predict(self, user_id: int, sim: zoo.ZooplusSimulator) -> int:
        """Return the agent's choice."""
        self.expected.append(self.agent.payoff(self.agent.features.contexts(user_id, sim)))
        return self.agent.predict(user_id, sim)


def dealt(seed: int, products: int = FEW) -> tuple[zoo.ZooplusSimulator, zoo.Shock, int]:
    """Return a shop of five products or fifty, what will happen to taste in it, and at which visit.

    Its two personas click as often as in the book, before and after the book's two shocks, but which category has
    which of these probabilities is dealt anew for each persona: who has read the table, or the names, knows nothing.
    In a shop of fifty it is dealt once more.

    >>> shop, shock, visit = dealt(seed=42)
    >>> shop.n_products, sorted(shop.click_table[0]) == sorted(zoo.CLICK_TABLE["budget_shopper"].values())
    (5, True)
    """
    rng, table, changes = zoo.spawn(seed, "deal" if products == FEW else "deal of many"), {}, {}
    for shock in (zoo.SHOCK_FISH, zoo.SHOCK_DOG_TOY):
        for persona, new in shock.changes.items():
            place = dict(zip(zoo.CATEGORIES, rng.permutation(zoo.CATEGORIES).tolist(), strict=True))
            table[persona] = {place[category]: p for category, p in zoo.CLICK_TABLE[persona].items()}
            changes[persona] = {place[category]: p for category, p in new.items()}
    shop = zoo.ZooplusSimulator(n_products=products, seed=seed, click_table=table)
    return shop, zoo.Shock(changes, name="change of taste"), int(rng.integers(CHANGES.start, CHANGES.stop))


def played(seed: int, products: int = FEW) -> tuple[Results, np.ndarray]:
    """Let the agents, and a product of each category by itself, serve a world: sixty visitors, or thirty if of fifty.

    Returns
    -------
    Results
        Of the agents, and of the five products, each named as its category.
    numpy.ndarray
        ``(visitors, products)``, what the one that is ``WATCHED`` expected of each product, before each choice.
    """
    shop, shock, visit = dealt(seed, products)
    agents: dict[str, Any] = {name: make(zoo.FeatureEngineer(shop), seed) for name, make in AGENTS.items()}
    watched = agents[WATCHED[products]] = Watched(agents[WATCHED[products]])
    rows = zip(shop.category_order, shop.first_product, strict=True)
    alone = {zoo.CATEGORIES[category]: Always(product) for category, product in rows}
    n, shocks = (2 * VISITORS, {visit: shock}) if products == FEW else (VISITORS, None)
    return zoo.run({**agents, **alone}, shop, n, shocks, progress=False), np.array(watched.expected)


def record(seed: int, results: Results, expected: np.ndarray) -> list[Any]:
    """Return what the page must know of a shop, short. There a category is a row, and rows come as categories do.

    Returns
    -------
    list
        The category of each row, a digit each; the persona of each visitor, a digit each; for each visit a digit to the
        base 32, whose k-th bit says whether row k would be clicked, whichever of its products is shown; the click
        probabilities in hundredths, persona by persona and row by row, two digits each, at first and, where taste
        changes, in the end; the number of visits before it does; for each visit a sign for each row of what was
        expected of it in hundredths; and what LinUCB showed at each visit and, of fifty, what Shared LinUCB did, a sign
        of ``PLACES`` for each: its place in the shop, row by row.
    """
    products = expected.shape[1]
    shop, shock, visit = dealt(seed, products)
    tables = [shop.click_table]
    if products == FEW:
        shop.apply_shock(shock)
        tables.append(shop.click_table)
    rows, row = shop.category_order, np.argsort(shop.category_order)[shop.product_category]
    place = np.argsort(np.argsort(row, kind="stable"))
    clicks = (results.reward[len(AGENTS) :, 0].T << np.arange(len(rows))).sum(1)
    shown = [results.arm[results.agents.index(agent), 0] for agent in WATCHED.values()]
    hundredths = np.rint(100 * expected[:, shop.first_product].clip(0)).astype(int)
    return [
        "".join(map(str, rows)),
        "".join(map(str, results.persona[0])),
        "".join(np.base_repr(bits, 32).lower() for bits in clicks),
        "".join(f"{rate:02d}" for rate in np.rint(100 * np.array(tables)[..., rows]).astype(int).ravel()),
        visit if products == FEW else VISITORS,
        "".join(chr(NOTHING + each) for each in hundredths.ravel()),
        *("".join(PLACES[place[arm]] for arm in arms) for arms in (shown if products == MANY else shown[:1])),
    ]


@dataclass(frozen=True)
class YouAreTheAgent:
    """A game of three rounds of thirty visitors: a product for each; taste changes; fifty products in place of five.

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
        runs = {seed: (played(seed), played(seed, MANY)) for seed in range(self.worlds)}
        lost = {agent: [_lost(runs, i, round) for round in range(3)] for i, agent in enumerate(AGENTS)}
        data = {
            "start": self.start,
            "visitors": VISITORS,
            "personas": [persona.replace("_", " ") for persona in PERSONAS],
            "categories": zoo.CATEGORIES,
            "worlds": [[record(seed, *run) for run in rounds] for seed, rounds in runs.items()],
            "places": PLACES,
            "lost": {agent: rounds[2] for agent, rounds in lost.items()},
            "style": beside("game.css"),
        }
        said = (
            "You are the agent: on the page, where JavaScript runs, you play three rounds of thirty visitors and "
            "choose what each is shown. In the second round taste changes. In the third the shop has fifty products."
        )
        caption = f"What others lose against the oracle in {self.worlds} such worlds, in expected clicks."
        page = (
            '<figure class="zoolib-game" data-game data-lm-suppress-shortcuts>'
            f'<p class="still">{said}</p>{_table(caption, lost)}'
            f'<script type="application/json">{as_json(data)}</script><script>{beside("game.js")}</script></figure>'
        )
        rows = "".join(f"\n- {name}: {', then '.join(rounds)}" for name, rounds in lost.items())
        words = f"{said} {caption}\n{rows}"
        shown_elsewhere_as = {"name": "you-are-the-agent", "mime_prefix": ""}
        return {"text/html": page, "text/markdown": words, "text/plain": words}, {"scrapbook": shown_elsewhere_as}


def _lost(runs: Mapping[int, Any], agent: int, round: int) -> str:
    """Return the regret of a round, over worlds, with its interval."""
    steps = slice(round * VISITORS, (round + 1) * VISITORS) if round < 2 else slice(None)
    results = [rounds[round // 2][0] for rounds in runs.values()]
    each = np.array([(one.oracle[0] - one.expected[agent, 0])[steps].sum() for one in results])
    return f"{metrics.mean_interval(each.round(2)):.1f}"


def _table(caption: str, lost: Mapping[str, Sequence[str]]) -> str:
    columns = ("agent", "round 1", "round 2: taste changes", "round 3: fifty products")
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    rows = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{words}</td>" for words in rounds)}</tr>'
        for name, rounds in lost.items()
    )
    return (
        f'<table class="still"><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )
