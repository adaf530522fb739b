"""Every agent of the book keeps to what an agent is."""

from small_agents import held

from zoolab.rivals import EpsilonGreedyAgent, InverseGap, MLPRecommender, StaticMLPAgent
from zoolib import (
    BetaThompsonAgent,
    Discount,
    EndToEnd,
    EpsilonGreedy,
    Everything,
    FeatureEngineer,
    Fresh,
    Frozen,
    KLUCBAgent,
    LinUCBAgent,
    NeuralLinearAgent,
    NeuralUCBAgent,
    Online,
    OracleAgent,
    RandomAgent,
    Replay,
    SharedLinUCBAgent,
    Thompson,
    UCB1Agent,
    Window,
)
from zoolib.evidence import DiagonalEvidence

REPLAY = Replay(capacity=120, batch_size=16, every=10)


def static(features, rng):
    """One of the shop as it was: whatever has been launched since, it knows ten products."""
    sim, rngs = features.sim, rng if isinstance(rng, list) else [rng]
    sim = type(sim)(10, sim.n_users, sim.seeds if sim.batch_shape else sim.seeds[0])
    models = [MLPRecommender(sim.n_users, sim.n_products, 4, rng=one) for one in rngs]
    return StaticMLPAgent(FeatureEngineer(sim), models if sim.batch_shape else models[0])


def linucb(kind=LinUCBAgent, **settings):
    return lambda features, rng: kind(features, alpha=0.3, **settings)


def neural_ucb(**settings):
    return lambda features, rng: NeuralUCBAgent(features, hidden_dim=6, lr=0.05, **settings, rng=rng)


def neural_linear(kind=NeuralLinearAgent, **choices):
    return lambda features, rng: kind(features, d_emb=5, hidden_dim=8, **choices, rng=rng)


COUNTING = {"by_arm": True, "rewards": "random"}
DRAWING = {"prefers": False, "is_random": True}

TestRandom = held(lambda features, rng: RandomAgent(features, rng=rng), **DRAWING, looks=False)
TestOracle = held(lambda features, rng: OracleAgent(features), knows_bare_contexts=False)
TestStaticMLP = held(static, knows_bare_contexts=False, prefers=False)

TestUCB1 = held(lambda features, rng: UCB1Agent(features), **COUNTING)
TestKLUCB = held(lambda features, rng: KLUCBAgent(features), **COUNTING)
TestBetaThompson = held(lambda features, rng: BetaThompsonAgent(features, rng=rng), **COUNTING, **DRAWING)

TestLinUCB = held(linucb(), by_arm=True)
TestLinUCBOnAWindow = held(linucb(window=100), by_arm=True)
TestLinUCBDiscounted = held(linucb(gamma=0.98), by_arm=True)
TestLinUCBInverseGap = held(
    lambda features, rng: LinUCBAgent(features, exploration=InverseGap(50.0, per="loss"), rng=rng),
    by_arm=True, **DRAWING,
)  # fmt: skip
TestSharedLinUCB = held(linucb(SharedLinUCBAgent))
TestSharedLinUCBOnAWindow = held(linucb(SharedLinUCBAgent, window=100))
TestSharedLinUCBDiscounted = held(linucb(SharedLinUCBAgent, gamma=0.98))

TestNeuralUCB = held(neural_ucb(), n_steps=120)
TestNeuralUCBDiagonal = held(neural_ucb(evidence=DiagonalEvidence))

TestNeuralLinearOnline = held(neural_linear(training=Online()))
TestNeuralLinearEndToEnd = held(neural_linear(training=EndToEnd(), lr=0.1))
TestNeuralLinearFrozen = held(neural_linear(training=Frozen()))
TestNeuralLinearReplay = held(neural_linear(training=REPLAY, memory=Everything()))
TestNeuralLinearFresh = held(neural_linear(training=REPLAY, memory=Fresh(100)))
TestNeuralLinearOnlineFresh = held(neural_linear(training=Online(), memory=Fresh(30)))
TestNeuralLinearWindow = held(neural_linear(training=REPLAY, memory=Window(100)))
TestNeuralLinearDiscount = held(neural_linear(training=REPLAY, memory=Discount(0.98)))
TestNeuralLinearThompson = held(neural_linear(training=REPLAY, exploration=Thompson()), is_random=True)
TestNeuralLinearFreshThompson = held(
    neural_linear(training=REPLAY, memory=Fresh(100), exploration=Thompson()), is_random=True
)
TestNeuralLinearEpsilonGreedy = held(neural_linear(training=Online(), exploration=EpsilonGreedy(0.2)), **DRAWING)
TestNeuralLinearInverseGap = held(neural_linear(training=REPLAY, exploration=InverseGap(20.0)), **DRAWING)
TestEpsilonGreedy = held(neural_linear(EpsilonGreedyAgent, training=REPLAY), **DRAWING)
