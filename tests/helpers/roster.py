"""Every agent of the book, small, by name: made of features, or of a bare space, and generators."""

import zoolib as zoo
from zoolab import columns as maps
from zoolab import rivals
from zoolib.evidence import DiagonalEvidence

REPLAY = zoo.Replay(capacity=300, batch_size=32, every=20)
REHEARSAL = zoo.Replay(capacity=120, batch_size=8, every=10, n_batches=2)
SMALL = {"d_emb": 8, "hidden_dim": 12}
LEARNED = maps.Learned(hidden=(8, 6), every=40, batches=5, batch_size=16, epochs=2)


def neural_linear(**choices):
    return lambda features, rng: zoo.NeuralLinearAgent(features, **SMALL | choices, rng=rng)


def mapped(map, **settings):
    return lambda features, rng: maps.MappedAgent(features, map=map, rng=rng, **settings)


def neural_ucb(**settings):
    return lambda features, rng: zoo.NeuralUCBAgent(features, hidden_dim=6, lr=0.05, **settings, rng=rng)


def linucb(kind=zoo.LinUCBAgent, encoding=None, **settings):
    def make(features, rng):
        seen = features.encoded(encoding) if encoding and hasattr(features, "encoded") else features
        return kind(seen, **settings, rng=rng)

    return make


def static(features, rng):
    sim, rngs = features.sim, rng if isinstance(rng, list) else [rng]
    models = [rivals.MLPRecommender(sim.n_users, sim.n_products, 4, rng=one) for one in rngs]
    return rivals.StaticMLPAgent(features, models if sim.batch_shape else models[0])


