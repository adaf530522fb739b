"""What the decision guide recommends; ``guide.ipynb`` shows it, each piece beside the claims it rests on."""

from figures.tables import Advice

RUNS: dict[str, str] = {  # what the guide measures itself, in a few words
    "many-arms": "a shared model hardly feels the number of products.",
    "removing-an-arm": "striking an arm out of A changes what is expected of others.",
    "alpha-in-noise": "alpha is measured in standard deviations of a reward.",
    "batches": "in batches a UCB agent must anticipate.",
    "delay-and-discount": "with a large bonus the delay costs, the way of counting hardly does.",
    "late-sampler": "late clicks want a small bonus, or draws.",
    "unseen-places": "what nobody looked at has not been refused.",
    "price-of-propensities": "what exploration by chance costs.",
    "fresh-log": "a fresh log is worth its clicks.",
    "old-log": "after a large change an old log, believed in full, is worse than none.",
    "resetting": "starting over pays if you know when.",
    "count-as-200": "what was learned should count for little, and not for nothing.",
    "visits-not-share": "what was learned should count as some visits, not as a share.",
    "rare-resetting": "with few clicks and a large alpha, starting over costs more than it brings.",
}

BECAUSE: dict[str, tuple[str, ...]] = {  # claims of the chapters on which an answer of the guide rests
    "arms": ("catalog-growth", "turnover", "heirs", "memory", "funnel-in-milliseconds"),
    "a new arm": ("cold-start", "heirs", "cold-category", "missed-category"),
    "alpha": ("alpha", "alpha-too-small", "alpha-not-architecture", "what-alpha-covers"),
    "propensities": ("logs-of-learners", "deterministic-log", "wrong-propensities", "mean-weight-blind"),
    "start over": ("old-evidence", "craze-recovery", "new-phi-old-evidence"),
}

