"""Run the benchmarks, keep their results beside this file, and say whether what must hold holds."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks import report
from benchmarks.against_literal import ALGORITHMS, compare
from benchmarks.measure import machine

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PEERS_PYTHON = HERE / ".venv-peers" / "bin" / "python"
PARTS = ("literal", "gauntlet", "funnel", "shop")
ONE_CORE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
SEEDS = (42, 43, 44)  # one round each
STEPS = {"LinUCB": 5_000, "Neural-Linear": 5_000, "NeuralUCB": 1_000}


def literal(rounds: int) -> list[dict[str, Any]]:
    rows = []
    for algorithm in ALGORITHMS:
        rows += compare(algorithm, rounds)
        for row in rows[-2:]:
            print(f"  {row['algorithm']}, {row['worlds']}: {row['ratio']:.0f} times as fast", flush=True)
    return rows


def in_process(python: str | Path, *arguments: str) -> tuple[dict[str, Any] | None, str]:
    """Run a benchmark in a process of its own and return what it prints, or None and why not."""
    environment = {**os.environ, **ONE_CORE}
    done = subprocess.run([python, "-m", *arguments], cwd=HERE.parent, capture_output=True, text=True, env=environment)
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or ["it ended without a word"])[-1][:200]
    return json.loads(done.stdout.strip().splitlines()[-1]), ""


def alone(module: str) -> dict[str, Any]:
    """Return what a benchmark measures in a process of its own, and where."""
    measured, why = in_process(sys.executable, module)
    if measured is None:
        raise SystemExit(why)
    return {"machine": machine(), **measured}


def peers(rounds: int, only: str = "") -> list[dict[str, Any]]:
    """Let every contender (of one task) play in turns, a round for each seed."""
    listed, why = in_process(PEERS_PYTHON, "benchmarks.peers", "--list")
    if listed is None:
        raise SystemExit(f"the peers' environment does not work (make bench-peers makes it): {why}")
    listed = {name: task for name, task in listed.items() if only in ("", task)}
    played: dict[str, list[dict[str, Any]]] = {name: [] for name in listed}
    missing: dict[str, str] = {}
    for seed in SEEDS[:rounds]:
        for name, task in listed.items():
            if name in missing:
                continue
            given = ("benchmarks.peers", name, "--steps", str(STEPS[task]), "--seed", str(seed))
            result, missing_because = in_process(PEERS_PYTHON, *given)
            if result is None:
                missing[name] = missing_because
            else:
                played[name].append(result)
                print(f"  {name}: {STEPS[task] / result['seconds']:,.0f} steps a second", flush=True)
    return [
        {
            "task": task,
            "contender": name,
            "version": played[name][0]["version"] if name not in missing else "",
            "steps": STEPS[task],
            "rate": STEPS[task] / float(pd.Series([one["seconds"] for one in played[name]]).median())
            if name not in missing
            else None,
            "ctr": sum(one["ctr"] for one in played[name]) / len(played[name]) if name not in missing else None,
            "missing": missing.get(name, ""),
        }
        for name, task in listed.items()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="rounds against the literal versions")
    parser.add_argument("--peers", action="store_true", help="also the libraries of others, in their own environment")
    parser.add_argument(
        "--only", choices=("literal", "gauntlet", "funnel", "shop"), help="one part; the others stay as stored"
    )
    given = parser.parse_args()
    parts = (given.only,) if given.only else ("literal", "gauntlet", "funnel", "shop")

    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if "literal" in parts:
        print("Against the literal versions:")
        results["literal"] = {"machine": machine(), "rows": literal(given.rounds)}
    if "gauntlet" in parts:
        print("The gauntlet, 100 replications:")
        results["gauntlet"] = alone("benchmarks.gauntlet")
        print(f"  {results['gauntlet']['seconds']:.0f} s, {results['gauntlet']['peak_mb']:,.0f} MB", flush=True)
    if "funnel" in parts:
        print("The funnel, two million products:")
        results["funnel"] = alone("benchmarks.funnel")
        for row in results["funnel"]["stages"]:
            print(f"  {row['stage']}: median {row['median_ms']:.2f} ms, p99 {row['p99_ms']:.2f} ms", flush=True)
        queue = results["funnel"]["open_loop"]
        print(
            f"  open loop: waiting {queue['wait_ms']:.1f} ms in the mean, by the formula {queue['formula_ms']:.1f}",
            end="",
        )
        print(f"; on the clock a decision takes {queue['others']:.2f} times the processor's time")
        print("\n".join(f"  {verdict}" for verdict in report.verdicts(results["funnel"])), flush=True)
    if "shop" in parts:
        print("The shop's page, four clients for a minute:")
        results["shop"] = alone("benchmarks.shop_load")
        for row in results["shop"]["requests"]:
            print(f"  {row['request']}: median {row['median_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms", flush=True)
        print(f"  {results['shop']['clicks']:,} clicks, {results['shop']['lost']} lost", flush=True)
    if given.peers:
        print("Against the libraries of others:")
        results["peers"] = {"machine": machine(), "rows": peers(len(SEEDS))}

    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (HERE / "results.md").write_text(report.page(results), encoding="utf-8")
    failures = report.failures(results)
    print("\n".join(failures) if failures else "All that must hold holds.")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
