"""One thread and no surprises: the conditions under which the stored numbers were made."""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
import pytest  # noqa: E402

from zoolib import FeatureEngineer, ZooplusSimulator  # noqa: E402


@pytest.fixture
def sim() -> ZooplusSimulator:
    return ZooplusSimulator(n_products=20, n_users=50, seed=3)


@pytest.fixture
def features(sim: ZooplusSimulator) -> FeatureEngineer:
    return FeatureEngineer(sim)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", 'slow: takes more than ten seconds; leave it out by -m "not slow"')
    config.addinivalue_line("markers", "alone: measures time, so nothing else may run beside it; left out under xdist")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        alone = [item for item in items if item.get_closest_marker("alone")]
        config.hook.pytest_deselected(items=alone)
        items[:] = [item for item in items if item not in alone]
