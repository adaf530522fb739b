"""Everything that can be called from outside, found by looking, and good arguments for all of its parameters."""

import importlib
import inspect
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace  # noqa: F401  the tables below use it
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from memory_store import MemoryStore

import zoolib as zoo
from zoolab import columns as maps  # noqa: F401
from zoolab import logs as off_policy
from zoolab import serving as production
from zoolab.columns import FeatureShop, Layout, Segments
from zoolab.labelled import LabelledData  # noqa: F401  in the tables, too
from zoolab.logs import LoggedData
from zoolab.rivals import LinTSAgent, MLPRecommender, random_log  # noqa: F401  in the tables, too
from zoolib import experiment
from zoolib.evidence import Evidence  # noqa: F401
from zoolib.networks import MLP

D, K, U, N = 9, 8, 10, 12  # length of a context; products, users, and rows of a log
SPACE, LAYOUT = zoo.ContextSpace(D, K), Layout(3, 2, 3)
WINGS = {
    "zoolib": ["agents", "book", "evidence", "experiment", "networks", "world"],
    "zoolab": ["columns", "judges", "labelled", "logs", "long", "rivals", "serving"],
}
FOLDER = tempfile.TemporaryDirectory(prefix="attack")  # gone with this process
ROOT = Path(FOLDER.name)


def sim() -> zoo.ZooplusSimulator:
    return zoo.ZooplusSimulator(n_products=K, n_users=U, seed=3)


def features() -> zoo.FeatureEngineer:
    return zoo.FeatureEngineer(sim())


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).random(shape)


def agent() -> zoo.SharedLinUCBAgent:
    return zoo.SharedLinUCBAgent(features())


def factory(features: Any, rng: Any) -> Any:
    return zoo.SharedLinUCBAgent(features)


def results() -> experiment.Results:
    return RESULTS


RESULTS = experiment.replicate({"a": factory, "b": factory}, [1, 2], 40, {20: zoo.SHOCK_FISH}, n_products=K, n_users=U)


def feature_shop() -> FeatureShop:
    return FeatureShop(Segments(), 1, n_products=60, n_log=20, n_steps=9)


def log() -> LoggedData:
    return LoggedData(drawn(N, D), np.arange(N) % K, np.arange(N) % 2, np.full(N, 0.5), n_actions=K)


def logbook() -> off_policy.Logbook:
    book, shop = off_policy.Logbook(LinTSAgent(features(), rng=0), n_draws=5), sim()
    for user in range(N):
        arm = book.predict(user % U, shop)
        book.update(user % U, arm, user % 2, shop)
    book.predict(3, shop)
    return book


def frame() -> pd.DataFrame:
    n = np.arange(N)
    return pd.DataFrame({"x": n / N, "a": n / 3.0, "b": n / 4.0, "action": n % 3, "reward": n % 2, "propensity": 0.5})


def csv() -> Path:
    frame().to_csv(ROOT / "log.csv", index=False)
    return ROOT / "log.csv"


def folder() -> str:
    return tempfile.mkdtemp(dir=ROOT)


def network() -> MLP:
    return MLP((D, 6, 4), [np.random.default_rng(0)], linear=(2,))


def embedder() -> production.Embedder:
    return production.Embedder(network(), device="cpu")


def retriever() -> production.Retriever:
    return production.Retriever(drawn(K, 2), "exact")


def ask(x: Any) -> np.ndarray:
    return np.ones(2)


def funnel() -> production.Funnel:
    wanted = {"query": ask, "n_candidates": K, "n_slate": 3, "ranking": production.UCBRanking()}
    return production.Funnel(retriever(), drawn(K, 5), embedder(), MemoryStore(), **wanted)


def ledger() -> production.Ledger:
    made = production.Ledger(MemoryStore(), 4)
    made.publish("v", *embedder().record())
    made.publish("old", *embedder().record())
    made.put_in_force("v")
    made.record(decision())
    return made


