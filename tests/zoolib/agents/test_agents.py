"""Every agent of the book keeps to what an agent is."""

# ruff: noqa: RUF012  the settings of a test class are read, never changed

from small_agents import AgentConformance

from zoolab.rivals import EpsilonGreedyAgent, InverseGap, MLPRecommender, StaticMLPAgent
from zoolib import (
    BetaThompsonAgent,
    Discount,
    EndToEnd,
    EpsilonGreedy,
    Everything,
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


class TestRandom(AgentConformance):
    prefers, looks, is_random = False, False, True

    @staticmethod
    def make(features, rng):
        return RandomAgent(features, rng=rng)


class TestOracle(AgentConformance):
    knows_bare_contexts = False

    @staticmethod
    def make(features, rng):
        return OracleAgent(features)


class TestStaticMLP(AgentConformance):
    knows_bare_contexts = prefers = grows = False

    @staticmethod
    def make(features, rng):
        sim = features.sim
        models = [
            MLPRecommender(sim.n_users, sim.n_products, 4, rng=r) for r in (rng if isinstance(rng, list) else [rng])
        ]
        return StaticMLPAgent(features, models if sim.batch_shape else models[0])

    @classmethod
    def made_for(cls, sim):  # whatever has been launched since, the model is one of the shop as it was
        return super().made_for(type(sim)(10, sim.n_users, sim.seeds if sim.batch_shape else sim.seeds[0]))


class TestUCB1(AgentConformance):
    by_arm, rewards = True, "random"

    @staticmethod
    def make(features, rng):
        return UCB1Agent(features)


class TestKLUCB(AgentConformance):
    by_arm, rewards = True, "random"

    @staticmethod
    def make(features, rng):
        return KLUCBAgent(features)


class TestBetaThompson(AgentConformance):
    by_arm = is_random = True
    prefers, rewards = False, "random"

    @staticmethod
    def make(features, rng):
        return BetaThompsonAgent(features, rng=rng)


class TestLinUCB(AgentConformance):
    by_arm = True
    settings: dict = {}

    @classmethod
    def make(cls, features, rng):
        return LinUCBAgent(features, alpha=0.3, **cls.settings)


class TestLinUCBOnAWindow(TestLinUCB):
    settings = {"window": 100}


class TestLinUCBDiscounted(TestLinUCB):
    settings = {"gamma": 0.98}


class TestSharedLinUCB(AgentConformance):
    settings: dict = {}

    @classmethod
    def make(cls, features, rng):
        return SharedLinUCBAgent(features, alpha=0.3, **cls.settings)


class TestSharedLinUCBOnAWindow(TestSharedLinUCB):
    settings = {"window": 100}


class TestSharedLinUCBDiscounted(TestSharedLinUCB):
    settings = {"gamma": 0.98}


class TestNeuralUCB(AgentConformance):
    n_steps = 120

    @staticmethod
    def make(features, rng):
        return NeuralUCBAgent(features, hidden_dim=6, lr=0.05, rng=rng)


class TestNeuralUCBDiagonal(AgentConformance):
    @staticmethod
    def make(features, rng):
        return NeuralUCBAgent(features, hidden_dim=6, lr=0.05, evidence=DiagonalEvidence, rng=rng)


class NeuralLinearConformance(AgentConformance):
    choices: dict = {}

    @classmethod
    def make(cls, features, rng):
        return NeuralLinearAgent(features, d_emb=5, hidden_dim=8, rng=rng, **cls.choices)


class TestNeuralLinearOnline(NeuralLinearConformance):
    choices = {"training": Online()}


class TestNeuralLinearEndToEnd(NeuralLinearConformance):
    choices = {"training": EndToEnd(), "lr": 0.1}


class TestNeuralLinearFrozen(NeuralLinearConformance):
    choices = {"training": Frozen()}


class TestNeuralLinearReplay(NeuralLinearConformance):
    choices = {"training": REPLAY, "memory": Everything()}


class TestNeuralLinearFresh(NeuralLinearConformance):
    choices = {"training": REPLAY, "memory": Fresh(100)}


class TestNeuralLinearOnlineFresh(NeuralLinearConformance):
    choices = {"training": Online(), "memory": Fresh(30)}


class TestNeuralLinearWindow(NeuralLinearConformance):
    choices = {"training": REPLAY, "memory": Window(100)}


class TestNeuralLinearDiscount(NeuralLinearConformance):
    choices = {"training": REPLAY, "memory": Discount(0.98)}


class TestNeuralLinearThompson(NeuralLinearConformance):
    is_random = True
    choices = {"training": REPLAY, "exploration": Thompson()}


class TestNeuralLinearFreshThompson(NeuralLinearConformance):
    is_random = True
    choices = {"training": REPLAY, "memory": Fresh(100), "exploration": Thompson()}


class TestNeuralLinearEpsilonGreedy(NeuralLinearConformance):
    prefers, is_random = False, True
    choices = {"training": Online(), "exploration": EpsilonGreedy(0.2)}


class TestNeuralLinearInverseGap(NeuralLinearConformance):
    prefers, is_random = False, True
    choices = {"training": REPLAY, "exploration": InverseGap(20.0)}


class TestLinUCBInverseGap(AgentConformance):
    prefers, is_random, by_arm = False, True, True

    @staticmethod
    def make(features, rng):
        return LinUCBAgent(features, exploration=InverseGap(50.0, per="loss"), rng=rng)


class TestEpsilonGreedy(AgentConformance):
    prefers, is_random = False, True

    @staticmethod
    def make(features, rng):
        return EpsilonGreedyAgent(features, d_emb=5, hidden_dim=8, training=REPLAY, rng=rng)
