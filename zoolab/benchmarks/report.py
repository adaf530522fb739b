"""The results as the book's appendix shows them, and what must hold of them."""

from typing import Any, NamedTuple

from zoolab.benchmarks.contenders import BATCH, LINUCB, LOCKSTEP, NEURAL_LINEAR, SHARED
from zoolab.benchmarks.report_peers import accelerator, different, growth, peers
from zoolab.benchmarks.tables import table

MUST_SECONDS, MUST_MB = 40, 2000  # of the four contenders' gauntlet, 100 replications
MUST_MEDIAN_MS, MUST_P99_MS, MUST_RECALL = 5, 20, 0.95  # of a decision of the funnel
ALONE = 1.1  # times the processor's time that a decision may take on the clock to be judged by it
MUST_CLIENTS, MUST_LAST = 4, 60  # of the load on the shop's page, and its seconds
MUST_NEURAL_LINEAR = 10  # times the rate of any other Neural-Linear, where contexts repeat
MUST_LOCKSTEP = {"peers": 500_000, "different": 250_000}  # steps a CPU second of LinUCB in 100 worlds, K = 50
NONE_FASTER = BATCH, 50, 20  # way, K and d in which no exact library may take less time where no context comes again


def page(results: dict[str, Any]) -> str:
    """Return the tables in Markdown, each with its machine and date."""
    parts = {part: write(results[part]) for part, write in TABLES.items() if part in results}
    marks = {part: f"<!-- {part} -->\n\n" for part in ("growth", "accelerator", "peers", "different")}
    return "\n".join(marks.get(part, "") + text for part, text in parts.items())  # a mark begins what is included alone


def literal(part: dict[str, Any]) -> str:
    rows = [
        [
            row["algorithm"],
            row["worlds"],
            f"{row['literal_us']:,.0f}",
            f"{row['fast_us']:,.3g}",
            f"{row['ratio']:,.0f}",
            "" if row["must"] is None else f"{row['must']:g}",
        ]
        for row in part["rows"]
    ]
    head = ["algorithm", "zoolib runs", "literal, µs", "zoolib, µs", "times as fast", "at least"]
    return table("Against the literal versions: CPU time of a step and world", head, rows, 2, part["machine"])


def gauntlet(part: dict[str, Any]) -> str:
    rows = [
        ["CPU time of the four contenders, s", f"{part['seconds']:,.0f}", f"under {MUST_SECONDS}"],
        ["CPU time of the offline training of the static model, s", f"{part['training_seconds']:,.0f}", ""],
        ["peak memory of the process, MB", f"{part['peak_mb']:,.0f}", f"under {MUST_MB:,}"],
    ]
    title = f"The gauntlet: {part['worlds']} replications of {part['steps']:,} steps, one thread"
    return table(title, ["", "measured", "must be"], rows, 1, part["machine"])


def funnel(part: dict[str, Any]) -> str:
    both = f"median under {MUST_MEDIAN_MS}, p99 under {MUST_P99_MS}"
    timed = [(row["stage"], row, both if row["stage"] == "decision" else "") for row in part["stages"]]
    more = []
    if queue := part.get("open_loop"):
        core, by_formula = queue["core"], f"by the formula {queue['formula_ms']:.2f}"
        timed += [
            (f"open loop, a core of its own busy for {core['busy']:.0%} of the time", core, both),
            (
                f"open loop, one thread busy for {queue['busy']:.0%} of the time, on the clock",
                queue,
                f"{both}, if alone",
            ),
        ]
        more.append(["waiting before, mean, on the clock", f"{queue['wait_ms']:.2f}", "", by_formula])
        more.append(["longer on the clock, by others, factor", f"{queue['others']:.2f}", "", ""])
    rows = [[name, f"{found['median_ms']:.2f}", f"{found['p99_ms']:.2f}", must] for name, found, must in timed] + more
    rows += [
        [f"recall at {part['candidates']}", f"{part['recall']:.3f}", "", f"at least {MUST_RECALL}"],
        ["index, MB", f"{part['index_mb']:,.0f}", "", ""],
        ["peak memory of the process, MB", f"{part['peak_mb']:,.0f}", "", f"under {MUST_MB:,}"],
    ]
    title = f"The funnel: {part['products']:,} products, {part['decisions']:,} decisions, one thread, CPU time in ms"
    return table(title, ["", "median or value", "99th percentile", "must be"], rows, 1, part["machine"])


class Verdict(NamedTuple):
    """Whether what must hold of a number does; None where nobody can say."""

    what: str
    measured: str
    must: str
    holds: bool | None

    def __str__(self) -> str:
        told = {True: "holds", False: "does not hold", None: "not judged, since others had the processor, too"}
        return f"{self.what}: {self.measured}, must be {self.must}: {told[self.holds]}"