def decision() -> production.Decision:
    return production.Decision(np.arange(3), drawn(3, D), drawn(3), np.full(3, np.nan), "shared", "v", id="d")


def sums() -> production.Sums:
    return production.Sums(np.eye(D), np.ones(D))


def table(text: str) -> dict[str, Any]:
    """Return ``{name: how to make it}`` of lines of ``name: expression;``."""
    pairs = (entry.strip().split(": ", 1) for entry in text.split(";"))
    return {name: compile(re.sub(r"\s+", " ", how), name, "eval") for name, how in pairs}


# Good arguments, made anew for each call, by the name of a parameter.
GOOD = table("""
sim: sim(); features: features(); agent: agent(); results: results(); log: log();
data: LabelledData("made", drawn(N, 3), np.arange(N) % 2, ("no", "yes")); network: network();
store: MemoryStore(); retriever: retriever(); embedder: embedder(); funnel: funnel(); decision: decision();
frame: frame(); path: csv(); evidence: Evidence(D); rng: np.random.default_rng(0);
rngs: [np.random.default_rng(0)]; seed: 3; seeds: [1, 2]; user_id: 3; arm: 2; chosen_arm: 2; reward: 1; X: drawn(K, D);
x: drawn(D); r: np.arange(K) % 2.0; Z: drawn(K, D); z: drawn(D); users: np.arange(N) % U; arms: np.arange(N) % K;
policy: np.full((N, K), 1 / K); q: drawn(N, K); n_steps: 20; n: 5; d: D; n_arms: K; ridge: 0.5; gamma: 0.9; window: 10;
alpha: 0.3; level: 0.9; layout: LAYOUT; n_products: K; n_users: U; map: maps.Identity(); model: None; shape: ();
batch_shape: (); capacity: 20; batch_size: 4; lr: 0.01; weights: drawn(5); gradient: drawn(5); sizes: (D, 6, 1); i: 0;
t: 1; A: np.eye(3); b: np.ones(3); columns: [1]; name: "name"; key: "v"; k: 3; rule: production.Rule(np.arange(K) > 1);
query: drawn(2); embeddings: drawn(K, 2); ids: np.arange(3); mask: np.arange(K) > 1;
visitor: production.Visitor(drawn(4), "u", "s"); sums: sums();
posterior: production.Posterior(np.ones(D), np.eye(D)); version: "v"; group: "shared";
messages: [production.Message("d", 1, 1)]; embed: embedder(); shocks: {5: zoo.SHOCK_FISH}; progress: False;
scores: drawn(4, 5); at: np.array([0.2, 0.5]); values: drawn(5); hits: np.arange(5) > 2; taste: Segments();
state: dict(); categories: ["Dog Toy"]; changes: {"budget_shopper": {"Dog Toy": 0.5}};
for_sale: np.ones(K, dtype=bool); agents: {"a": agent()}; grid: {"a": (zoo.SharedLinUCBAgent, {"alpha": [0.1, 0.2]})};
context: ["x"]; stream: "users"; after: 0.0; by: 1; tolerance: 1e-09; p: drawn(4); delta: 0.5; worlds: ...;
words: {"a": 1}; arrays: {"a": np.ones(2)}; kind: "persona"; persona: None; prefix: "m"; keys: ["v"];
delay: 2; every: 3; n_rows: N; hidden: (4,); G: drawn(K, 1); update: lambda values: ({}, 1);
text: "It holds."; holds: True; measured: "0.5"; mean: 0.5; low: 0.0; high: 1.0; share: 0.5; margin: 0.1
""")  # fmt: skip

