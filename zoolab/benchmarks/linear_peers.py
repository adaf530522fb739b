"""Linear bandits that others wrote, for contexts that are all different: each made by ``make(K, d)``.

What is made are two functions. Where a step has one context x, ``(d,)``, with a 1 in front, and every arm a model:
``choose(x)`` returns an arm, ``learn(x, arm, r)`` takes in its reward. Where every arm has a context of its own
``choose`` is given all of them, ``(K, d)``, and ``learn`` the chosen one's. In batches all have one axis more in front.

alpha = .2 multiplies the width everywhere, the prior has a weight of 1, and each is written as its documentation says.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

ALPHA = 0.2
NAMES = [f"x{i}" for i in range(1000)]  # of columns, for whoever is told them by name
Pair = tuple[Callable[..., Any], Callable[..., Any]]
Make = Callable[[int, int], Pair]


def one_by_one(make: Make) -> Make:
    """Return a contender that is given batches of one."""

    def single(n_arms: int, d: int) -> Pair:
        choose, learn = make(n_arms, d)
        return (
            lambda x: choose(x[None])[0],
            lambda x, arm, r: learn(x[None], np.array([arm]), np.array([r])),
        )

    return single


def mabwiser(policy: str) -> Make:
    def make(n_arms: int, d: int) -> Pair:
        from mabwiser.mab import MAB, LearningPolicy

        mab = MAB(list(range(n_arms)), getattr(LearningPolicy, policy)(alpha=ALPHA, l2_lambda=1.0))
        mab.fit([0], [0], np.zeros((1, d)))  # it wants a first record; this one is worth nothing
        return lambda X: np.atleast_1d(mab.predict(X)), lambda X, arms, r: mab.partial_fit(arms, r, X)

    return make


def by_name(x: np.ndarray) -> dict[str, float]:
    return dict(zip(NAMES, x.tolist(), strict=False))


def river_linucb(told: Callable[[Any], dict[str, float]] = by_name) -> Make:
    """Its prior and noise have the weight one, and so has the bonus that it adds."""

    def make(n_arms: int, d: int) -> Pair:
        from river.bandit import LinUCBDisjoint

        policy, arms = LinUCBDisjoint(alpha=1.0, beta=1.0, seed=0), list(range(n_arms))
        return (
            lambda x: policy.pull(arms, context=told(x)),
            lambda x, arm, r: policy.update(arm, told(x), float(r)),
        )

    return make


def contextualbandits(policy: str, **settings: Any) -> Make:
    def make(n_arms: int, d: int) -> Pair:
        import contextualbandits.online as library

        given = {"nchoices": n_arms, "lambda_": 1.0, "fit_intercept": False, "use_float": False, "method": "sm"}
        given |= {"beta_prior": None, "random_state": 1, "njobs": 1} | settings
        mab = getattr(library, policy)(**given)
        return mab.predict, lambda X, arms, r: mab.partial_fit(X, arms, r.astype(float))

    return make


def gobrec(policy: str) -> Make:
    def make(n_arms: int, d: int) -> Pair:
        from gobrec.mabs import lin_mabs

        mab = getattr(lin_mabs, policy)(seed=0, alpha=ALPHA, l2_lambda=1.0)
        mab.fit(np.zeros((n_arms, d)), np.arange(n_arms), np.zeros(n_arms))  # it knows the arms that it has met
        return lambda X: mab.predict(X).argmax(1).numpy(), mab.fit

    return make


def pymab(policy: str, **settings: float) -> Make:
    def make(n_arms: int, d: int) -> Pair:
        from pymab.policies import contextual_bandits

        mab = getattr(contextual_bandits, policy)(n_arms=n_arms, n_features=d, l2=1.0, **settings)
        rng = np.random.default_rng(0)

        def told(x: np.ndarray) -> np.ndarray:
            return np.broadcast_to(x, (n_arms, d))

        return (
            lambda x: mab.select_action(context=told(x), rng=rng),
            lambda x, arm, r: mab.update(action=int(arm), reward=float(r), context=told(x)),
        )

    return make


def bayesianbandits_thompson(n_arms: int, d: int) -> Pair:
    from bayesianbandits import Arm, ContextualAgent, NormalRegressor, ThompsonSampling

    weight = 1 / ALPHA**2  # of prior and reward alike, so that the covariance is alpha^2 A^-1
    arms = [Arm(k, learner=NormalRegressor(alpha=weight, beta=weight)) for k in range(n_arms)]
    agent = ContextualAgent(arms, ThompsonSampling(), random_seed=0)

    def learn(X: np.ndarray, chosen: np.ndarray, r: np.ndarray) -> None:
        for arm in np.unique(chosen):
            mine = chosen == arm
            agent.select_for_update(int(arm)).update(X[mine], r[mine].astype(float))

    return lambda X: np.array(agent.pull(X)), learn


def pybandits_thompson(n_arms: int, d: int) -> Pair:
    from pybandits.cmab import CmabBernoulli

    mab = CmabBernoulli.cold_start(action_ids={str(k) for k in range(n_arms)}, n_features=d, random_seed=0)
    return (
        lambda X: np.array([int(name) for name in mab.predict(context=X)[0]]),
        lambda X, arms, r: mab.update(actions=[str(k) for k in arms], rewards=r.tolist(), context=X),
    )


def pearl_disjoint(n_arms: int, d: int) -> Pair:
    """It puts the 1 in front itself."""
    import torch
    from pearl.policy_learners.contextual_bandits.disjoint_linear_bandit import DisjointLinearBandit
    from pearl.policy_learners.exploration_modules.contextual_bandits.ucb_exploration import DisjointUCBExploration
    from pearl.replay_buffers.transition import TransitionBatch
    from pearl.utils.instantiations.spaces.discrete_action import DiscreteActionSpace

    space = DiscreteActionSpace([torch.tensor([float(k)]) for k in range(n_arms)])
    exploration = DisjointUCBExploration(alpha=ALPHA)
    policy = DisjointLinearBandit(d - 1, space, exploration, state_features_only=True)
    for model in policy._linear_regressions_list:
        model.calculate_coefs()  # until its first click a model would have no width at all

    def learn(x: np.ndarray, arm: int, r: int) -> None:
        state, action = torch.tensor(x[None, 1:], dtype=torch.float32), torch.tensor([int(arm)])
        policy.learn_batch(TransitionBatch(state=state, action=action, reward=torch.tensor([float(r)])))

    return lambda x: int(policy.act(torch.tensor(x[None, 1:], dtype=torch.float32), space)), learn


def line(x: np.ndarray) -> str:
    return "| " + " ".join(f"{i}:{value:.6g}" for i, value in enumerate(x.tolist()))


def vw_disjoint(told: Callable[[Any], str] = line) -> Make:
    """One line a decision: a model for each arm on the context, exploring at random in one step of twenty."""

    def make(n_arms: int, d: int) -> Pair:
        from vowpalwabbit import Workspace

        vw, rng, last = Workspace(f"--cb_explore {n_arms} --epsilon 0.05 --quiet"), np.random.default_rng(0), [0.0]

        def choose(x: Any) -> int:
            scores = np.array(vw.predict(told(x)))
            arm = int(np.searchsorted(scores.cumsum(), rng.random() * scores.sum()))
            last[0] = scores[arm]
            return arm

        return choose, lambda x, arm, r: vw.learn(f"{arm + 1}:{-r}:{last[0]} {told(x)}")

    return make


Asked = tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]  # a context, and the arms by name with their features


def one_for_all(n_arms: int) -> Callable[[np.ndarray], Asked]:
    arms = [(f"k{k}", {}) for k in range(n_arms)]
    return lambda x: (by_name(x), arms)


def one_an_arm(n_arms: int) -> Callable[[np.ndarray], Asked]:
    return lambda X: ({}, [(f"k{k}", by_name(x)) for k, x in enumerate(X)])


def gittins(asked: Callable[[int], Callable[[Any], Asked]], bits: int = 16, place: str = "world") -> Make:
    """``asked(n_arms)`` returns what says of a decision what the engine is asked."""

    def make(n_arms: int, d: int) -> Pair:
        import gittins as engine

        state, told, last = engine.create(bits=bits, horizon=10.0), asked(n_arms), [0.0, None]

        def choose(x: Any) -> int:
            last[0] += 1.0
            record = engine.decide(state, *told(x), last[0], place)
            last[1] = record.decision_id
            return record.chosen

        return choose, lambda x, arm, r: engine.learn(state, last[1], float(r), last[0]) and None

    return make


def probml_thompson(worlds: int | None) -> Make:
    """In one world compiled by ``jit``, in many by ``vmap`` too, as its own trials are."""

    def make(n_arms: int, d: int) -> Pair:
        import jax
        import jax.numpy as jnp

        bandit, choose_action, update = _compiled(n_arms, d, worlds)
        zero = jnp.zeros((1, d)), None, jnp.zeros(1, int), jnp.zeros(1)  # it wants a first record
        bel, key = bandit.init_bel(None, *zero), [jax.random.PRNGKey(0)]
        bels = [jax.tree.map(lambda a: jnp.tile(a, (worlds, *[1] * a.ndim)), bel) if worlds else bel]

        def choose(x: np.ndarray) -> Any:
            key[0], now = jax.random.split(key[0])
            return np.asarray(choose_action(jax.random.split(now, worlds) if worlds else now, bels[0], x))

        def learn(x: np.ndarray, arm: Any, r: Any) -> None:
            bels[0] = update(bels[0], x, arm, np.float32(r))

        return choose, learn

    return make


@functools.cache
def _compiled(n_arms: int, d: int, worlds: int | None) -> tuple[Any, Any, Any]:
    """Compiled once, so that the block that does not count compiles it."""
    import jax
    from bandits.agents.linear_bandit import LinearBandit

    bandit = LinearBandit(d, n_arms, eta=6.0, lmbda=1.0)
    choose, update = bandit.choose_action, bandit.update_bel
    if worlds:
        choose, update = jax.vmap(choose), jax.vmap(update)
    return bandit, jax.jit(choose), jax.jit(update)
