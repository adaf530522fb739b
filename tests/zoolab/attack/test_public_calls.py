"""Nonsense in the place of any argument of any public call: an error that says so, in time, and nothing has changed."""

import copy
import inspect
import pickle
import resource
import signal
import sys
import warnings
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatch
from functools import cached_property

import numpy as np
import public_calls
import pytest
from memory_store import MemoryStore
from nasty import evaluated, nasty_for, some
from public_calls import ANSWERS, INNER, asked, drawn, embedder, good, log, retriever, sim, sums

import zoolib as zoo
from zoolab import logs as off_policy
from zoolab import serving as production
from zoolab.columns import FeatureShop, Segments
from zoolab.labelled import shuffled
from zoolib import experiment

CALLS = public_calls.public_calls()
PATIENCE = 10  # seconds a call may take, on a machine that has other things to do
ROOM = 3 * 2**30  # bytes that it may take


class TookTooLongError(BaseException):
    """It took longer than anybody waits."""


@pytest.fixture(autouse=True, scope="module")
def little_room():
    """Let what asks for more memory than there is be refused it, in place of everybody else."""
    if sys.platform != "linux":
        yield
        return
    with open("/proc/self/statm") as file:
        taken = int(file.read().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (taken + ROOM, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@contextmanager
def in_time():
    def over(*_):
        raise TookTooLongError

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def is_answer(place, value, error):
    """Tell whether this error is one that may come of this value in the place ``callable.parameter``."""
    allowed = [kind for pattern, kinds in ANSWERS.items() if fnmatch(place, pattern) for kind in kinds]
    is_large = isinstance(value, int) and value >= 2**30
    return isinstance(error, (ValueError, TypeError, *allowed, *([MemoryError] if is_large else [])))


def state(function, arguments):
    """What must not change where an error is raised: the object and what was handed in; generators go on, as ever."""
    return [packed(part) for part in [getattr(function, "__self__", None), *arguments.values()]]


def packed(part):
    """Return all that an object holds, but for what it has only computed once and keeps at hand."""
    if isinstance(part, np.random.Generator):
        return None
    if hasattr(part, "__dict__") and not inspect.isclass(part):
        part = {k: v for k, v in vars(part).items() if not isinstance(getattr(type(part), k, None), cached_property)}
    try:
        return pickle.dumps(part)
    except (TypeError, AttributeError, pickle.PicklingError):  # what holds a lock or a lambda
        return None


def attacked(label, name, expression):
    """Return what is wrong with how a call takes a nasty argument; None if nothing is."""
    function, arguments = good(CALLS[label])
    others = {key: value for key, value in arguments.items() if key != name}
    value = evaluated(expression, copy.copy(arguments[name]))
    before = state(function, others)
    try:
        with in_time():
            asked(function, others | {name: value})
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        said = f"{label}({name}={expression})"
        if not is_answer(f"{label}.{name}", value, error):
            return f"{said}: {type(error).__name__}: {str(error)[:200]}"
        if isinstance(error, (ValueError, TypeError)) and not public_calls.is_named(label, name, error):
            return f"{said}: it does not say what is wrong with {name}: {type(error).__name__}: {str(error)[:200]}"
        if state(function, others) != before:
            return f"{said}: something has changed, though it was refused: {str(error)[:200]}"
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("label", CALLS)
def test_nonsense_is_refused_by_an_error_that_says_so(label, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)  # some nonsense is the name of a file
    function, arguments = good(CALLS[label])
    asked(function, arguments)  # what is good is taken
    _, arguments = good(CALLS[label])
    cases = [(name, expression) for name, value in arguments.items() for expression in nasty_for(value)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrong = [said for case in some(cases, 0.7 / len(CALLS)) if (said := attacked(label, *case))]
    assert not wrong, "\n".join(wrong)


def parameters(call):
    return inspect.signature(getattr(call.owner, call.name) if call.owner else call.call).parameters


def test_every_exception_is_about_something():
    everything = set(public_calls.public_calls(inner=True))
    for pattern in (one for several in INNER for one in several.split()):
        assert [label for label in everything if fnmatch(label, pattern)], pattern
    places = [f"{label}.{name}" for label, call in CALLS.items() for name in parameters(call)]
    for pattern in ANSWERS:
        assert [place for place in places if fnmatch(place, pattern)], pattern


# ---- nonsense that was once taken without a word ----------------------------------------------------------------


SILENT = {
    "fewer than one of the new": lambda: production.Arrivals(np.arange(8), drawn(8, 2)).best(drawn(2), -1),
    "a product that is new twice": lambda: production.Arrivals([3, 3], drawn(2, 2)),
    "a rule that knows no newcomers": lambda: production.Arrivals([9], drawn(1, 2)).best(drawn(2), 1, rule(8)),
    "minus one after the rule": lambda: retriever().search_and_filter(drawn(2), -1, rule(8), 3),
    "NaN before the rule": lambda: retriever().search_and_filter(drawn(2), 3, rule(8), np.nan),
    "an embedding of NaN": lambda: embedder()(np.full((2, 9), np.nan)),
    "an embedding of words": lambda: embedder()(np.full((2, 9), "1")),
    "an embedding of complex numbers": lambda: embedder()(np.full((2, 9), 1j)),
    "scores of NaN": lambda: production.KeptScores(np.full((3, 2), np.nan)),
    "the last but one place": lambda: production.UCBRanking().rank(drawn(8, 9), production.Posterior.of(sums()), -1),
    "what was found of NaN": lambda: production.recall(np.full(3, np.nan), np.arange(3)),
    "a funnel of NaN": lambda: production.Funnel(
        retriever(), np.full((8, 5), np.nan), embedder(), MemoryStore(), query=np.ones, n_candidates=8, n_slate=3
    ),
    "evidence of a verdict that is none": lambda: sums().count(drawn(9), 7, -1),
    "a mean beyond all numbers": lambda: experiment.mean_interval([1e308] * 3),
    "ranks beyond all numbers": lambda: off_policy.thompson_ranks(np.full(3, 1e308), np.ones(3)),
    "a propensity whose inverse is infinite": lambda: replace(log(), propensity=np.full(12, 1e-310)),
    "a shuffle of more rows than there are": lambda: shuffled(2**63, 8, np.random.default_rng(0)),
    "steps without an end": lambda: shuffled(3, 2**63, np.random.default_rng(0)),
    "contexts of no step": lambda: FeatureShop(Segments(), n_log=0, n_steps=3).contexts(None),
    "the step before the first": lambda: FeatureShop(Segments(), n_log=0, n_steps=3).reward(-1, 0),
    "a visit of nobody": lambda: zoo.RandomAgent(zoo.FeatureEngineer(sim()), rng=0).predict("anybody", sim()),
    "no shop": lambda: zoo.FeatureEngineer(sim()).candidates(3, []),
    "a launch of letters": lambda: zoo.Launch("Dog Toy"),
    "a shock without a name": lambda: zoo.Shock({}, name=None),
    "seeds that are bytes": lambda: zoo.ZooplusSimulator(seed=b"x"),
}


@pytest.mark.parametrize("what", SILENT)
def test_what_was_once_taken_without_a_word_is_refused(what):
    with pytest.raises((ValueError, TypeError)):
        SILENT[what]()


def rule(n):
    return production.Rule(np.ones(n, dtype=bool))


@pytest.mark.parametrize("ask", ["predict", "update"])
def test_an_agent_of_bare_contexts_says_that_it_knows_no_shop(ask):
    agent = zoo.SharedLinUCBAgent(zoo.ContextSpace(9, 8))
    with pytest.raises(TypeError, match="is used through select and learn"):
        getattr(agent, ask)(*((3, sim()) if ask == "predict" else (3, 2, 1, sim())))
