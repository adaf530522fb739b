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
