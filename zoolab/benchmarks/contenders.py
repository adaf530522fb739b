"""Who is compared where no context ever comes again: our agents and those of others, how each is made and timed."""

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from zoolab.benchmarks import linear_peers as linear
from zoolab.benchmarks import neural_peers as neural
from zoolab.benchmarks import shared_peers as shared
from zoolab.benchmarks.linear_peers import ALPHA, Make, Pair, one_by_one
from zoolab.rivals import LinTSAgent
from zoolib import ContextSpace, LinUCBAgent, NeuralLinearAgent, NeuralUCBAgent, Replay, SharedLinUCBAgent, Thompson
from zoolib.evidence import DiagonalEvidence, Evidence

ONE, BATCH, LOCKSTEP = "one at a time", "in batches of 500", "100 worlds in lockstep"
WORLDS = 100
LINUCB, SHARED, THOMPSON, SHARED_THOMPSON, NEURAL_LINEAR, NEURAL_UCB = (
    "LinUCB, a model an arm", "LinUCB, one model", "Thompson, a model an arm", "Thompson, one model", "Neural-Linear",
    "NeuralUCB",
)  # fmt: skip
OWN_MODELS = (LINUCB, THOMPSON)
UNSEEN = 5  # steps that do not count, before what is made anew is timed


class Contender(NamedTuple):
    """A library's agent: what it does, whether that is exact, and how it is made for each way of asking it."""

    task: str
    package: str  # whose version is reported
    exact: bool | str  # its posterior is the one that the definition says; or when it is
    how: str  # it is kept
    ways: dict[str, Make]
    modules: tuple[str, ...] = ()  # imported before the clock runs
    literal: bool = False  # it chooses what literal LinUCB chooses
    longest: int = 1000  # the largest d that it is given
    in_batches: str = ""  # how it is kept in batches, if otherwise

    def kept(self, way: str) -> str:
        """Return how its posterior is kept when it is asked in that way."""
        return self.in_batches if way == BATCH and self.in_batches else self.how


Lesson = tuple[Any, Any, Any]


def step(pair: Pair, told: Any, world: Callable[[Any, Any], Lesson]) -> tuple[Lesson, float]:
    """Let a contender choose, and learn from what ``world(told, arm)`` says: context, arm and reward.

    Returned are those three, and the CPU seconds of choosing and learning; what the world takes is not among them.
    """
    choose, learn = pair
    start = time.process_time()
    arm = choose(told)
    seconds = time.process_time() - start
    lesson = world(told, arm)
    start = time.process_time()
    learn(*lesson)
    return lesson, seconds + time.process_time() - start


def our(agent: Any, worlds: tuple[int, ...], own_models: bool) -> Make:
    """Return how ``agent(space)`` is asked for one step, of one world or of ``(R,)`` worlds."""

    def made(n_arms: int, d: int) -> Pair:
        one, shape = agent(ContextSpace(d, n_arms, worlds)), (*worlds, n_arms, d)
        see = (lambda x: np.broadcast_to(x[..., None, :], shape)) if own_models else lambda X: X
        return lambda x: one.select(see(x)), one.learn

    return made


def ours(agent: Any, own_models: bool = False, batches: bool = True) -> dict[str, Make]:
    """Return our agents' ways; they choose for a batch by the means and widths of their evidence."""

    def in_batches(n_arms: int, d: int) -> Pair:
        one, rng = agent(ContextSpace(d, n_arms)), np.random.default_rng(0)

        def choose(X: np.ndarray) -> np.ndarray:
            if not own_models:
                return one.score(X.reshape(-1, d)).reshape(-1, n_arms).argmax(1)
            of_all = np.broadcast_to(X, (n_arms, *X.shape))
            mean, width = one.evidence.mean(of_all), one.evidence.width(of_all)
            xi = rng.standard_normal(width.shape) if one.exploration.is_random else 1.0
            return (mean + ALPHA * xi * width).argmax(0)

        def learn(X: np.ndarray, arms: np.ndarray, rewards: np.ndarray) -> None:
            for x, arm, reward in zip(X, arms.tolist(), rewards, strict=True):
                one.learn(x, arm, reward)

        return choose, learn

    alone, together = (our(agent, worlds, own_models) for worlds in ((), (WORLDS,)))
    return {ONE: alone, LOCKSTEP: together} | ({BATCH: in_batches} if batches else {})


def also_in_batches(make: Make) -> dict[str, Make]:
    return {ONE: one_by_one(make), BATCH: make}


def _seeds(space: ContextSpace) -> Any:
    return list(range(WORLDS)) if space.batch_shape else 0


def _neural_ucb(evidence: type) -> dict[str, Make]:
    return ours(lambda s: NeuralUCBAgent(s, alpha=0.1, evidence=evidence, rng=_seeds(s)), batches=False)


