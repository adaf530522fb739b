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
import yaml
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
ARGUMENTS = Path(__file__).with_name("arguments")


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


def table(name: str) -> dict[str, Any]:
    """Return ``{name: how to make it}`` of a file with lines of ``name: expression;``."""
    pairs = (
        entry.strip().split(": ", 1) for entry in (ARGUMENTS / f"{name}.txt").read_text(encoding="utf-8").split(";")
    )
    return {name: compile(re.sub(r"\s+", " ", how), name, "eval") for name, how in pairs}


# Good arguments, made anew for each call, by the name of a parameter.
GOOD = table("good")

# The same for a parameter of one class, function or method; * is any method. What is in neither keeps its default.
OVER = table("over")

# Objects whose methods are attacked, where good arguments for their class would not make them ready for it.
READY = table("ready")

# What is not attacked, and why: names as they are handed on, * for any.
INNER = yaml.safe_load((ARGUMENTS / "inner.yml").read_text(encoding="utf-8"))

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
