"""What the pages of the book need: claims, figures, sources; nothing here is needed to run a bandit."""

from zoolib.faces import later

__getattr__ = later(
    __name__,
    {
        "claims": ["claim", "ledger"],
        "guide": ["GUIDE", "RUNS", "Advice", "advice_table", "because"],
        "notebook": ["USUALLY_TOLD", "Diary", "Table", "ledger_table", "source", "told_table"],
        "regimes": ["against", "linear", "played"],
        "svg": ["Axis", "Bars", "Line", "Points"],
        "widgets": ["Moving", "band", "contexts", "principal_plane"],
    },
)