_boosted = linear.contextualbandits("LinUCB", alpha=ALPHA, ucb_from_empty=True)
_sampled = linear.contextualbandits("LinTS", v_sq=ALPHA**2, sample_from="ci")
WAYS: dict[str, Make | dict[str, Make]] = {  # how each is made; a function alone is asked one step at a time
    "zoolib: LinUCBAgent": ours(lambda s: LinUCBAgent(s, alpha=ALPHA), own_models=True),
    "mabwiser: LinUCB": also_in_batches(linear.mabwiser("LinUCB")),
    "contextualbandits: LinUCB": also_in_batches(_boosted),
    "gobrec: LinUCB": also_in_batches(linear.gobrec("LinUCB")),
    "pymab: LinUCBPolicy": linear.pymab("LinUCBPolicy", alpha=ALPHA),
    "Pearl: DisjointLinearBandit": linear.pearl_disjoint,
    "river: LinUCBDisjoint": linear.river_linucb(),
    "vowpalwabbit: epsilon-greedy": linear.vw_disjoint(),
    "gittins: a context for all": linear.gittins(linear.one_for_all),
    "zoolib: SharedLinUCBAgent": ours(lambda s: SharedLinUCBAgent(s, alpha=ALPHA)),
    "calvera: LinearUCBBandit": also_in_batches(shared.calvera("LinearUCBBandit", exploration_rate=ALPHA)),
    "Pearl: LinearBandit, UCB": also_in_batches(shared.pearl_shared(False)),
    "coba: LinUCBLearner": shared.coba("LinUCBLearner", alpha=ALPHA),
    "vowpalwabbit: squarecb, a line an arm": shared.vw_shared(),
    "gittins: a context an arm": linear.gittins(linear.one_an_arm),
    "zoolib: LinTSAgent": ours(lambda s: LinTSAgent(s, alpha=ALPHA, rng=_seeds(s)), own_models=True),
    "mabwiser: LinTS": also_in_batches(linear.mabwiser("LinTS")),
    "contextualbandits: LinTS": also_in_batches(_sampled),
    "gobrec: LinTS": also_in_batches(linear.gobrec("LinTS")),
    "pymab: LinearThompsonSamplingPolicy": linear.pymab("LinearThompsonSamplingPolicy", exploration_scale=ALPHA),
    "bayesianbandits: ContextualAgent": also_in_batches(linear.bayesianbandits_thompson),
    "probml/bandits: LinearBandit": {ONE: linear.probml_thompson(None), LOCKSTEP: linear.probml_thompson(WORLDS)},
    "pybandits: CmabBernoulli": {BATCH: linear.pybandits_thompson},
    "zoolib: SharedLinUCBAgent, Thompson": ours(
        lambda s: SharedLinUCBAgent(s, alpha=ALPHA, exploration=Thompson(), rng=_seeds(s))
    )[ONE],
    "calvera: LinearTSBandit": one_by_one(shared.calvera("LinearTSBandit")),
    "Pearl: LinearBandit, Thompson": one_by_one(shared.pearl_shared(True)),
    "coba: LinTSLearner": shared.coba("LinTSLearner", v=ALPHA**2),
    "zoolib: NeuralLinearAgent, replay": ours(
        lambda s: NeuralLinearAgent(s, alpha=0.3, training=Replay(), rng=_seeds(s)), batches=False
    ),
    "Pearl: NeuralLinearBandit, evidence at every click": neural.on_arrays(neural.pearl_neural_linear(True)),
    "Pearl: NeuralLinearBandit, all once in 50 steps": neural.on_arrays(neural.pearl_neural_linear(False)),
    "calvera: NeuralLinearBandit": neural.on_arrays(neural.calvera_neural_linear),
    "zoolib: NeuralUCBAgent, diagonal": _neural_ucb(DiagonalEvidence),
    "calvera: NeuralUCBBandit, diagonal": neural.on_arrays(neural.calvera_neural_ucb),
    "zoolib: NeuralUCBAgent": _neural_ucb(Evidence)[ONE],
}


def _told(row: dict[str, str]) -> Contender:
    """Return the contender of a row of ``contenders.csv``, where jax, whose threads survive no fork, has no module."""
    ways, exact = WAYS[row["contender"]], {"yes": True, "no": False}.get(row["exact"], row["exact"])
    return Contender(
        *(row["task"], row["package"], exact, row["how"], ways if isinstance(ways, dict) else {ONE: ways}),
        *(tuple(row["modules"].split()), row["literal"] == "yes", int(row["longest"]), row["in_batches"]),
    )


with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as _file:
    CONTENDERS = {row["contender"]: _told(row) for row in csv.DictReader(_file)}