AGENTS = {
    "random": lambda features, rng: zoo.RandomAgent(features, rng=rng),
    "LinUCB": linucb(alpha=0.2),
    "LinUCB, alpha 1": linucb(alpha=1.0, ridge=2.0),
    "LinUCB, window": linucb(alpha=0.3, window=150),
    "LinUCB, discount": linucb(alpha=0.3, gamma=0.99),
    "LinUCB, both": linucb(alpha=0.3, encoding="both"),
    "LinTS": linucb(rivals.LinTSAgent, alpha=0.3),
    "LinTS, window": linucb(rivals.LinTSAgent, alpha=0.3, window=150),
    "shared": linucb(zoo.SharedLinUCBAgent, alpha=0.3),
    "shared crossed": linucb(zoo.SharedLinUCBAgent, "crossed", alpha=1.0),
    "shared, window": linucb(zoo.SharedLinUCBAgent, "both", alpha=0.3, window=150),
    "shared, discount": linucb(zoo.SharedLinUCBAgent, "crossed", alpha=0.3, gamma=0.99),
    "NeuralUCB": neural_ucb(),
    "NeuralUCB, diagonal": neural_ucb(evidence=DiagonalEvidence),
    "NeuralUCB, latest click": lambda f, rng: rivals.DiagonalNeuralUCBAgent(f, hidden_dim=6, lr=0.05, rng=rng),
    "NeuralUCB, rehearsal": lambda f, rng: rivals.DiagonalNeuralUCBAgent(
        f, hidden_dim=6, lr=0.02, training=REHEARSAL, rng=rng
    ),
    "NeuralTS": lambda f, rng: rivals.NeuralTSAgent(f, hidden_dim=6, lr=0.02, training=REHEARSAL, rng=rng),
    "ensemble": lambda f, rng: rivals.EnsembleAgent(
        f, n_members=4, hidden_dim=6, every=10, batch_size=16, capacity=120, rng=rng
    ),
    "epinet": lambda f, rng: rivals.EpinetAgent(
        f, index_dim=4, hidden_dim=6, epi_dim=5, every=10, batch_size=16, capacity=120, rng=rng
    ),
    "online": neural_linear(),
    "end to end": neural_linear(training=zoo.EndToEnd(), lr=0.1),
    "frozen": neural_linear(training=zoo.Frozen()),
    "replay": neural_linear(training=REPLAY),
    "rehearsal": neural_linear(training=REHEARSAL),
    "fresh": neural_linear(training=REPLAY, memory=zoo.Fresh(100)),
    "online fresh": neural_linear(memory=zoo.Fresh(30)),
    "window": neural_linear(training=REPLAY, memory=zoo.Window(100)),
    "discount": neural_linear(training=REPLAY, memory=zoo.Discount(0.98)),
    "Thompson": neural_linear(training=REPLAY, exploration=zoo.Thompson()),
    "fresh Thompson": neural_linear(training=REPLAY, memory=zoo.Fresh(100), exploration=zoo.Thompson()),
    "online Thompson": neural_linear(exploration=zoo.Thompson()),
    "epsilon-greedy": neural_linear(training=REPLAY, exploration=zoo.EpsilonGreedy(0.2), alpha=0.0),
    "head alone": lambda f, rng: rivals.EpsilonGreedyAgent(f, **SMALL, training=REPLAY, rng=rng),
    "inverse gap": neural_linear(training=REPLAY, exploration=rivals.InverseGap(20.0)),
    "LinUCB, inverse gap": linucb(exploration=rivals.InverseGap(20.0, per="loss")),
    "mapped": mapped(maps.Identity()),
    "mapped, ucb": mapped(maps.Crossed(), exploration=zoo.UCB(), settle=3),
    "mapped, waves": mapped(maps.RandomFourier(n=12), settle=1),
    "mapped, learned": mapped(LEARNED, alpha=0.3, settle=7),
    "mapped, stale": mapped(LEARNED, alpha=0.3, fresh=False),
    "head of the map": lambda f, rng: maps.HeadAgent(f, map=LEARNED, exploration=zoo.UCB(), rng=rng),
    "delayed": lambda f, rng: rivals.Delayed(linucb(alpha=0.2)(f, rng), delay=30, every=4),
    "anticipating": lambda f, rng: rivals.Anticipating(linucb(zoo.SharedLinUCBAgent, "both")(f, rng), delay=30),
    "restarting": lambda f, rng: rivals.Restarting(neural_linear(training=REPLAY)(f, rng), at=[90, 200]),
}
SHOP_ONLY = {"oracle": lambda features, rng: zoo.OracleAgent(features), "static": static}
BARE_ONLY = {
    "arm heads": lambda f, rng: rivals.ArmHeadsAgent(
        f, d_emb=4, hidden_dim=6, every=10, batch_size=8, capacity=90, rng=rng
    ),
    "arm heads TS": lambda f, rng: rivals.ArmHeadsTSAgent(f, d_emb=4, hidden_dim=6, every=10, batch_size=8, rng=rng),
}
FEATURES = {
    "raw": lambda layout: mapped(maps.Identity(layout)),
    "crossed": lambda layout: mapped(maps.Crossed(layout), exploration=zoo.UCB(), alpha=0.2),
    "waves": lambda layout: mapped(maps.RandomFourier(layout, n=20)),
    "cells": lambda layout: mapped(maps.KMeans(layout, users=3, products=4)),
    "trees": lambda layout: mapped(maps.Boosted(layout, n_trees=4, leaf=5, every=100), alpha=0.0),
    "pairs": lambda layout: mapped(maps.Pairs(layout, pairs=3, knots=4, every=100), link="logistic"),
    "unmixed": lambda layout: mapped(maps.Unmixed(layout, of=maps.Crossed(layout)), alpha=0.0),
    "with product": lambda layout: mapped(
        maps.WithProduct(layout, of=maps.Identity(layout), n_products=40), link="logistic"
    ),
    "screened": lambda layout: mapped(maps.Screened(layout, of=maps.Crossed(layout), every=100)),
    "projected": lambda layout: mapped(maps.Projected(layout, of=maps.RandomFourier(layout, n=20), every=100)),
    "learned": lambda layout: mapped(maps.Learned(layout, hidden=(8, 6), every=60, batches=5, batch_size=32, epochs=2)),
    "per product": lambda layout: lambda f, rng: rivals.PerProductAgent(f, layout=layout, n_products=40, crossed=True),
}
