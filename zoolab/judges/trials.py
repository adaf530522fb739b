"""How an agent of a reader is judged: by a lesson whose outcome is known, and by what it then shows."""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import numpy as np

from zoolab.judges.judges import Off, Part, kind_of, tried
from zoolib import agents
from zoolib.randomness import spawn
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator

ASKED = 1000  # predictions for each persona


def learner(part: Part, x: Any) -> tuple[bool, str]:
    """Judge an agent by its payoffs and uncertainties before and after a lesson of contexts, arms and rewards."""
    if not callable(x):
        raise Off(f"is {kind_of(x)}: hand in the class, or a function that makes the agent, and not an agent")
    named = {name: getattr(agents, one)() if isinstance(one, str) else one for name, one in part["settings"].items()}
    agent = tried("making it", x, ContextSpace(part["d"], part["n_arms"]), **named)
    if part.get("network") and not isinstance(agent, agents.NeuralLinearAgent):
        raise Off("makes no zoo.NeuralLinearAgent")
    if part.get("network") and agent.ridge != 1:
        return False, "its λ is no longer 1, and it is the embedding that is to be another."
    _with(agent, "learn", "payoff", "uncertainty")
    mine = lesson(part, agent)
    right = [(np.array(payoff), np.array(uncertainty)) for payoff, uncertainty in part["value"]]
    for what, one, other in zip(("payoff", "uncertainty"), mine[0], right[0], strict=True):
        if one.shape != other.shape:
            return False, f"its {what} of {len(other)} contexts has the shape {one.shape}."
    for outputs, words in [(right, ""), *part.get("wrong", ())]:
        if _same(mine, outputs):
            return not words, words
    for stage, a, b in zip(("at first", "after a lesson"), mine, right, strict=True):
        for what, one, other in zip(("payoff", "uncertainty"), a, b, strict=True):
            if not _same([[one]], [[other]]):
                size = "large" if one.mean() > other.mean() else "small"
                return False, f"{stage} its {what} is too {size} on average."
    raise AssertionError("unreachable: something differs")


def _same(mine: Any, theirs: Any) -> bool:
    pairs = [pair for stages in zip(mine, theirs, strict=True) for pair in zip(*stages, strict=True)]
    return all(np.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in pairs)


def lesson(part: Part, agent: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """Teach ``agent``, and return its payoffs and uncertainties of some contexts before and after."""
    rng, d = np.random.default_rng(0), part["d"]
    contexts = np.eye(d)[rng.integers(d, size=part["n"])] if part.get("onehot") else rng.normal(size=(part["n"], d))
    probes = np.eye(d) if part.get("onehot") else rng.normal(size=(part["n_arms"], d))
    stages = []
    for learned in ([], contexts):
        for x in learned:
            arm, reward = int(rng.integers(part["n_arms"])), float(rng.random() < 0.4)
            tried("learn(x, arm, reward)", agent.learn, x, arm, reward)
        asked = (tried(f"{what}(X)", getattr(agent, what), probes) for what in ("payoff", "uncertainty"))
        stages.append(tuple(np.asarray(one) for one in asked))
    return stages


def counting(part: Part, x: Any) -> tuple[bool, str]:
    """Judge an agent of two methods that keeps rates by persona and category, and explores once in ten times.

    It plays for a while. Then another one has a lesson in which each persona has a favourite category, and one product
    of each other is always clicked, although its category seldom is; one, often shown, has more than the favourite.
    """
    if not callable(x):
        raise Off(f"is {kind_of(x)}: hand in the class, or a function of (features, rng) that makes the agent, not one")
    sim = ZooplusSimulator(seed=11)
    first, agent = _made(x, sim), _made(x, sim)
    for user in np.random.default_rng(0).integers(sim.n_users, size=300).tolist():
        click = int(sim.get_reward(user, product := _shown(first, user, sim)))
        tried(f"update({user}, {product}, {click}, sim)", first.update, user, product, click, sim)
    kinds, users = len(sim.categories), [np.flatnonzero(sim.user_persona == p) for p in range(len(sim.personas))]
    shelf = [np.flatnonzero(sim.product_category == c) for c in range(kinds)]
    favourite, often = ([(p + k) % kinds for p in range(len(users))] for k in (1, 3))
    for i in range(500):
        for p, k in np.ndindex(len(users), kinds if i < 50 else 1):
            c = k if i < 50 else often[p]
            turn, place = divmod(i, len(shelf[c]))
            click = int((turn + place) % 5 < 3) if c == favourite[p] else int(place == len(shelf[c]) - 1)
            given = int(users[p][i % len(users[p])]), int(shelf[c][place]), click
            tried(f"update({str(given)[1:-1]}, sim)", agent.update, *given, sim)
    shown = np.zeros((len(users), sim.n_products))
    for p, some in enumerate(users):
        for i in range(ASKED):
            shown[p, _shown(agent, int(some[i % len(some)]), sim)] += 1 / ASKED
    mostly = shown.argmax(1)
    if (sim.product_category[mostly] != favourite).any():
        if (sim.product_category[mostly] == often).all() and not np.isin(mostly, [one[-1] for one in shelf]).all():
            return False, "it follows how many clicks there were, and not how many of those who were shown it clicked."
        if np.isin(mostly, [one[-1] for one in shelf]).any():
            return False, "it follows single products, and the rates of their categories are asked for."
        what = "the same to all" if len({*mostly.tolist()}) == 1 else "some what they seldom click"
        return False, f"after a lesson it shows {what}."
    share = np.array([shown[p, shelf[c]].sum() for p, c in enumerate(favourite)])
    by_chance = np.array([len(shelf[c]) for c in favourite]) / sim.n_products
    explores = float(((1 - share) / (1 - by_chance)).mean())
    if explores < 1e-9:
        return False, "it always shows the best category: where is the product that is any, with probability 0.1?"
    if abs(explores - 0.1) > 0.03:
        return False, f"it shows any product with probability {explores:.2f} or so, not 0.1."
    return True, ""


def _made(x: Any, sim: ZooplusSimulator) -> Any:
    with suppress(Exception):  # what serves worlds in lockstep is made for one of them, and asked about that
        batch = ZooplusSimulator(seed=[11])
        agent = x(FeatureEngineer(batch), [spawn(11, "agent")])
        alone = SimpleNamespace(
            predict=lambda user, _: agent.predict(np.array([user]), batch)[0],
            update=lambda *seen: agent.update(*np.reshape(seen[:-1], (-1, 1)), batch),
        )
        if isinstance(agent, agents.Agent) and _shown(alone, 0, sim) >= 0:
            return alone
    agent = tried("making it with (features, rng)", x, FeatureEngineer(sim), spawn(11, "agent"))
    return _with(agent, "predict", "update")


def _with(agent: Any, *methods: str) -> Any:
    for name in methods:
        if not callable(getattr(agent, name, None)):
            raise Off(f"makes {kind_of(agent)} without the method {name}")
    return agent


def _shown(agent: Any, user: int, sim: ZooplusSimulator) -> int:
    product = tried(f"predict({user}, sim)", agent.predict, user, sim)
    if np.asarray(product).dtype.kind not in "iu" or np.ndim(product):
        raise Off(f"predicts {kind_of(product)} for user {user}, and the number of a product is asked for")
    if not 0 <= product < sim.n_products:
        raise Off(f"shows product {product} to user {user}, and the shop has {sim.n_products}, from 0 on")
    return int(product)
