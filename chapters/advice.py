"""What the decision guide recommends; ``guide.ipynb`` shows it, each piece beside the claims it rests on."""

from pathlib import Path

import pandas as pd

from figures.tables import Advice

DATA = Path(__file__).parent / "data"
RUNS = dict(pd.read_csv(DATA / "guide_runs.csv").itertuples(index=False))  # what the guide itself measures, in words

BECAUSE: dict[str, tuple[str, ...]] = {  # claims of the chapters on which an answer of the guide rests
    "arms": ("catalog-growth", "turnover", "heirs", "memory", "funnel-in-milliseconds"),
    "a new arm": ("cold-start", "heirs", "cold-category", "missed-category"),
    "alpha": ("alpha", "alpha-too-small", "alpha-not-architecture", "what-alpha-covers"),
    "propensities": ("logs-of-learners", "deterministic-log", "wrong-propensities", "mean-weight-blind"),
    "start over": ("old-evidence", "craze-recovery", "new-phi-old-evidence"),
}

GUIDE: dict[str, list[Advice]] = {  # the answers to each question
    question: [Advice(*row) for row in rows.drop(columns="question").itertuples(index=False)]
    for question, rows in pd.read_csv(DATA / "guide.csv").groupby("question", sort=False)
}