# The same for a parameter of one class, function or method; * is any method. What is in neither keeps its default.
OVER = table("""
Logbook.update.chosen_arm: 2;
ArmHeadsAgent.features: SPACE; ArmHeadsTSAgent.features: SPACE; PerProductAgent.features: SPACE;
LiteralNeuralUCBAgent.settings: {"rng": 0};
StaticMLPAgent.model: MLPRecommender(U, K); Restarting.at: [3];
Snapshots.at: [3]; Fresh.window: 10; Window.window: 10; Discount.gamma: 0.9;
random_log.n_clicks: 20; sweep.progress: False; summarize.progress: False;
train_recommender.log: random_log(sim(), 40, 0); train_recommender.epochs: 1;
claim.kind: "exact"; ClassificationBandit.seeds: 1; WheelBandit.seeds: 1; ClassificationBandit.reward.arm: 1;
LoggedData.context: drawn(N, D); LoggedData.action: np.arange(N) % K; LoggedData.reward: np.arange(N) % 2;
LoggedData.propensity: np.full(N, 0.5); LoggedData.n_actions: K; LoggedData.rows.index: np.arange(3);
rating_log.frame: pd.DataFrame({"user": [1, 1, 2], "genres": "Drama", "rating": [1.0, 5.0, 4.0]});
read_log.columns: {"context": ["x"]};
MLP.sizes: (D, 6, 1); paired_difference.a: "a"; paired_difference.b: "b";
replicate.agents: {"a": factory}; rolling.window: 10; run.users: np.arange(20) % U;
serve.problem: feature_shop();
serve.agents: {"a": lambda space, rng: zoo.SharedLinUCBAgent(space)}; steps_to_recover.shock: 20;
resampled.of: np.median; resampled.samples: [np.arange(5.0)]; steps_to_recover.window: 5;
summarize.summary: lambda found: dict.fromkeys(found.seeds, 1);
store.path: ROOT / "table.csv"; stored.path: csv(); sweep.measures: ["ctr"]; draw_users.n_steps: 20;
sweep.shop: {"n_products": K}; replicate.shop: {"n_products": K}; WithProduct.of: maps.Identity();
directions.U: drawn(N, 3); directions.P: drawn(N, 3); directions.r: np.arange(N) % 2.0; directions.k: 2;
significant_pairs.at_most: 2; per_visit.policy: np.full((4, K), 1 / K); shop_log.policy: np.full((4, K), 1 / K);
true_value.policy: np.full((4, K), 1 / K);
action_probabilities.agent: LinTSAgent(features(), rng=0); action_probabilities.n_draws: 5;
cross_fitted.model: off_policy.ridge_rewards(); shrunk_dr.lam: 1.0; switch_dr.tau: 1.0;
replay.log: replace(log(), propensity=np.full(N, 1 / K)); thinned.log: replace(log(), propensity=np.full(N, 1 / K));
thompson_ranks.alpha: drawn(4) + 1; thompson_ranks.beta: drawn(4) + 1; Logbook.n_draws: 5; Arrivals.ids: np.arange(K);
Decision.unpacked.key: "decision/d"; Decision.unpacked.value: decision().packed(); Funnel.products: drawn(K, 5);
Funnel.query: ask; Funnel.n_candidates: K; Funnel.n_slate: 3; Funnel.arrivals: None; Funnel.feedback.decision: "d";
Ledger.d_emb: 4; Ledger.decision.decision_id: "d"; Ledger.read.value: None;
Ledger.take_in.log: "l"; Ledger.take_in.clicks: np.arange(K) % 2;
LMDBStore.path: folder(); LMDBStore.max_bytes: 2 ** 20; open_store.url: folder();
open_store.settings: {"max_bytes": 2 ** 20}; Retriever.index: "exact"; Retriever.search_and_filter.fetch: 5;
Sums.count.verdict: 1; Sums.count.before: -1; TwoTowers.visitor: MLP((4, 2), [np.random.default_rng(0)]);
TwoTowers.query.x: drawn(4); TwoTowers.product: MLP((5, 2), [np.random.default_rng(0)]);
TwoTowers.embed.products: drawn(K, 5); TwoTowers.train.x: drawn(K, 4); TwoTowers.train.products: drawn(K, 5);
TwoTowers.train.epochs: 1; TwoTowers.train.clicks: np.arange(K) % 2; train_phi.clicks: np.arange(K) % 2;
train_phi.epochs: 1; Visitor.x: drawn(4); Visitor.group.grouping: "shared"; Visitor.id: "u";
recall.found: np.arange(3); recall.truth: np.arange(3); unpack.key: "k"; unpack.kind: "e";
unpack.value: production.pack("k", "e", {"a": 1}, {"a": np.ones(2)}); pack.kind: "e"; Rule.mask: np.arange(K) > 1;
erase.ledger: ledger(); erase.ids: ["d"]; erase.phi: lambda version: embedder(); Funnel.erase.ids: ["d"];
retire.ledger: ledger(); retire.version: "old"; Canary.store: None; Canary.name: "phi"; Canary.share: 0.5;
Canary.takes.visitor: "u"; Canary.hear.changed: 1; Alarm.hear.x: 0.5;
feature_skew.trained: drawn(N, 3); feature_skew.served: drawn(K, 3);
KeptScores.learn.z: drawn(D); KeptScores.best.n: 3; Sums.packed.key: "k";
Posterior.of.sums: sums(); FeatureEngineer.encoded.encoding: "both";
FeatureShop.n_steps: 9; FeatureShop.n_log: 20; FeatureShop.n_products: 60; FeatureShop.seed: 1;
FeatureShop.reward.place: 1; GrownShop.n_products: 200; GrownShop.n_brands: 5; GrownShop.visitors.n: 3;
GrownShop.log.n: 3; Layout.n_user: 1; Layout.n_nominal: 1; Layout.n_product: 1; RandomTimes.shocks: [zoo.SHOCK_FISH];
RandomTimes.first: 3; RandomTimes.last: 9; ZooplusSimulator.apply_shock.shock: zoo.SHOCK_FISH;
ZooplusSimulator.index_of.name: "budget_shopper"; ZooplusSimulator.set_catalog.product_category: np.arange(K) % 5;
ZooplusSimulator.n_products: K; ZooplusSimulator.set_click_table.table: drawn(4, 5); ZooplusSimulator.n_users: U;
random_value.shop: feature_shop(); ZooplusSimulator.seed: 3;
Launch.apply.worlds: ...; ContextSpace.batch_shape: (); UCB1Agent.*.X: drawn(K, 20); UCB1Agent.*.x: drawn(20);
SharedLinUCBAgent.window: None;
SharedLinUCBAgent.gamma: 1.0;
Sums.count.z: drawn(3)
""")

