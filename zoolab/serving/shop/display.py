"""What the page shows of a shop, ready for JSON: a visit, its board, the state with the ledger's end (chapter 6).

Nothing here changes anything.
"""

from typing import Any

import numpy as np

from zoolab.rivals import InverseGap
from zoolab.serving import CLICK, UNKNOWN, Visitor
from zoolab.serving.shop.shop import PRICE, Shop, Visit
from zoolab.serving.shop.world import persona_of, words
from zoolib.ties import top_k
from zoolib.world import PERSONAS

ON_BOARD = 20  # products
VERDICTS = {UNKNOWN: "open", CLICK: "click"}  # all others are "no"


def told(shop: Shop, visit: Visit) -> dict[str, Any]:
    """Return what a page says of a visit."""
    chances = shop.world.chances(visit.x, shop.statistics().shocks)
    made = visit.decision
    parts = zip(made.arms.tolist(), made.payoff, made.width, made.score, made.propensity, strict=True)
    names = ("payoff", "uncertainty", "score", "propensity")
    return {
        "decision": made.id,
        "visitor": {
            "number": visit.number,
            "persona": persona_of(visit.x),
            "likes": words(visit.x[len(PERSONAS) :]),
        },
        "alpha": visit.alpha,
        "products": [
            shop.world.told(arm)
            | dict(zip(names, map(_number, numbers), strict=True))
            | {"truth": _number(chances[arm])}
            for arm, *numbers in parts
        ],
    }


def board(shop: Shop, visit: Visit) -> list[dict[str, Any]]:
    """Return the products that are most likely to come first for the visitor, as the evidence is now.

    They are chosen as :class:`~zoolab.serving.InverseGapRanking` chooses the first place, so that the propensities
    of all candidates, of which these are the highest, are those of one draw. Empty while the shop has fallen back.
    """
    if shop.statistics().fallback:
        return []
    ids = np.sort(shop.world.retriever.candidates(shop.world.query(visit.x), shop.funnel.n_candidates))
    posterior, embedder = shop.funnel.posterior(visit.decision.group)
    Z = embedder(shop.funnel.contexts(Visitor(visit.x), ids))
    payoff, width = posterior.mean(Z), posterior.width(Z)
    propensity = InverseGap(gamma=len(ids) / PRICE).chances(payoff + visit.alpha * width)
    truth, places = shop.world.chances(visit.x, shop.statistics().shocks), visit.decision.arms.tolist()
    return [
        {
            **shop.world.told(arm := int(ids[i])),
            "payoff": _number(payoff[i]),
            "uncertainty": _number(width[i]),
            "propensity": _number(propensity[i]),
            "truth": _number(truth[arm]),
            "place": places.index(arm) + 1 if arm in places else None,
        }
        for i in top_k(propensity, ON_BOARD)
    ]


def beside(shop: Shop, visit: Visit) -> dict[str, Any]:
    """Return what stands beside a visit: its board, and the last entries of the ledger."""
    return {"board": board(shop, visit), "entries": entries(shop)}


def state(shop: Shop) -> dict[str, Any]:
    """Return the statistics, the evidence of each persona, and the last entries of the ledger."""
    statistics, ledger, version = shop.statistics(), shop.funnel.ledger, shop.funnel.embedder.version
    sums = {name: ledger.evidence(version, f"segment:{statistics.era}.{name}") for name in PERSONAS}
    evidence = [{"persona": name, "shown": s.n_shown, "clicked": s.n_clicks} for name, s in sums.items()]
    return {**statistics.told(), "model": version, "evidence": evidence, "entries": entries(shop)}


def entries(shop: Shop) -> list[dict[str, Any]]:
    """Return what the ledger holds of the last decisions, the latest first; what it has forgotten is not among them."""
    found = (_entry(shop, *one) for one in reversed(shop.statistics().last))
    return [entry for entry in found if entry is not None]


def _entry(shop: Shop, name: str, number: int) -> dict[str, Any] | None:
    """Return what the ledger holds of a decision, None if it is forgotten."""
    decision = shop.funnel.ledger.decision(name)
    if decision is None:
        return None
    rows = zip(decision.arms.tolist(), decision.propensity, decision.verdict.tolist(), strict=True)
    return {
        "decision": name,
        "number": number,
        "persona": persona_of(decision.X[0]),
        "made": decision.made,
        "model": decision.model,
        "counted": list(decision.counted),
        "products": [
            {**shop.world.told(arm), "propensity": _number(chance), "verdict": VERDICTS.get(verdict, "no")}
            for arm, chance, verdict in rows
        ],
    }


def _number(value: float) -> float | None:
    """Return a number as a page shows it; None for one that is not there."""
    return None if np.isnan(value) else round(float(value), 4)
