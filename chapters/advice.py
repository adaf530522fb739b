"""What the decision guide recommends; ``guide.ipynb`` shows it, each piece beside the claims it rests on."""

from pathlib import Path

import pandas as pd

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

GUIDE: dict[str, list[Advice]] = {  # the answers to each question
    question: [Advice(*row) for row in rows.drop(columns="question").itertuples(index=False)]
    for question, rows in pd.read_csv(Path(__file__).parent / "data" / "guide.csv").groupby("question", sort=False)
}