# Objects whose methods are attacked, where good arguments for their class would not make them ready for it.
READY = table("""
Funnel: funnel(); Ledger: ledger(); Embedder: embedder(); Retriever: retriever(); Decision: decision(); MLP: network();
LoggedData: log(); Logbook: logbook(); FeatureShop: feature_shop(); Posterior: production.Posterior.of(sums());
Estimate: off_policy.ips(log(), np.full((N, K), 1 / K))
""")

# What is not attacked, and why: names as they are handed on, * for any.
INNER = {
    "*Agent.payoff *Agent.uncertainty *Agent.score *Agent.scored *Agent.candidates": "asked by select and predict",
    "*Agent.embed *Agent.mean *Agent.width *Agent.phi *Agent.counts": "asked by payoff",
    "*.start *.add *.reembed *.step *.bonus *.override *.pick *.chances *.sample": "an agent's parts",
    "*Evidence.* BatchedLogistic.*": "an agent's sums: it has looked at contexts and rewards",
    "MLP.* ClickNetwork.* SGD.* Adam.* AdamW.*": "an agent's networks",
    "Boosted.* Crossed.* Identity.* KMeans.* Learned.* Pairs.* Projected.*": "an agent's map",
    "RandomFourier.* Screened.* Unmixed.* WithProduct.*": "an agent's map",
    "Segments.* Conditions.* Pictures.*": "what a FeatureShop asks of its taste",
    "crossed with_one tents sigmoid divergence copies GrownShop.click_probability": "formulas: NumPy judges its arrays",
    "ZooplusSimulator.offers": "asked by agents, about candidates",
    "*.outcome": "asked by serve, with the choices that it has noted",
    "Schedule* bar gather extra timed refuse_cells refuse_rows refuse_long": "what run, sweep and the like stand on",
    "LinearUCBAgent* Wrapper* Problem* Memory* Training* Exploration*": "abstract in all but name",
    "OracleAgent.select StaticMLPAgent.select Logbook.learn*": "users and products are all they know, and they say so",
    "ArmHeads*Agent.* PerProductAgent.*": "made for bare contexts alone",
    "Embedder.of_record": "asked by a funnel, which blames what it has read from the store",
    "Estimate Interval Results LabelledData Verdict Verdict.*": "what others return",
    "check": "whatever is handed in gets a verdict, nonsense above all: tests/zoolab/judges/test_checking.py",
    "Decision Decision.told Sums Sums.prior Sums.unpacked TwoTowers Visitor": "looked at by ledger and funnel",
    "MLPRecommender.forward MLPRecommender.logits": "torch calls them, with tensors",
    "ContextSpace.context ContextSpace.contexts ContextSpace.candidates": "there to refuse",
    "ReplayBuffer.*": "an agent's memory",
    "labelled movielens open_bandit production_prior member": "read what was downloaded; they take words from a list",
    "RedisStore*": "needs a server; tests/zoolab/serving holds it to the same suite as lmdb",
}  # fmt: skip

