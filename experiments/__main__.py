"""Compute the tables of all experiments anew: ``python -m experiments``."""

import joblib

from experiments import ablation
from zoolib.sweeps import store

if __name__ == "__main__":
    for experiment in (ablation,):
        with joblib.parallel_config(n_jobs=-1):
            table = experiment.compute(cache=".cache/sweeps")
        store(table, experiment.TABLE)
        print(f"{experiment.TABLE.name}: {len(table)} rows")
