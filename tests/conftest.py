"""One thread and no surprises, what is slow, and a few words at the end."""

import os
import time
from collections import Counter
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # the stored numbers were made so

import machine  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402

from zoolib import FeatureEngineer, ZooplusSimulator  # noqa: E402

BEGUN = time.monotonic()


@pytest.fixture
def sim() -> ZooplusSimulator:
    return ZooplusSimulator(n_products=20, n_users=50, seed=3)


@pytest.fixture
def features(sim: ZooplusSimulator) -> FeatureEngineer:
    return FeatureEngineer(sim)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Call all but the first case of ``many`` slow; leave out what must run alone where several processes run."""
    seen, out = set(), []
    for item in items:
        case = item.nodeid.partition("[")[0]
        if case in seen and item.get_closest_marker("many"):
            item.add_marker("slow")
            if os.environ.get("BOOK_ONE_CASE"):  # under the kernels of other processors the first case is enough
                out.append(item)
        elif item.get_closest_marker("alone") and "PYTEST_XDIST_WORKER" in os.environ:
            out.append(item)
        seen.add(case)
    config.hook.pytest_deselected(items=out)
    gone = set(map(id, out))
    items[:] = [item for item in items if id(item) not in gone]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say on what machine the tests ran, what did not run for want of what, and what to do about a stored number."""
    stats = terminalreporter.stats
    ran = len(stats.get("passed", [])) + len(stats.get("failed", []))
    if not ran or hasattr(config, "workerinput"):
        return
    terminalreporter.section("in words")
    say = terminalreporter.write_line
    say(f"{ran:,} tests ran in {(time.monotonic() - BEGUN) / 60:.1f} minutes on {machine.here()}, {machine.threads()}.")
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in stats.get("skipped", []))
    for reason, n in reasons.most_common(9):
        say(f"{n} did not run: {reason}.")
    if config.option.markexpr == "not slow":
        say("Slow tests were left out; make test ALL=1 runs all.")
    for path in sorted({one.nodeid.partition("::")[0] for one in stats.get("failed", []) if ".ipynb::" in one.nodeid}):
        stored_on = machine.stored_on(Path(config.rootpath, path))
        say(f"{path} does not show what is stored. It was stored on {stored_on}.")
        say(
            "If you changed what it computes: make execute CHAPTERS=... If you changed nothing: make -C zoolab kernels."
        )
