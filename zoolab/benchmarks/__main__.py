"""Run the benchmarks, keep their results beside this file, and say whether what must hold holds."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from zoolab.benchmarks import compared, report
from zoolab.benchmarks.against_literal import ALGORITHMS, compare
from zoolab.benchmarks.contenders import LINUCB, NEURAL_LINEAR, NEURAL_UCB, SHARED
from zoolab.benchmarks.measure import machine

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PEERS_PYTHON = HERE / ".venv-peers" / "bin" / "python"
PARTS = ("literal", "gauntlet", "funnel", "shop", "growth", "accelerator")
OF_PEERS = ("peers", "different")  # what needs their environment
ONE_CORE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
SEEDS = (42, 43, 44)  # one round each
STEPS = {LINUCB: 5_000, SHARED: 5_000, NEURAL_LINEAR: 5_000, NEURAL_UCB: 1_000}


def in_process(python: str | Path, module: str, *arguments: str) -> tuple[dict[str, Any] | None, str]:
    """Run a benchmark in a process of its own and return what it prints, or None and why not."""
    environment = {**os.environ, **ONE_CORE}
    command = [python, "-m", f"zoolab.benchmarks.{module}", *arguments]
    done = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, env=environment)
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or ["it ended without a word"])[-1][:200]
    return json.loads(done.stdout.strip().splitlines()[-1]), ""


def alone(part: str) -> dict[str, Any]:
    """Return what a benchmark measures in a process of its own, and where."""
    measured, why = in_process(sys.executable, "shop_load" if part == "shop" else part)
    if measured is None:
        raise SystemExit(why)
    return {"machine": machine(), **measured}


def peers(rounds: int) -> list[dict[str, Any]]:
    """Let every contender play in turns, a round for each seed."""
    listed, why = in_process(PEERS_PYTHON, "peers", "--list")
    if listed is None:
        raise SystemExit(f"the peers' environment does not work (make -C zoolab bench-peers makes it): {why}")
    played: dict[str, list[dict[str, Any]]] = {name: [] for name in listed}
    missing: dict[str, str] = {}
    for seed in SEEDS[:rounds]:
        for name, told in listed.items():
            if name in missing:
                continue
            n_steps = STEPS[told["task"]]
            result, why = in_process(PEERS_PYTHON, "peers", name, f"--steps={n_steps}", f"--seed={seed}")
            if result is None:
                missing[name] = why
            else:
                played[name].append(result)
                print(f"  {name}: {n_steps / result['seconds']:,.0f} steps a second", flush=True)
    return [
        {"contender": name, "steps": STEPS[told["task"]], **told}
        | ({"missing": missing[name]} if name in missing else ratios(played, name, told))
        for name, told in listed.items()
    ]


def ratios(played: dict[str, list[dict[str, Any]]], name: str, told: dict[str, Any]) -> dict[str, Any]:
    """Return what a contender did: medians over the rounds, and how many times as long as ours it took in each."""
    seconds, ours = ([one["seconds"] for one in played[of]] for of in (name, told["reference"]))
    return {
        "version": played[name][0]["version"],
        "rate": STEPS[told["task"]] / median(seconds),
        **compared.spread([mine / other for mine, other in zip(seconds, ours, strict=True)]),
        "ctr": sum(one["ctr"] for one in played[name]) / len(seconds),
        "mb": max(one["mb"] for one in played[name]),
        "missing": "",
    }


def different(rounds: int) -> list[dict[str, Any]]:
    """Let every contender play where no context comes again, a round for each seed."""
    played = compared.in_rounds(
        SEEDS[:rounds], lambda name, seed: in_process(PEERS_PYTHON, "different", name, "--seed", str(seed))
    )
    return compared.rows(played)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m zoolab.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, help="of what is timed in turns; 7 against the literal versions, else 3")
    parser.add_argument("--peers", action="store_true", help="also the libraries of others, in their own environment")
    parser.add_argument("--only", choices=PARTS + OF_PEERS, help="one part; the others stay as stored")
    given = parser.parse_args()
    parts = (given.only,) if given.only else PARTS + OF_PEERS if given.peers else PARTS
    turns = len(SEEDS) if given.rounds is None else given.rounds

    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    measured = {
        "literal": lambda: [row for algorithm in ALGORITHMS for row in compare(algorithm, given.rounds or 7)],
        "peers": lambda: peers(turns),
        "different": lambda: different(turns),
    }
    for part in parts:
        print(f"{part}:", flush=True)
        results[part] = {"machine": machine(), "rows": measured[part]()} if part in measured else alone(part)
        print(report.TABLES[part](results[part]), flush=True)
    if "funnel" in parts:
        print(*report.verdicts(results["funnel"]), sep="\n")

    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (HERE / "results.md").write_text(report.page(results), encoding="utf-8")
    failures = report.failures(results)
    print("\n".join(failures) if failures else "All that must hold holds.")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
