"""Claims that the book has made and does not make any more: what was said, how it fell, and what is so instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fallen:
    """A claim that fell.

    Attributes
    ----------
    label
        Of the claim that stands in its place.
    text
        What was claimed.
    fell
        How, in fresh worlds or before a second look.
    instead
        What is so.
    fresh
        In which fresh hundred it fell when it was first asked there, in these words or in those of a second look; 0 if
        it was restated before it was asked.
    """

    label: str
    text: str
    fell: str
    instead: str
    fresh: int = 0


FALLEN: list[Fallen] = [
    Fallen(
        "static-model",
        "Trained on a log, the static model earns less than three quarters of the oracle's value after the first "
        "shock.",
        "The upper end was found at 0.746, four thousandths from a threshold that had been chosen to pass; in one "
        "of several fresh hundreds it lay beyond.",
        "Less than four fifths.",
    ),
    Fallen(
        "pairing",
        "Pairing two agents that differ at every tenth visit is worth at least ten times as many worlds.",
        "Found at 20 [13, 30]; the first fresh hundred gave 14 [10, 20].",
        "At least five times as many.",
        fresh=1,
    ),
    Fallen(
        "stuck-in-luck",
        "After the shock alpha 0.1 earns more than 0.2, because in some worlds it had been stuck with fish all "
        "along; in the other worlds we see no difference.",
        "The first fresh hundred gave 0.005 [-0.007, 0.016] for the lead; and no margin had been stated for the "
        "other worlds.",
        "More worlds are stuck with 0.1; in the others the two alphas earn the same, to within two hundredths of "
        "a click.",
    ),
    Fallen(
        "catalog-growth",
        "From 50 to 5,000 products the regret of disjoint LinUCB does not grow with alpha 0.2.",
        "The condition bounded the lower end of the interval, which says nothing against growth.",
        "It grows by fewer than 20 clicks in 2,000 visits.",
    ),
    Fallen(
        "turnover",
        "Turnover costs the shared agent nothing.",
        "Only the upper end was bounded; and nothing is not what an interval shows.",
        "It changes its clicks by fewer than twenty either way, in 4,000 visits.",
        fresh=2,
    ),
    Fallen(
        "ten-tickets",
        "With one product in each category the disjoint agent and a shared agent whose strangers are worth as "
        "much cannot be told apart.",
        "The condition looked at the mean and not at the interval; the second fresh hundred gave -0.022 [-0.041, "
        "-0.004].",
        "They are within five hundredths of the oracle's value.",
        fresh=2,
    ),
    Fallen(
        "tuned-alike",
        "With fifty products and each at its best alpha of five, one shared model earns no more than fifty "
        "separate ones.",
        "The best of the shared model's five alphas is the largest, so it had not been found; the first fresh "
        "hundred gave -0.0013 [-0.0065, 0.0039], and on a finer grid the order turns round.",
        "At the best of these five the two are within a hundredth of the oracle's value.",
    ),
    Fallen(
        "expansion",
        "The error of the linear model is of second order in the step of the weights, in one network and one "
        "direction.",
        "Another network and direction gave a slope of 1.51: where a step crosses a kink of the ReLU, the error "
        "is of first order.",
        "It is on average over a hundred networks, each with a direction.",
        fresh=1,
    ),
    Fallen(
        "timed-run-learns-nothing",
        "With the settings of the timed run NeuralUCB cannot be told from random within 500 visits.",
        "An interval that holds zero, over thirty worlds. The first fresh thirty gave 0.036 [0.006, 0.066].",
        "It is ahead of random, by less than a tenth of a click.",
        fresh=1,
    ),
    Fallen(
        "step-size-and-alpha",
        "Ten times the exploration, or a hundred times the step size, each bring NeuralUCB over three clicks in a "
        "hundred.",
        "Thirty worlds, and a threshold chosen after looking: the first fresh thirty gave 0.057 [0.027, 0.086] "
        "for the exploration.",
        "Each brings over one click in a hundred.",
        fresh=1,
    ),
    Fallen(
        "linear-regime",
        "After 500 visits the expansion at the start is right to within a twentieth with step size 0.01.",
        "The second fresh thirty gave 0.042 [0.032, 0.052].",
        "It is right to within a tenth.",
        fresh=2,
    ),
    Fallen(
        "zero-start",
        "Starting from zero, NeuralUCB also beats the agent that starts from random weights within 500 visits.",
        "Found at 0.041 [0.017, 0.065]; the first fresh thirty gave 0.019 [-0.020, 0.058].",
        "It beats random; about the other agent thirty worlds cannot say.",
        fresh=1,
    ),
    Fallen(
        "h1",
        "Before the shock Neural-Linear stays well behind LinUCB, by more than three hundredths of a click.",
        "The first fresh hundred gave -0.039 [-0.053, -0.026].",
        "It stays behind, by over a hundredth.",
        fresh=1,
    ),
    Fallen(
        "h2",
        "In most worlds Neural-Linear recovers within 2,000 steps, LinUCB does not, and the neural agent earns more, "
        "by over five hundredths of a click after the shock.",
        "The number stood in the condition and not in the sentence; the second fresh hundred gave 0.067 "
        "[0.044, 0.089].",
        "It earns more.",
        fresh=2,
    ),
    Fallen(
        "showdown",
        "Over the whole showdown Neural-Linear and LinUCB are even in the mean, the neural agent with three times "
        "the spread.",
        "The margins had been fitted to the interval. The first fresh hundred gave 0.016 [-0.002, 0.033], and "
        "0.078 for one spread, 0.025 for the other.",
        "They are even to within five hundredths of a click, with more than twice the spread.",
        fresh=1,
    ),
    Fallen(
        "evidence-protects",
        "With a replay buffer Neural-Linear forgets more, not less.",
        "The interval ended two thousandths from zero; the first fresh hundred gave 0.004 [-0.003, 0.012].",
        "A buffer saves it less than two hundredths of a click a visit.",
        fresh=1,
    ),
    Fallen(
        "replay-showdown",
        "After the shock we cannot tell Neural-Linear with replay from LinUCB.",
        "An interval that merely holds zero; the second fresh hundred gave 0.035 [0.016, 0.055].",
        "After the shock hundreds differ; over the whole showdown it is not ahead by as much as a hundredth.",
        fresh=2,
    ),
    Fallen(
        "sharing-window",
        "When all is remembered sharing brings nothing over the whole run.",
        "An interval that merely holds zero.",
        "It changes the whole run by less than half a click in a hundred.",
    ),
    Fallen(
        "new-phi-old-evidence",
        "A network that was trained anew and put over the old evidence loses more than a third of what it would earn.",
        "The second fresh hundred gave 0.202 [0.166, 0.237] of 0.51 clicks a visit.",
        "It loses more than a quarter.",
        fresh=2,
    ),
    Fallen(
        "lucky-window",
        "With the standard times a window of 5,000 leads its neighbours by several times what it does with drawn "
        "times.",
        "A ratio of two means, whose second is nearly zero.",
        "It leads by more than with drawn times.",
    ),
    Fallen(
        "screening-beats-network",
        "In the hidden-segment shop a linear agent whose columns were screened beats the network in at least 95 "
        "of 100 worlds.",
        "Ninety-six were found; one fresh hundred in five would show fewer than 95 though nothing had changed.",
        "In more than four worlds of five.",
    ),
    Fallen(
        "logs-of-learners",
        "The logs of epsilon-greedy judge every policy rightly.",
        "Three intervals that merely held zero, and must all hold it again.",
        "They do, to within 0.03.",
        fresh=2,
    ),
    Fallen(
        "forty-clicks",
        "In two of three campaigns the sample cannot tell the learning policy from chance.",
        "Two intervals that merely hold zero, and no margin.",
        "In each it bounds the gain to half a click in a hundred, and does not decide its sign.",
    ),
    Fallen(
        "diagonal-is-enough",
        "With its diagonal NeuralUCB makes as many mistakes as with the whole matrix on two sets, as far as we "
        "can tell.",
        "Intervals that merely hold zero, half a mistake in a hundred wide.",
        "On no set does the whole matrix save as much as one mistake in a hundred steps.",
    ),
    Fallen(
        "resetting",
        "To start over at the moment of a change earns at least half a click in a hundred more than to keep "
        "everything.",
        "The interval began at 0.009; in a fresh hundred it began below 0.005. The sentence had only said that it "
        "earns more.",
        "It earns more.",
    ),
]
