class Mine:
    def __init__(self, features, rng):
        self.rng = rng

    def predict(self, user, sim):
        return self.rng.integers(sim.n_products)  # any product: you can do better

    def update(self, user, product, click, sim):
        pass  # what would you like to remember of it?


def linucb(features, rng):
    return zoo.LinUCBAgent(features, alpha=0.2)


tried = zoo.replicate({"Mine": Mine, "LinUCB": linucb}, range(10), 4_000, {2_000: zoo.SHOCK_FISH})
for start, stop in ((0, 2_000), (2_000, 4_000)):
    print(f"visits {start:>5} to {stop}: what a visit earns on average")
    for name, value in metrics.value(tried, start, stop).items():
        print(f"    {name:<8} {metrics.mean_interval(value):.3f}")

zoo.check("ex-own-agent", Mine)
