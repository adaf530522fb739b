"""The laboratory of the book: a room for each later chapter, and what defends the story."""

MOVED = {  # Until 1.2, this is where the names of 1.0 are found.
    "zoolab.columns": ["Conditions", "FeatureShop", "HeadAgent", "Learned", "MappedAgent", "Segments", "serve"],
    "zoolab.logs": ["Logbook", "LoggedData", "read_log"],
    "zoolab.long": ["sweep"],
    "zoolab.rivals": [
        "Anticipating", "ArmHeadsAgent", "ArmHeadsTSAgent", "Delayed", "DiagonalNeuralUCBAgent", "EnsembleAgent",
        "EpinetAgent", "EpsilonGreedyAgent", "InverseGap", "LinTSAgent", "MLPRecommender", "NeuralTSAgent",
        "OneIndex", "OneMember", "PerProductAgent", "Restarting", "StaticMLPAgent", "random_log", "train_recommender",
    ],
    "zoolib.experiment": ["Results"],
}  # fmt: skip


def home(name: str) -> str | None:
    """Return where a name of zoolib 1.0 is now, or None if it is in zoolib or never was.

    >>> home("MappedAgent")
    'zoolab.columns'
    """
    return next((place for place, names in MOVED.items() if name in names), None)