# Errors that are an answer, too.
ANSWERS: dict[str, tuple[type[BaseException], ...]] = {
    "action_probabilities.agent": (NotImplementedError,),  # an agent of one's own is registered, as the docstring says
    "*.path": (OSError,), "*.url": (OSError,), "*.max_bytes": (OSError,),  # what the system says
    "Ledger.settle*.version": (production.StaleModelError,), "Ledger.model.*": (production.UnreadableValueError,),
}  # fmt: skip


# What an error speaks of, where it is not the argument itself: what it does not fit, or what was made of it.
SPEAKS_OF = {
    "TwoTowers.train.x": "products", "LoggedData.n_actions": "action", "LoggedData.action": "context|position|reward",
    "KeptScores.Z": "sums", "*_columns.b": "A must", "unpack.*": "the value at",
    "Decision.unpacked.*": "the value at", "Ledger.read.*": "the value at", "*.seeds": "seed",
    "*.warm.X": "r must", "*.n_steps": "a step in shocks", "LoggedData.rows.index": "action must",
    "Funnel.deploy.embedder": "version",
    "*.version": "model/", "RandomTimes.happen.n_steps": r"shocks\.last",
    "*.agents": "stream", "*.product_category": "for_sale", "s*.X": "r must", "train_phi.X": "clicks must",
    "thompson_ranks.alpha": "beta must", "directions.U": "P must", "*.context": "column", "*.frame": "column",
    "train_recommender.n_*": r"log\['", "*.apply_shock.shock": "No axis",
    "Arrivals.embeddings": "ids must", "Funnel.n_candidates": "n_slate", "per_visit.users": "indices",
    "*": r"Mirror|it has no length|^int\(\)|<lambda>\(\)|only 0-dimensional"  # it says so itself, or NumPy
    r"|after \* must be|inhomogeneous shape|positive definite|Singular matrix|did not converge",
}  # fmt: skip