GUIDE: dict[str, list[Advice]] = {
    "Do you need a bandit at all?": [
        Advice(
            "Tastes hardly change, and there is a large log of varied recommendations",
            "Train a model once and show what it likes best. Measure it again from time to time: it does not notice "
            "when it has become wrong.",
            "static-model",
        ),
        Advice(
            "A few dozen clicks, or differences of a thousandth",
            "Do not start with an agent. Make an experiment that is long enough to tell two policies apart.",
            "forty-clicks",
        ),
        Advice("Somebody shows you one run that wins", "Ask for a hundred, paired, with an interval.", "anecdote"),
    ],
    "How many arms, and do new ones arrive?": [
        Advice(
            "Some dozens, and they stay",
            "One model for each arm comes close: LinUCBAgent. A shared one on crossed features usually earns a little "
            "more, with an alpha of its own, which is larger.",
            "sharing-over-laws",
        ),
        Advice(
            "Hundreds or thousands", "One shared model on features of user and arm: SharedLinUCBAgent.", "many-arms"
        ),
        Advice("Millions", "Retrieve some hundreds and let the agent rank them: a funnel.", "funnel-in-milliseconds"),
        Advice("They come and go", "A shared model, to which a new arm of a known kind is no stranger.", "turnover"),
        Advice(
            "They come and go, and each is to have a model of its own",
            "Let a new one begin with all clicks on its kind, each counted once, if its kind is alike.",
            "heirs",
        ),
        Advice(
            "A new kind arrives, about which nothing is known",
            "No model knows it beforehand. Let alpha be about two standard deviations of a reward, or show it on "
            "purpose.",
            "missed-category",
        ),
        Advice(
            "You would give each arm a column of its own in a shared model",
            "Not with many arms: A has a row and a column for each of them.",
            "memory-id",
        ),
        Advice(
            "An arm with a column of its own leaves",
            "Take the Schur complement (drop_columns); do not strike its row and column out of A.",
            "removing-an-arm",
        ),
    ],
    "What do you know about users and arms?": [
        Advice(
            "Labels, such as segments and categories",
            "Cross them, so that a linear model can say who likes what.",
            "sharing",
        ),
        Advice(
            "Labels, and somebody who wants a network",
            "Set a linear agent that forgets beside it, with the same dials and as many trials.",
            "tuned-winner",
        ),
        Advice(
            "Features that a model can only add up",
            "Cross them first. A model that cannot express the truth becomes sure of something else.",
            "sure-and-wrong",
        ),
        Advice(
            "Many numbers, and nobody to cross them",
            "A linear agent first, on the numbers and on their products, that expects something of the unknown; a "
            "Neural-Linear one beside it, trained long enough.",
            "squares-win-on-data",
        ),
        Advice(
            "Many numbers, few of which matter, and a log of thousands of varied recommendations",
            "Test on the log which columns have to do with clicks, before anything is fitted to them; count products, "
            "not rows, where products repeat.",
            "screening-beats-network",
        ),
        Advice(
            "A product must fit in several ways at once, and there is such a log",
            "Boosted trees, with differences and products of the pairs of columns that the same test names.",
            "trees-beat-network-on-conditions",
        ),
        Advice(
            "Numbers that something has mixed, as an embedding does, and that were not normal before",
            "Undo the mixing by independent components; trees then do as well as a single network.",
            "rotation-undone",
        ),
        Advice(
            "Numbers of which nothing but a log of ten thousand rows says in which directions they matter",
            "Several networks whose predictions are averaged, and a kernel in a metric that is learned from the log "
            "beside them: here to learn features pays.",
            "averaged-beats-kernel",
        ),
        Advice(
            "Users differ, and nothing that you see says how",
            "Look in the clicks for kinds of users: if there are a few, it pays within a hundred visits of each.",
            "few-tastes",
        ),
        Advice(
            "Nothing but the numbers of the arms",
            "One model or mean for each arm, and patience: each new arm has to be paid for.",
            "cold-start",
        ),
    ],
    "How often do tastes change?": [
        Advice("Hardly ever", "To remember everything is good enough.", "linucb-stationary"),
        Advice(
            "Now and then, and you do not know when",
            "Forget: a window or a discount shorter than the time between changes, and long enough to learn from; with "
            "a large alpha less. If none fits, explore more.",
            "forgetting-pays",
        ),
        Advice(
            "You choose the window on one history",
            "Draw the times of the changes anew, many times: a window that divides them may be lucky.",
            "lucky-moves",
        ),
        Advice(
            "An arm may become better while the favourite stays as good",
            "One model on crossed features that forgets: no bad news will ever arrive, and with an alpha of up to two "
            "standard deviations a bonus alone seldom looks.",
            "craze-recovery",
        ),
        Advice(
            "You know when, and some thousands of visits have come",
            "Let all that was learned count as some two hundred visits from then on: "
            "Restarting(agent, at=[n], keep=200 / n).",
            "count-as-200",
        ),
        Advice(
            "You know when, and many more have come",
            "Let them count as two hundred visits all the same, and not for the same share.",
            "visits-not-share",
        ),
        Advice(
            "You know when, and the agent is a network with replay",
            "Start over at that moment: its weights and its buffer hold the old world, too.",
            "resetting",
        ),
        Advice(
            "You know when, but few clicks have come, and alpha is two standard deviations",
            "Keep what you know; do not start over.",
            "rare-resetting",
        ),
        Advice(
            "You use a network with replay, and clicks are common",
            "Give its evidence a window or a discount.",
            "repairs",
        ),
        Advice("You train a network anew", "Rebuild its evidence at the same moment.", "new-phi-old-evidence"),
    ],
    "Is there a log to start from?": [
        Advice("Yes, of varied recommendations, and it is fresh", "Add it up, at full weight.", "fresh-log"),
        Advice(
            "Yes, of a thousand rows or so, and nothing else says in which directions the columns matter",
            "Several networks that are averaged: a kernel in a learned metric, products, one network are all behind.",
            "averaged-beats-kernel",
        ),
        Advice(
            "A short one, and nobody knows which of many columns matter",
            "Choose columns together, by how well they predict clicks on products held out, and then an agent.",
            "columns-chosen-together",
        ),
        Advice(
            "None at all, and nobody knows which of many columns matter",
            "Choose columns together on what came in so far, with products held out, anew every 200 visits or so.",
            "columns-chosen-together",
        ),
        Advice(
            "Yes, but clicks are rare: a few hundred in all",
            "Choose columns together on products held out.",
            "columns-chosen-together",
        ),
        Advice("Yes, but taste may have changed much since", "Let it count as fifty visits or so.", "old-log"),
        Advice(
            "Yes, of a policy that always did the same thing",
            "It cannot judge another policy; the mean of its weights shows it.",
            "deterministic-log",
        ),
    ],
    "When do clicks come back?": [
        Advice(
            "In batches of a hundred or more, and the agent is a UCB",
            "Let it anticipate (Anticipating).",
            "batches",
        ),
        Advice(
            "Late, and you discount",
            "Explore with an alpha of one standard deviation rather than two, or sample with half of one.",
            "late-sampler",
        ),
        Advice(
            "Late, and you ask whether the discount should count visits or clicks",
            "Clicks, as they are learned; it hardly matters.",
            "delay-and-discount",
        ),
        Advice(
            "Out of order, twice, or to several machines",
            "Count messages in a ledger, and sum up from it.",
            "once-and-only-once",
        ),
        Advice("From a slate of several", "Learn only from the places that were looked at.", "unseen-places"),
    ],
    "How fast, and in how much memory?": [
        Advice("One matrix for each arm", "Multiply before you build: K d² numbers.", "memory"),
        Advice(
            "A network, and the full matrix costs too much",
            "Linearize only the last layer (Neural-Linear). The diagonal alone keeps fewer numbers still.",
            "bridge-cost",
        ),
        Advice(
            "NeuralUCB, whatever the reason",
            "Never invert: rank-one updates, distinct contexts, batched gradients.",
            "exact-savings",
        ),
    ],
    "How do you choose between agents?": [
        Advice(
            "You compare families of agents",
            "Tune each with the same number of trials, on worlds kept for tuning: the order depends on it.",
            "ranking",
        ),
        Advice("You can tune one number", "Tune alpha, before the architecture.", "alpha-not-architecture"),
        Advice(
            "You start with alpha",
            "Take the standard deviation of one reward. If rewards lie far above 0, subtract their mean first.",
            "alpha-in-noise",
        ),
    ],
    "Will somebody judge another policy by your log?": [
        Advice(
            "Yes",
            "Explore by chance, and write down with each click how probable its choice was (Logbook).",
            "logs-of-learners",
        ),
        Advice(
            "Yes, and you ask what that costs", "Thompson sampling: little, while tastes stay.", "price-of-propensities"
        ),
        Advice("Propensities were not written down", "Do not make them up from overall shares.", "wrong-propensities"),
    ],
}