def verdicts(part: dict[str, Any]) -> list[Verdict]:
    """Return what must hold of the funnel, one decision at a time and under open-loop load, and whether it does."""
    (decision,) = (row for row in part["stages"] if row["stage"] == "decision")
    timed = [("a decision", decision, True)]
    if queue := part.get("open_loop"):
        for where, row, judged in (
            ("on a core of its own", queue["core"], True),
            ("on the clock", queue, queue["others"] < ALONE),
        ):
            timed.append((f"open loop, busy for {row['busy']:.0%} of the time, {where}", row, judged))
    found = []
    for what, row, judged in timed:
        for name, key, limit in (("median", "median_ms", MUST_MEDIAN_MS), ("99th percentile", "p99_ms", MUST_P99_MS)):
            holds = row[key] < limit if judged else None
            found.append(Verdict(f"{what}, {name}", f"{row[key]:.1f} ms", f"under {limit} ms", holds))
    recall, mb = part["recall"], part["peak_mb"]
    found.append(Verdict("recall", f"{recall:.3f}", f"at least {MUST_RECALL}", recall >= MUST_RECALL))
    return [*found, Verdict("peak memory", f"{mb:.0f} MB", f"under {MUST_MB} MB", mb < MUST_MB)]


def shop(part: dict[str, Any]) -> str:
    rows = [
        [
            f"{'an answer' if row['request'] == 'answer' else 'a visit'}, ms",
            f"{row['count']:,}",
            f"{row['median_ms']:.1f}",
            f"{row['p99_ms']:.1f}",
            "",
        ]
        for row in part["requests"]
    ]
    counts = ("acknowledged clicks", part["clicks"], ""), ("clicks in the evidence", part["counted"], "as many")
    counts += ("answers sent twice", part["repeated"], "counted once"), ("lost", part["lost"], "none")
    counts += (("errors", len(part["errors"]), "none"),)
    rows += [[name, f"{count:,}", "", "", must] for name, count, must in counts]
    rows.append(["load average of the machine just before", f"{part['load_before']:.1f}", "", "", ""])
    title = f"The shop's page: {part['clients']} clients for {part['seconds']:.0f} s, on one machine with the server"
    return table(title, ["", "count", "median", "99th percentile", "must be"], rows, 1, part["machine"])


TABLES = {
    "literal": literal, "gauntlet": gauntlet, "funnel": funnel, "shop": shop, "growth": growth,
    "accelerator": accelerator, "peers": peers, "different": different,
}  # fmt: skip


def failures(results: dict[str, Any]) -> list[str]:
    """Return what must hold and does not."""
    found = [
        f"{row['algorithm']}, {row['worlds']}: {row['ratio']:.0f} times as fast, but it must be {row['must']:g}"
        for row in results["literal"]["rows"]
        if row["must"] is not None and row["ratio"] < row["must"]
    ]
    if results["gauntlet"]["seconds"] > MUST_SECONDS:
        found.append(f"the gauntlet takes {results['gauntlet']['seconds']:.0f} s, but must take under {MUST_SECONDS}")
    if results["gauntlet"]["peak_mb"] > MUST_MB:
        found.append(f"the gauntlet takes {results['gauntlet']['peak_mb']:.0f} MB, but must take under {MUST_MB}")
    for one in verdicts(results["funnel"]):
        if one.holds is False:
            found.append(f"the funnel: {one.what} is {one.measured}, but must be {one.must}")
    shop = results["shop"]
    if shop["lost"] or shop["clicks"] != shop["counted"] or shop["off"] > 1e-6:
        found.append(f"the shop lost {shop['lost']} of {shop['clicks']} clicks and counted {shop['counted']}")
    if shop["errors"]:
        found.append(f"the shop erred under load: {shop['errors'][0]}")
    if shop["clients"] < MUST_CLIENTS or shop["seconds"] < MUST_LAST:
        found.append(f"the shop was loaded by {shop['clients']} clients for {shop['seconds']:.0f} s only")
    for part, behind in (("peers", _behind_where_contexts_repeat), ("different", _behind_where_none_does)):
        if part in results:
            found += behind([row for row in results[part]["rows"] if not row["missing"]])
    return found


def _behind_where_contexts_repeat(rows: list[dict[str, Any]]) -> list[str]:
    found = _slow(rows, f"zoolib: LinUCBAgent, {LOCKSTEP}", MUST_LOCKSTEP["peers"])
    for task, factor in ((LINUCB, 1), (SHARED, 1), (NEURAL_LINEAR, MUST_NEURAL_LINEAR)):
        of_task = [row for row in rows if row["task"] == task]
        ours = max((row["rate"] for row in of_task if row["contender"].startswith("zoolib")), default=0)
        found += [
            f"{task}: {row['contender']} makes {row['rate']:,.0f} steps a second, zoolib {ours:,.0f}"
            for row in of_task
            if not row["contender"].startswith("zoolib") and ours < factor * row["rate"]
        ]
    return found


def _behind_where_none_does(rows: list[dict[str, Any]]) -> list[str]:
    fast = [row for row in rows if (row["way"], row["arms"], row["d"]) == (LOCKSTEP, 50, 5)]
    return _slow(fast, "zoolib: LinUCBAgent", MUST_LOCKSTEP["different"]) + [
        f"{row['contender']}, {row['way']}: in {row['ratio_low']:.2f} of zoolib's time, but none may be faster"
        for row in rows
        if (row["way"], row["arms"], row["d"]) == NONE_FASTER and row["exact"] and row["ratio_low"] < 1
        if not row["contender"].startswith("zoolib")
    ]


def _slow(rows: list[dict[str, Any]], name: str, must: int) -> list[str]:
    rate = next((row["rate"] for row in rows if row["contender"] == name), 0)
    return [] if rate >= must else [f"{name}: {rate:,.0f} steps a second, but it must make {must:,}"]