def is_named(label: str, name: str, error: BaseException) -> bool:
    """Tell whether an error says which argument it is about: by its name, the last word of that, or one of many."""
    names = {name, name.removesuffix("s"), name.rpartition("_")[2]}
    spoken_of = [words for pattern, words in SPEAKS_OF.items() if fnmatch(f"{label}.{name}", pattern)]
    return (
        re.search("|".join([*(rf"(?<![A-Za-z]){re.escape(one)}" for one in names), *spoken_of]), str(error)) is not None
    )


class Call(NamedTuple):
    """Something public, and the class of which it is a method, if it is one."""

    label: str
    owner: type | None
    name: str
    call: Any


def public_calls(inner: bool = False) -> dict[str, Call]:
    """Return what the faces of the wings hand on, functions, classes and methods; what is ``INNER`` only if asked."""
    found: dict[str, Call] = {}
    for name, one in [*handed_on(), ("spawn", zoo.spawn)]:
        if name.startswith("_") or not (inspect.isclass(one) or inspect.isfunction(one)):
            continue
        if inspect.isclass(one) and (
            inspect.isabstract(one) or issubclass(one, (Exception, tuple, production.Outcome))
        ):
            continue
        found[name] = Call(name, None, name, one)
        for method in dir(one) if inspect.isclass(one) else ():
            raw = inspect.getattr_static(one, method)
            function = raw.__func__ if isinstance(raw, (staticmethod, classmethod)) else raw
            is_public = method == "__call__" or not method.startswith("_")
            if is_public and inspect.isfunction(function) and function.__module__.startswith(("zoolib", "zoolab")):
                found[f"{name}.{method}"] = Call(f"{name}.{method}", one, method, raw)
    patterns = [] if inner else [pattern for several in INNER for pattern in several.split()]
    return {label: call for label, call in found.items() if not any(fnmatch(label, one) for one in patterns)}


def handed_on() -> Iterator[tuple[str, Any]]:
    """Go through the names that the wings hand on, at once or when they are first used."""
    for package, wings in WINGS.items():
        for wing in wings:
            face = importlib.import_module(f"{package}.{wing}")
            later = [name for names in getattr(face, "_LATER", {}).values() for name in names]
            for name in sorted({*vars(face), *later}):
                if getattr(one := getattr(face, name), "__module__", "").startswith(f"{package}.{wing}."):
                    yield name, one


def good(call: Call) -> tuple[Any, dict[str, Any]]:
    """Return the callable, bound to a new object where it is a method, and new good arguments for it."""
    kinds = [k.__name__ for k in (call.owner or call.call).__mro__] if call.owner or inspect.isclass(call.call) else []
    function = getattr(made(call.owner), call.name) if call.owner else call.call
    places = [f"{k}.{end}" for k in kinds for end in ((f"{call.name}.", "*.") if call.owner else ("",))]
    arguments: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        how = next((OVER[place + name] for place in (*places, f"{call.name}.") if place + name in OVER), None)
        if parameter.kind is parameter.VAR_KEYWORD:
            arguments |= eval(how, globals()) if how else {}
        elif how or (name in GOOD and parameter.default in (inspect.Parameter.empty, None)):
            arguments[name] = eval(how or GOOD[name], globals())
        elif parameter.default is inspect.Parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL:
            raise LookupError(f"no good argument for {name} of {call.label}")
    return function, arguments


def asked(function: Any, arguments: dict[str, Any]) -> Any:
    """Call ``function``; what has a place is handed in by place."""
    signature = inspect.signature(function)
    many = [name for name, one in signature.parameters.items() if one.kind is one.VAR_POSITIONAL and name in arguments]
    bound = signature.bind(**{name: value for name, value in arguments.items() if name not in many})
    bound.arguments |= {name: value if isinstance(value := arguments[name], list) else [value] for name in many}
    return function(*bound.args, **bound.kwargs)


def made(kind: type) -> Any:
    """Return an object of a class, made of good arguments."""
    if kind.__name__ in READY:
        return eval(READY[kind.__name__], globals())
    return asked(*good(Call(kind.__name__, None, kind.__name__, kind)))
