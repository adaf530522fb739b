"""What a reader hands in is judged rightly, in words that help and without the solution; nothing breaks it."""

import copy
import inspect
import re
from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
import pytest

import zoolib as zoo
from pages.student import exercises as asked
from pages.student.answers import sentence, truths
from pages.student.kinds import cells, defined
from pages.student.notebooks import CHAPTERS, exercises, nbformat
from zoolab.judges import checking
from zoolib import metrics
from zoolib.evidence import Evidence
from zoolib.experiment.metrics import Interval

KNOWN = checking.answers()
SPECS = asked.EXERCISES
CHAPTER = {label: chapter for chapter, labels in SPECS.items() for label in labels}
JUDGED = [label for label in KNOWN if "parts" in KNOWN[label]]
NUMBERS = [label for label in JUDGED if all(part["kind"] == "number" for part in KNOWN[label]["parts"])]


def test_what_is_right_is_what_the_executed_solutions_tell():
    """The outputs that are read are compared with a new run by the tests of the notebooks."""
    assert same(truths(), KNOWN), "make -C pages answers"


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b if isinstance(a, str) or a is None else a == pytest.approx(b, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_exercise_says_what_is_handed_in_or_why_nothing_is_judged(path):
    for exercise in exercises(nbformat.read(path, as_version=4)):
        assert sentence(exercise.label, KNOWN[exercise.label]) in exercise.text.source
        assert CHAPTER[exercise.label] == path.stem


def test_an_exercise_whose_ties_go_by_place_says_that_the_place_is_drawn():
    chapter = cells("01_fifty_strangers")
    assert 'zoo.spawn(seed, "place").integers(n_products)' in chapter["sol-bestseller"].source
    assert "Its place on the shelf is drawn, in each world anew." in chapter["ex-bestseller-start"].source


def test_nearly_all_exercises_are_judged_and_none_that_is_gone():
    there = {one.label for path in CHAPTERS for one in exercises(nbformat.read(path, as_version=4))}
    assert there == KNOWN.keys()
    assert sorted(KNOWN.keys() - set(JUDGED)) == ["ex-predict", "ex-two-identities"]


def test_what_is_told_in_words_alone_is_what_the_table_says():
    worth, table = KNOWN["ex-stranger"]["parts"][0]["value"], zoo.ZooplusSimulator(seed=0)
    for part, shocks in zip(KNOWN["ex-stranger"]["parts"][1:], ([], [zoo.SHOCK_FISH, zoo.SHOCK_DOG_TOY]), strict=True):
        for shock in shocks:
            table.apply_shock(shock)
        row = table.click_table[table.index_of("persona", "cat_connoisseur")]
        assert part["value"] == [name for name, rate in zip(table.categories, row, strict=True) if rate >= worth]
    p = KNOWN["ex-count-weights"]["parts"]
    assert [part["value"] for part in p[2:]] == [pytest.approx((p[0]["value"] / 705) ** k, abs=0.02) for k in (3, 2, 1)]


def counting(explores=0.1, by_persona=True, by_product=False, by_rate=True):
    source = defined(cells("00_the_shop"), "sol-agent-class")["Counting"]

    class Counting(source):
        def __init__(self, features, rng):
            super().__init__(features, rng)
            self.shown, self.clicked = np.ones((2, 4, 50 if by_product else 5))

        def place(self, user, product, sim):
            return sim.persona(user) if by_persona else 0, product if by_product else sim.product_category[product]

        def predict(self, user, sim):
            if self.rng.random() < explores:
                return self.rng.integers(sim.n_products)
            return (self.clicked / self.shown**by_rate)[self.place(user, np.arange(50), sim)].argmax()

        def update(self, user, product, click, sim):
            self.shown[self.place(user, product, sim)] += 1
            self.clicked[self.place(user, product, sim)] += click

    return Counting


def thousand(d=9, n=1000):
    evidence = Evidence(d=d)
    for x in np.random.default_rng(5).normal(size=(n, d)):
        evidence.add(x, 1.0)
    return evidence


def scaled(c=3.0, ridge=1 / 9, rewards=1.0):
    pair = Evidence(d=4), Evidence(d=4, ridge=ridge)
    for x in np.random.default_rng(5).normal(size=(30, 4)):
        pair[0].add(c * x, 0.5)
        pair[1].add(x, 0.5 * rewards)
    return pair


LOST = {"new_puppy_parent": {"Dog Toy": 0.1}, "fish_hobbyist": {"Cat Food": 0.3}}
# What the solution of an exercise has made, by part, where that is not a number or a name.
MADE = {
    "ex-own-shock": [zoo.Shock(LOST)],
    "ex-own-agent": [defined(cells("00_the_shop"), "sol-agent-class")["Counting"]],
    "ex-sherman": [thousand()],
    "ex-scale": [scaled()],
    "ex-disjoint-is-shared": [asked.long_contexts(cells("02_the_principle"))],
    "ex-beta": [defined(cells("02_the_principle"), "counting-agent", "sol-beta", zoo=zoo)["BetaUCB"]],
    "ex-kernel-by-hand": [asked.kernel(cells("03_the_price"))],
    "ex-largest-step": [lambda square: 1 / square],
    "ex-zero-start": [asked.class_of("sol-zero-class", "ZeroStartAgent")(cells("03_the_price"))],
    "ex-identity": [asked.class_of("sol-identity", "Plain")(cells("04_the_bridge"))],
    "ex-scale-prior": [asked.class_of("sol-scale", "Longer")(cells("05_memory"))],
    "ex-brands": [asked.diverse(cells("06_two_million_products"))],
    "ex-craze-ends": [zoo.Shock({"cat_connoisseur": {"Dog Toy": 0.02}})],
    "ex-both-arms": [asked.class_of("sol-both", "BothArms")(cells("10_other_peoples_data"))],
}


def right(label):
    made = iter(MADE.get(label, ()))
    return [
        part["value"] if part["kind"] in ("number", "names", "choice") else next(made) for part in KNOWN[label]["parts"]
    ]


@pytest.mark.parametrize("label", JUDGED)
def test_the_answer_of_the_solution_is_right(label):
    verdict = zoo.check(label, right(label))
    assert verdict, verdict
    assert repr(verdict) == "Right."
    names = [part["name"] or "it" for part in KNOWN[label]["parts"]]
    assert zoo.check(label, dict(zip(names, right(label), strict=True)) if len(names) > 1 else right(label)[0])


@pytest.mark.parametrize("label", NUMBERS)
def test_numbers_are_right_however_they_are_held(label):
    values = right(label)
    several = [tuple(values), np.array(values), pd.Series(values), [Fraction(v) for v in values]]
    several += [pd.DataFrame(np.reshape(values, (-1, 2)))] if len(values) % 2 == 0 else []
    for held in several if len(values) > 1 else [values[0], np.float64(values[0]), np.array(values[0]), values]:
        assert zoo.check(label, held), held
    parts = KNOWN[label]["parts"]
    if all("n" in part for part in parts):
        n = max(part["n"] for part in parts)
        noise = np.linspace(-1, 1, n)
        each = [value + part["tol"] * noise for value, part in zip(values, parts, strict=True)]
        assert zoo.check(label, pd.DataFrame(each).T if len(each) > 1 else each[0])
        assert zoo.check(label, [metrics.mean_interval(one) for one in each])
        for few, words in ((1, "from 1 world, and"), (10 % n, f"from {10 % n} worlds, and")):
            said = zoo.check(label, [Interval(v, v - 0.1, v + 0.1, n=few) for v in values])
            assert not said
            assert words in repr(said)


FORESEEN = [
    (label, place, one, words)
    for label in JUDGED
    for place, part in enumerate(KNOWN[label]["parts"])
    if part["kind"] == "number"
    for one, words in part.get("wrong", ())
]


@pytest.mark.parametrize(("label", "place", "one", "words"), FORESEEN)
def test_a_foreseen_number_is_told_the_thought_that_leads_there(label, place, one, words):
    mine = right(label)
    mine[place] = one
    verdict = zoo.check(label, mine)
    assert not verdict
    assert words.casefold() in repr(verdict).casefold()


@pytest.mark.parametrize("label", NUMBERS)
def test_units_signs_and_directions_are_told_and_no_distance(label):
    for place, part in enumerate(KNOWN[label]["parts"]):
        room = max(part["tol"], part.get("spread", 0))
        for factor, words in checking.judges.UNITS.items():
            if abs(part["value"]) > 4 * room:
                mine = right(label)
                mine[place] *= factor
                verdict = zoo.check(label, mine)
                assert not verdict
                assert words[3:] in repr(verdict) or "another place" in repr(verdict)
        for sign, words in ((1, "too large"), (-1, "too small")):
            mine = right(label)
            mine[place] += sign * 6.54321 * max(room, abs(part["value"]))
            verdict = repr(zoo.check(label, mine))
            assert words in verdict or "another place" in verdict or "sign" in verdict, verdict


PUPPY = {"new_puppy_parent": {"Dog Toy": 0.1}}
ROW = {"budget_shopper": {"Dog Toy": 1}}
WRONG = [
    ("ex-own-shock", [zoo.Shock(PUPPY), -0.025], "fish_hobbyist for Cat Food does not change"),
    ("ex-own-shock", [zoo.Shock(LOST | ROW), -0.025], "budget_shopper for Dog Toy was not to"),
    ("ex-own-shock", [zoo.Shock({**LOST, "fish_hobbyist": {"Cat Food": 0.4}}), -0.025], "changes to something else"),
    ("ex-own-shock", [zoo.Shock({**LOST, "dogs": {"Cat Food": 0.4}}), -0.025], "raised ValueError"),
    ("ex-own-agent", counting(explores=0), "always shows the best"),
    ("ex-own-agent", counting(explores=0.3), "with probability 0.3"),
    ("ex-own-agent", counting(by_persona=False), "the same to all"),
    ("ex-own-agent", counting(by_product=True), "follows single products"),
    ("ex-own-agent", counting()(None, np.random.default_rng(0)), "hand in the class"),
    ("ex-own-agent", lambda features, rng: object(), "without the method predict"),
    ("ex-own-agent", lambda features: None, "raised TypeError"),
    ("ex-own-agent", type("A", (counting(),), {"predict": lambda *_: 0.5}), "predicts a float"),
    ("ex-own-agent", type("A", (counting(),), {"predict": lambda *_: 50}), "shows product 50"),
    ("ex-own-agent", type("A", (counting(),), {"update": lambda *_: 1 / 0}), "raised ZeroDivisionError (div"),
    ("ex-sherman", 1e-15, "an Evidence is asked for"),
    ("ex-sherman", Evidence(d=9), "in all directions"),
    ("ex-sherman", thousand(n=5), "in all directions"),
    ("ex-sherman", thousand(n=20), "were a thousand random ones added"),
    ("ex-sherman", thousand(n=100), "were a thousand random ones added"),
    ("ex-sherman", thousand(d=8), "the length 8"),
    ("ex-lucky-window", Interval(-0.0038, -0.0074, -0.0002, n=50), "with the shock at step 3,000"),
    ("ex-lucky-window", -0.0042, "with the shock at step 3,000"),
    ("ex-lucky-window", -0.004, "with the shock at step 3,000"),
    ("ex-lucky-window", -0.0045, "with the shock at step 3,000"),
    ("ex-lucky-window", 0.0, "too small"),
    ("ex-step-size", {"before": {"0.001": 0.349}, "after": {"0.001": 0.43}}, "has 2 parts, and 8"),
    ("ex-scale", scaled(ridge=1.0), "prior is not the one"),
    ("ex-scale", scaled(ridge=1 / 3), "not by its square"),
    ("ex-scale", scaled(ridge=9.0), "multiplied and not divided"),
    ("ex-scale", scaled(c=1.0, ridge=1.0), "not scaled"),
    ("ex-scale", scaled(rewards=2.0), "rewards are not the same"),
    ("ex-scale", (thousand(), thousand(n=5)), "not those of the other"),
    ("ex-scale", (1, 2), "does not hold two Evidences"),
    ("ex-disjoint-is-shared", lambda X: X.tolist(), "the shape is (3, 2)"),
    ("ex-disjoint-is-shared", lambda X: None, "is there a return?"),
    ("ex-disjoint-is-shared", lambda X: "X", "returns an array without numbers"),
    ("ex-disjoint-is-shared", lambda X: X @ X, "raised ValueError"),
    ("ex-disjoint-is-shared", np.eye(3), "hand in the function"),
    ("ex-disjoint-is-shared", lambda X: np.zeros((len(X), X.size)), "is not what is asked for"),
    ("ex-beta", lambda space: None, "raised TypeError"),
    ("ex-beta", lambda space, alpha: zoo.SharedLinUCBAgent(space, alpha=alpha, ridge=2.0), "payoff is too small"),
    ("ex-identity", lambda space, **_: zoo.SharedLinUCBAgent(space), "makes no zoo.NeuralLinearAgent"),
    ("ex-sign", [True, 61], "where does an interval"),
    ("ex-sign", ["perhaps", 61], "yes, no"),
    ("ex-stranger", [0.71, ["Dog Toy"], []], "does not belong there"),
    ("ex-stranger", [0.71, [], ["Bird"]], "is none of"),
    ("ex-flip", 0.667, "2 parts are asked for"),
    ("ex-flip", [0.667, 1.33, 2], "has 3 parts"),
    ("ex-flip", [0.667, "1.33"], "a number is asked for"),
    ("ex-flip", [0.667, [1.33, 1.33]], "the shape (2,)"),
    ("ex-flip", [np.nan, np.inf], "not a finite number"),
    ("ex-flip", [1.33, 0.667], "another place"),
    ("ex-flip", [1.5, 1.33], "the reciprocal"),
    ("ex-flip", [0.674, 1.33], "a little too large"),
    ("ex-flip", [0.667, 1.3], "rounded too much"),
    ("ex-rank", [0.29, 0.3875, 0.5125, 0.5125], "rounded too much"),
    ("ex-head", (-0.035, 0.03), "holds 2 numbers: hand in an interval of zoolib.metrics, or one for each world"),
    ("ex-own-shock", [3, -0.025], "it is an int"),
    ("ex-own-shock", [zoo.Shock, -0.025], "it is a class, and a zoo.Shock(changes) is asked for."),
    ("ex-own-shock", [zoo.Shock(LOST), zoo.Shock(LOST)], "it is a Shock, and a number is asked for."),
    ("ex-flip", [0.667, {"b": 1}], "it is a dict, and a number is asked for."),
    ("ex-sherman", Evidence, "is a class, and an Evidence is asked for"),
    ("ex-stranger", [0.71, None, ["Dog Toy"]], "an empty list says that there is none"),
    ("ex-stranger", [0.71, "none", ["Dog Toy"]], "an empty list says that there is none"),
    ("ex-components", {"uniform": True, "normal": True, "two clusters": False}, "not belong there; one is missing"),
    ("ex-scale", [1], "does not hold two Evidences"),
    ("ex-scale", {"scaled": 1, "plain": 2, "other": 3}, "does not hold two Evidences"),
    ("ex-peak", [5, 1250 / 3], "cores come whole"),
    ("ex-both-arms", lambda space, alpha: Interval(0, 0, 0, n=1), "makes an Interval without the method learn"),
    ("ex-scale-prior", partial(zoo.NeuralLinearAgent, ridge=0.01), "the embedding that is to be another"),
    ("ex-own-agent", counting(explores=0.05), "or so, not 0.1"),
    ("ex-own-agent", counting(by_rate=False), "how many clicks there were"),
]  # fmt: skip


@pytest.mark.parametrize(("label", "mine", "words"), WRONG)
def test_what_is_off_is_said_in_words(label, mine, words):
    verdict = zoo.check(label, mine)
    assert not verdict
    assert words in repr(verdict), verdict
    assert "?." not in repr(verdict)


@pytest.mark.parametrize(
    "label", [label for label in JUDGED if KNOWN[label]["parts"][0]["kind"] in ("function", "learner")]
)
def test_a_foreseen_function_or_agent_is_told_the_thought_that_leads_there(label):
    """What each of them makes of the inputs is stored; here it is made anew."""
    chapter = cells(CHAPTER[label])
    spec = inspect.getclosurevars(SPECS[CHAPTER[label]][label][1][0]).nonlocals
    wrong = spec["wrong"](spec["right"](chapter), chapter) if callable(spec["wrong"]) else spec["wrong"]
    assert wrong
    for words, one in wrong.items():
        verdict = zoo.check(label, [one, *right(label)[1:]])
        assert not verdict
        assert words.casefold() in repr(verdict).casefold(), (words, verdict)


def test_a_right_answer_of_other_worlds_is_right_and_says_so():
    verdict = zoo.check("ex-lucky-window", 0.0086)
    assert verdict
    assert "other worlds" in repr(verdict)
    assert "wider" in repr(zoo.check("ex-head", Interval(-0.003, -0.2, 0.2, n=100)))
    assert "Wilson" in repr(zoo.check("ex-sign", ["no", 60]))
    assert "with the constant among them" in repr(zoo.check("ex-rotate", [12.35, 4.05]))
    assert zoo.check("ex-sign", [False, 61])


WON = np.arange(100)
STEPS = pd.DataFrame(
    np.reshape(right("ex-step-size"), (4, 2)), index=[0.001, 0.01, 0.03, 0.1], columns=["before", "after"]
)
TAUS = pd.DataFrame(
    np.reshape(right("ex-threshold"), (5, 3)), index=[1, 10, 100, 300, 1000], columns=["b", "rmse", "c"]
)
SHARE = right("ex-share")
TABLES = [
    (label, held)
    for label, table in {"ex-step-size": STEPS, "ex-threshold": TAUS}.items()
    for one in (table, table.reset_index())
    for held in (one, one.to_dict(), one.to_dict("list"), one.to_dict("records"), one.to_numpy())
]
OTHER_FORMS = [
    *TABLES,
    ("ex-share", [tuple(SHARE[:2]), *SHARE[2:]]),
    ("ex-share", [Interval(0.95, *SHARE[:2], n=100), *SHARE[2:]]),
    ("ex-share", {"interval": np.array(SHARE[:2]), "above 0.9": SHARE[2], "above 0.95": SHARE[3]}),
    ("ex-components", pd.Series({"uniform": True, "normal": False, "two clusters": True})),
    ("ex-components", pd.Series(["uniform", "two clusters"])),
    (
        "ex-stranger",
        [0.71, *(pd.Series([one in there for one in zoo.CATEGORIES], zoo.CATEGORIES) for there in ([], ["Dog Toy"]))],
    ),
    ("ex-own-agent", defined(cells("00_the_shop"), "sol-agent-many", zoo=zoo)["InLockstep"]),
    ("ex-bestseller", [n > WON for n in (8, 88, 2, 16)]),
    ("ex-flip", [np.array([2 / 3]), np.array([[4 / 3]])]),
    ("ex-flip", {"alpha": 2 / 3, "deviations": 4 / 3}.values()),
    ("ex-components", {"uniform": True, "normal": False, "two clusters": np.True_}),
    ("ex-scale", dict(zip(("scaled", "plain"), scaled(), strict=True))),
    ("ex-kernel-by-hand", [lambda *args: MADE["ex-kernel-by-hand"][0](*map(np.float32, args)), 257]),
    ("ex-count-embedding", [2720, 2080, "Evidence"]),
]


# What other worlds gave, from seed 5,000 on or in the twenties after the first.
OTHER_WORLDS = [("ex-rotate", [kept, 4.15]) for kept in (8.4, 12.3, 12.35, 12.4, 13.55)]
OTHER_WORLDS += [("ex-look-again", [recall, 256]) for recall in (0.95, 0.96, 0.99, 1.0)]
OTHER_WORLDS += [("ex-lucky-window", Interval(0.0031, -0.0022, 0.0084, n=50))]
OTHER_WORLDS += [
    (
        "ex-threshold",
        [*[[-0.087, 0.089, 0.001]] * 2, [-0.106, 0.109, 0.028], [-0.037, 0.156, 0.4], [0.001, 0.23, 0.555]],
    )
]


@pytest.mark.parametrize(("label", "mine"), OTHER_FORMS + OTHER_WORLDS)
def test_what_is_right_may_be_handed_in_in_another_form_or_from_other_worlds(label, mine):
    verdict = zoo.check(label, mine)
    assert verdict, verdict


def test_a_lead_on_the_other_side_of_zero_is_not_the_lead_that_an_interval_without_zero_has_shown():
    """Nor a share of no world at all; where the solution's own interval holds zero, the sign is left open."""
    for label in NUMBERS:
        for place, part in enumerate(KNOWN[label]["parts"]):
            if "n" in part and (off := part.get("spread", 0)):
                mine = right(label)
                mine[place] -= np.copysign(0.95 * off, part["value"])
                crosses = mine[place] * part["value"] <= 0
                known = abs(part["value"]) > off / 2
                assert zoo.check(label, mine if len(mine) > 1 else mine[0]).right == (not (crosses and known)), (
                    label,
                    part,
                )


def test_columns_that_are_not_rotated_are_not_taken_for_rotated_ones():
    assert not zoo.check("ex-rotate", [4.05, 4.05])


class Nasty:
    def __eq__(self, other):
        raise RuntimeError("0.667")

    def __getattr__(self, name):
        raise RuntimeError("0.667")

    __hash__ = __bool__ = __len__ = __iter__ = __array__ = __float__ = __repr__ = __getitem__ = __eq__


LOOP = []
LOOP.append(LOOP)
NONSENSE = [
    None, ..., "", "0.5", b"1", float("nan"), float("inf"), -1e308, 10**400, 1j, True, [], {}, (), set(), object(),
    type, Nasty, Nasty(), [Nasty()] * 2, [None] * 3, LOOP, np.zeros((3, 3, 3)), np.array([]), np.array(["a"]),
    pd.DataFrame(), [[1], [2, 3]], pd.DataFrame({"a": ["x", "y"]}), lambda *_, **__: 1 / 0, lambda *_, **__: Nasty(),
    (x for x in ()), np.float64("nan"), zoo,
]  # fmt: skip


@pytest.mark.parametrize("label", KNOWN)
def test_nonsense_is_not_right_raises_nothing_and_learns_nothing(label):
    for mine in NONSENSE:
        for held in (mine, [mine] * len(KNOWN[label].get("parts", "1"))):
            verdict = zoo.check(label, held)
            assert not verdict, held
            assert verdict.words
            said = repr(verdict).replace(KNOWN[label].get("mine", "").replace("$", ""), "")
            for part in KNOWN[label].get("parts", ()):
                if part["kind"] == "number" and part["value"] % 1:
                    assert f"{part['value']:g}" not in said, said


def test_what_is_handed_in_is_not_changed():
    mine = {"a": [0.667], "b": np.array(1.33)}
    before = copy.deepcopy(mine)
    zoo.check("ex-flip", mine)
    assert mine == before
    changed = []

    def greedy(X):
        X[:] = 0
        changed.append(X)
        return X

    assert "[[1.0, 2.0]" in repr(zoo.check("ex-disjoint-is-shared", greedy))
    assert len(changed) == 4


def test_an_unknown_exercise_is_told_its_neighbours():
    with pytest.raises(ValueError, match=r"label .* 'ex-strangers'; near it are ex-stranger"):
        zoo.check("ex-strangers", 1)
    with pytest.raises(ValueError, match="near it are ex-flip"):
        zoo.check("flip", 1)
    with pytest.raises(TypeError, match="label must be a text"):
        zoo.check(3, 1)


def test_a_verdict_is_read_on_a_page_and_at_a_terminal_and_fails_for_who_grades():
    for mine, word in (([0.667, 1.33], "Right."), ([1.5, "<b>"], "Not yet."), (None, "Not yet.")):
        bundle = zoo.check("ex-flip", mine)._repr_mimebundle_()
        assert bundle["text/plain"].startswith(word)
        assert f"<strong>{word}</strong>" in bundle["text/html"]
        assert "<b>" not in bundle["text/html"]
    assert repr(zoo.check("ex-predict", 1)).startswith("No judge.\n- Which set")
    assert zoo.check("ex-flip", [0.667, 1.33]).or_fail()
    with pytest.raises(AssertionError, match="ex-flip: Not yet") as caught:
        zoo.check("ex-flip", [0.6, 1.33]).or_fail()
    assert "0.667" not in "".join(map(str, caught.traceback)) + str(caught.value)


def test_nobody_reads_an_answer_by_accident():
    text = checking.ANSWERS.read_text(encoding="utf-8")
    assert not re.search(r"ex-flip|value|0\.667|1409|Dog Toy", text)
    assert len(text) < 50_000
