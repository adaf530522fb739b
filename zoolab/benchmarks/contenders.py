"""Who is compared where no context ever comes again: our agents and those of others, how each is made and timed."""

from __future__ import annotations

import time
from collections.abc import Callable
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


def _of(task: str, package: str, exact: bool, how: str, ways: Any, *modules: str, **more: Any) -> Contender:
    return Contender(task, package, exact, how, ways if isinstance(ways, dict) else {ONE: ways}, modules, **more)


def _neural_ucb(diagonal: bool) -> dict[str, Make]:
    made = ours(
        lambda space: NeuralUCBAgent(
            space, alpha=0.1, evidence=DiagonalEvidence if diagonal else Evidence, rng=_seeds(space)
        ),
        batches=False,
    )
    return made if diagonal else {ONE: made[ONE]}


def _seeds(space: ContextSpace) -> Any:
    return list(range(WORLDS)) if space.batch_shape else 0


RANK_ONE, INVERSE, DECISION = "rank-one updates", "an inverse a click", "K inverses a decision"
OF_CLICKED, OF_ALL = "an inverse of each arm that was clicked", "K inverses a batch"
SUMS, SINGLE, ALPHA_1 = "sums, and ", ", single precision", "; draws alpha 1"
PAYOFFS, DIAGONALS = "; a payoff an arm is drawn", "; draws by the diagonals of their factors, one for all arms"
AT_50TH = "exact at every 50th step"
SOLVED = "systems of equations solved for every arm and decision"
ONLINE = "gradient steps"
CALVERA, PEARL = ("torch", "calvera.bandits"), ("torch", "pearl.policy_learners.contextual_bandits.linear_bandit")
CONTENDERS: dict[str, Contender] = {
    "zoolib: LinUCBAgent": _of(
        LINUCB, "zoolib", True, RANK_ONE, ours(lambda s: LinUCBAgent(s, alpha=ALPHA), own_models=True), literal=True,
        in_batches=SUMS + OF_CLICKED,
    ),
    "mabwiser: LinUCB": _of(
        LINUCB, "mabwiser", True, INVERSE, also_in_batches(linear.mabwiser("LinUCB")), "mabwiser.mab", literal=True,
        in_batches=OF_CLICKED,
    ),
    "contextualbandits: LinUCB": _of(
        LINUCB, "contextualbandits", True, RANK_ONE,
        also_in_batches(linear.contextualbandits("LinUCB", alpha=ALPHA, ucb_from_empty=True)),
        "contextualbandits.online", literal=True,
    ),
    "gobrec: LinUCB": _of(
        LINUCB, "gobrec", True, DECISION, also_in_batches(linear.gobrec("LinUCB")), "gobrec.mabs", literal=True,
        in_batches=OF_ALL,
    ),
    "pymab: LinUCBPolicy": _of(
        LINUCB, "pymab", True, SOLVED, linear.pymab("LinUCBPolicy", alpha=ALPHA), "pymab", literal=True
    ),
    "Pearl: DisjointLinearBandit": _of(
        LINUCB, "Pearl", True, INVERSE + SINGLE, linear.pearl_disjoint, *PEARL, literal=True
    ),
    "river: LinUCBDisjoint": _of(
        LINUCB, "river", True, RANK_ONE + "; the noise is in its bound", linear.river_linucb(), "river.bandit"
    ),
    "vowpalwabbit: epsilon-greedy": _of(
        LINUCB, "vowpalwabbit", False, ONLINE, linear.vw_disjoint(), "vowpalwabbit"
    ),
    "gittins: a context for all": _of(
        LINUCB, "gittins", False, "its own", linear.gittins(linear.one_for_all), "gittins"
    ),
    "zoolib: SharedLinUCBAgent": _of(
        SHARED, "zoolib", True, RANK_ONE, ours(lambda s: SharedLinUCBAgent(s, alpha=ALPHA)), literal=True,
        in_batches=SUMS + "an inverse",
    ),
    "calvera: LinearUCBBandit": _of(
        SHARED, "calvera", True, "two inverses a click" + SINGLE,
        also_in_batches(shared.calvera("LinearUCBBandit", exploration_rate=ALPHA)), *CALVERA, literal=True,
        in_batches="two inverses a batch" + SINGLE,
    ),
    "Pearl: LinearBandit, UCB": _of(
        SHARED, "Pearl", True, INVERSE + SINGLE, also_in_batches(shared.pearl_shared(False)), *PEARL, literal=True,
        in_batches="an inverse a batch" + SINGLE,
    ),
    "coba: LinUCBLearner": _of(
        SHARED, "coba", True, RANK_ONE, shared.coba("LinUCBLearner", alpha=ALPHA), "coba", literal=True
    ),
    "vowpalwabbit: squarecb, a line an arm": _of(
        SHARED, "vowpalwabbit", False, ONLINE, shared.vw_shared(), "vowpalwabbit"
    ),
    "gittins: a context an arm": _of(SHARED, "gittins", False, "its own", linear.gittins(linear.one_an_arm), "gittins"),
    "zoolib: LinTSAgent": _of(
        THOMPSON, "zoolib", True, RANK_ONE + PAYOFFS,
        ours(lambda s: LinTSAgent(s, alpha=ALPHA, rng=_seeds(s)), own_models=True),
        in_batches=SUMS + OF_CLICKED + PAYOFFS,
    ),
    "mabwiser: LinTS": _of(
        THOMPSON, "mabwiser", True, INVERSE, also_in_batches(linear.mabwiser("LinTS")), "mabwiser.mab",
        in_batches=OF_CLICKED,
    ),
    "contextualbandits: LinTS": _of(
        THOMPSON, "contextualbandits", True, RANK_ONE,
        also_in_batches(linear.contextualbandits("LinTS", v_sq=ALPHA**2, sample_from="ci")), "contextualbandits.online",
    ),
    "gobrec: LinTS": _of(
        THOMPSON, "gobrec", False, DECISION + DIAGONALS, also_in_batches(linear.gobrec("LinTS")), "gobrec.mabs",
        in_batches=OF_ALL + DIAGONALS,
    ),
    "pymab: LinearThompsonSamplingPolicy": _of(
        THOMPSON, "pymab", True, SOLVED,
        linear.pymab("LinearThompsonSamplingPolicy", exploration_scale=ALPHA), "pymab",
    ),
    "bayesianbandits: ContextualAgent": _of(
        THOMPSON, "bayesianbandits", True, "Cholesky factors", also_in_batches(linear.bayesianbandits_thompson),
        "bayesianbandits",
    ),
    "probml/bandits: LinearBandit": _of(
        THOMPSON, "jax", True, "two inverses a click" + SINGLE + "; the noise is learned",
        {ONE: linear.probml_thompson(None), LOCKSTEP: linear.probml_thompson(WORLDS)},
    ),  # jax is not imported before the fork, which its threads would not survive

    "pybandits: CmabBernoulli": _of(
        THOMPSON, "pybandits", False, "variational", {BATCH: linear.pybandits_thompson}
    ),
    "zoolib: SharedLinUCBAgent, Thompson": _of(
        SHARED_THOMPSON, "zoolib", True, RANK_ONE,
        {ONE: ours(lambda s: SharedLinUCBAgent(s, alpha=ALPHA, exploration=Thompson(), rng=_seeds(s)))[ONE]},
    ),
    "calvera: LinearTSBandit": _of(
        SHARED_THOMPSON, "calvera", True, "two inverses a click" + SINGLE + ALPHA_1,
        one_by_one(shared.calvera("LinearTSBandit")), *CALVERA,
    ),
    "Pearl: LinearBandit, Thompson": _of(
        SHARED_THOMPSON, "Pearl", True, INVERSE + SINGLE + ALPHA_1,
        one_by_one(shared.pearl_shared(True)), *PEARL,
    ),
    "coba: LinTSLearner": _of(
        SHARED_THOMPSON, "coba", True, RANK_ONE, shared.coba("LinTSLearner", v=ALPHA**2), "coba"
    ),
    "zoolib: NeuralLinearAgent, replay": _of(
        NEURAL_LINEAR, "zoolib", True, RANK_ONE,
        ours(lambda s: NeuralLinearAgent(s, alpha=0.3, training=Replay(), rng=_seeds(s)), batches=False),
    ),
    "Pearl: NeuralLinearBandit, evidence at every click": _of(
        NEURAL_LINEAR, "Pearl", True, INVERSE + SINGLE, neural.on_arrays(neural.pearl_neural_linear(True)), *PEARL
    ),
    "Pearl: NeuralLinearBandit, all once in 50 steps": _of(
        NEURAL_LINEAR, "Pearl", AT_50TH, "an inverse in 50 clicks" + SINGLE,
        neural.on_arrays(neural.pearl_neural_linear(False)), *PEARL,
    ),
    "calvera: NeuralLinearBandit": _of(
        NEURAL_LINEAR, "calvera", AT_50TH, "then of all clicks anew, two inverses for 64 of them" + SINGLE + ALPHA_1,
        neural.on_arrays(neural.calvera_neural_linear), *CALVERA,
    ),
    "zoolib: NeuralUCBAgent, diagonal": _of(NEURAL_UCB, "zoolib", False, "the diagonal of A", _neural_ucb(True)),
    "calvera: NeuralUCBBandit, diagonal": _of(
        NEURAL_UCB, "calvera", False, "the diagonal of A", neural.on_arrays(neural.calvera_neural_ucb), *CALVERA
    ),
    "zoolib: NeuralUCBAgent": _of(NEURAL_UCB, "zoolib", True, RANK_ONE, _neural_ucb(False), longest=20),
}  # fmt: skip
