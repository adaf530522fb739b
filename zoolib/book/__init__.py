"""What the pages of the book need: claims, figures, sources; nothing here is needed to run a bandit."""

from zoolib.faces import later

__getattr__ = later(
    __name__,
    {
        "claims": ["claim", "ledger"],
        "notebook": ["source"],
        "plots": [],
        "svg": ["Axis", "Bars", "Line", "Points"],
        "tables": ["Advice", "Table", "advice_table", "because", "ledger_table", "told_table"],
        "widgets": ["Moving", "band", "contexts", "principal_plane"],
    },
)
