"""Every agent of the book keeps to what an agent is."""

from small_agents import held

import zoolib as zoo
from zoolab.rivals import EpsilonGreedyAgent, InverseGap, MLPRecommender, StaticMLPAgent
from zoolib.evidence import DiagonalEvidence

REPLAY = zoo.Replay(capacity=120, batch_size=16, every=10)


def static(features, rng):
    """One of the shop as it was: whatever has been launched since, it knows ten products."""
    sim, rngs = features.sim, rng if isinstance(rng, list) else [rng]
    sim = type(sim)(10, sim.n_users, sim.seeds if sim.batch_shape else sim.seeds[0])
    models = [MLPRecommender(sim.n_users, sim.n_products, 4, rng=one) for one in rngs]
    return StaticMLPAgent(zoo.FeatureEngineer(sim), models if sim.batch_shape else models[0])


def linucb(kind=zoo.LinUCBAgent, **settings):
    return lambda features, rng: kind(features, alpha=0.3, **settings)


def neural_ucb(**settings):
    return lambda features, rng: zoo.NeuralUCBAgent(features, hidden_dim=6, lr=0.05, **settings, rng=rng)


def neural_linear(kind=zoo.NeuralLinearAgent, **choices):
    return lambda features, rng: kind(features, d_emb=5, hidden_dim=8, **choices, rng=rng)


COUNTING = {"by_arm": True, "rewards": "random"}
DRAWING = {"prefers": False, "is_random": True}

TestRandom = held(lambda features, rng: zoo.RandomAgent(features, rng=rng), **DRAWING, looks=False)
TestOracle = held(lambda features, rng: zoo.OracleAgent(features), knows_bare_contexts=False)
TestStaticMLP = held(static, knows_bare_contexts=False, prefers=False)

TestUCB1 = held(lambda features, rng: zoo.UCB1Agent(features), **COUNTING)
TestKLUCB = held(lambda features, rng: zoo.KLUCBAgent(features), **COUNTING)
TestBetaThompson = held(lambda features, rng: zoo.BetaThompsonAgent(features, rng=rng), **COUNTING, **DRAWING)

TestLinUCB = held(linucb(), by_arm=True)
TestLinUCBOnAWindow = held(linucb(window=100), by_arm=True)
TestLinUCBDiscounted = held(linucb(gamma=0.98), by_arm=True)
TestLinUCBInverseGap = held(
    lambda features, rng: zoo.LinUCBAgent(features, exploration=InverseGap(50.0, per="loss"), rng=rng),
    by_arm=True, **DRAWING,
)  # fmt: skip
TestSharedLinUCB = held(linucb(zoo.SharedLinUCBAgent))
TestSharedLinUCBOnAWindow = held(linucb(zoo.SharedLinUCBAgent, window=100))
TestSharedLinUCBDiscounted = held(linucb(zoo.SharedLinUCBAgent, gamma=0.98))

TestNeuralUCB = held(neural_ucb(), n_steps=120)
TestNeuralUCBDiagonal = held(neural_ucb(evidence=DiagonalEvidence))

TestNeuralLinearOnline = held(neural_linear(training=zoo.Online()))
TestNeuralLinearEndToEnd = held(neural_linear(training=zoo.EndToEnd(), lr=0.1))
TestNeuralLinearFrozen = held(neural_linear(training=zoo.Frozen()))
TestNeuralLinearReplay = held(neural_linear(training=REPLAY, memory=zoo.Everything()))
TestNeuralLinearFresh = held(neural_linear(training=REPLAY, memory=zoo.Fresh(100)))
TestNeuralLinearOnlineFresh = held(neural_linear(training=zoo.Online(), memory=zoo.Fresh(30)))
TestNeuralLinearWindow = held(neural_linear(training=REPLAY, memory=zoo.Window(100)))
TestNeuralLinearDiscount = held(neural_linear(training=REPLAY, memory=zoo.Discount(0.98)))
TestNeuralLinearThompson = held(neural_linear(training=REPLAY, exploration=zoo.Thompson()), is_random=True)
TestNeuralLinearFreshThompson = held(
    neural_linear(training=REPLAY, memory=zoo.Fresh(100), exploration=zoo.Thompson()), is_random=True
)
TestNeuralLinearEpsilonGreedy = held(
    neural_linear(training=zoo.Online(), exploration=zoo.EpsilonGreedy(0.2)), **DRAWING
)
TestNeuralLinearInverseGap = held(neural_linear(training=REPLAY, exploration=InverseGap(20.0)), **DRAWING)
TestEpsilonGreedy = held(neural_linear(EpsilonGreedyAgent, training=REPLAY), **DRAWING)
