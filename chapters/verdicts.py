"""What is usually told about these agents; ``claims.ipynb`` shows it beside the claims that decide."""

# what is told: the verdict, and the label of the claim that decides it
USUALLY_TOLD: dict[str, tuple[str, str]] = {
    "One run with a good seed shows which agent is better.": ("false", "anecdote"),
    "A click rate of .21 is an achievement.": ("false: random gets it", "yardsticks"),
    "LinUCB is slow after the shock because it must explore ten fish products.": ("false", "not-reexploring"),
    "Regret grows with the number of products.": ("depends on alpha", "catalog-growth"),
    "Sharing between products always helps.": ("false", "shared-alpha"),
    "A linear model cannot do it, a network can.": ("a matter of features", "sharing"),
    "Memory does not depend on K.": ("false for identities", "memory-id"),
    "The K backward passes make NeuralUCB slow.": ("half of the story", "inverse-dominates"),
    "In its timed run NeuralUCB learns.": ("hardly", "timed-run-learns-nothing"),
    "H1: LinUCB is faster at first, and both end at a similar, high level.": ("half true", "h1"),
    "H2: the neural agent recovers at once, LinUCB does not.": ("in many worlds", "h2"),
    "It recovers because one click moves a whole category.": ("neither enough nor needed", "not-sharing"),
    "The neural agent wins.": ("not against a turned dial", "showdown"),
    "A replay buffer makes it stable, and so better.": ("false", "replay-against-online"),
    "A trained network beats a random one.": ("depends on how it is trained", "frozen"),
    "Fresh evidence repairs it.": ("hardly, by itself", "freshness"),
    "Learned features win in the shop.": ("false", "linear-wins"),
    "Cold start is solved by sharing.": ("for known categories only", "unseen-category"),
}
