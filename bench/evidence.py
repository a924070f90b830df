"""P5: how much of the evidence in real job logs is kept, at what size and in what time, beside plain rules."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from statistics import mean

from bench.evidence_plot import Curve, Point, plot
from bench.log_recall import Case, cases
from bench.plain_rules import PLAIN_RULES
from bench.tables import REPOSITORY, RESULTS, table, write_page
from duo_flows.domain.evidence import DEFAULT_BUDGET, Excerpt, log_lines, reduce_log

_BUDGETS = (2_000, 4_000, 8_000, 16_000, 32_000, 48_000, 64_000)
_SIZES = (1, 10, 50, 100, 200)
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
# What is measured twice is measured warm; the better of three is the least disturbed.
_RUNS = 3

_ABOUT = """\
Eight real logs of failed CI jobs ([tests/data/ci-logs](../../tests/data/ci-logs/README.md)); recall of the signals marked as
critical, by text alone unless it says "by lines". These logs were at hand while the reducer was written: the numbers say that it
works on them, not how well it does on others. Tokens are characters / 4."""


async def main() -> None:
    """Measure, and write `bench/results/evidence.md` and its plot."""
    corpus = cases()
    rules = {name: _by_rule(rule, corpus) for name, rule in PLAIN_RULES.items()}
    curve = {budget: _by_budget(budget, corpus) for budget in _BUDGETS}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "evidence.svg").write_text(
        plot(
            Curve("duo-flows, by budget", [Point(str(budget), *point) for budget, point in curve.items()]),
            [Point(name, *point) for name, point in rules.items()],
        ),
        encoding="utf-8",
    )
    body = [_ABOUT, *_recall(corpus, rules, curve), *_each(corpus), *_scaling()]
    write_page("evidence", title="Job-log evidence", body="\n\n".join(body))


def _by_rule(rule: Callable[[str], str], corpus: Iterable[Case]) -> tuple[float, float]:
    texts = [(case, rule(_ANSI.sub("", case.raw.decode("utf-8", "replace")).replace("\r", "\n"))) for case in corpus]
    return mean(len(text) / 4 for _, text in texts), mean(case.recall_by_text(text) for case, text in texts)


def _by_budget(budget: int, corpus: Iterable[Case]) -> tuple[float, float]:
    excerpts = [(case, reduce_log(log_lines(case.raw), budget=budget)) for case in corpus]
    return mean(len(one.text) / 4 for _, one in excerpts), mean(case.recall_by_text(one.text) for case, one in excerpts)


def _recall(
    corpus: list[Case], rules: Mapping[str, tuple[float, float]], curve: Mapping[int, tuple[float, float]]
) -> Iterable[str]:
    rows = [[f"duo-flows, {budget:,} characters", f"{recall:.3f}", f"{tokens:,.0f}"] for budget, (tokens, recall) in curve.items()]
    rows += [[name, f"{recall:.3f}", f"{tokens:,.0f}"] for name, (tokens, recall) in rules.items()]
    yield f"## Recall and size, mean of {len(corpus)} logs"
    yield table(["rule", "critical recall", "tokens"], rows)
    yield "![Critical recall by size](evidence.svg)"


def _each(corpus: Iterable[Case]) -> Iterable[str]:
    yield f"## Each log at {DEFAULT_BUDGET:,} characters"
    yield table(
        ["log", "lines", "MB", "by text", "by lines", "characters", "ranges", "CPU s per MB"], [_row(case) for case in corpus]
    )


def _row(case: Case) -> list[str]:
    seconds, excerpt = min((_timed(case.raw) for _ in range(_RUNS)), key=lambda run: run[0])
    megabytes = len(case.raw) / 1_000_000
    return [
        case.name,
        f"{excerpt.line_count:,}",
        f"{megabytes:.2f}",
        f"{case.recall_by_text(excerpt.text):.3f}",
        f"{case.recall_by_lines(excerpt.included_line_ranges):.3f}",
        f"{len(excerpt.text):,}",
        str(len(excerpt.included_line_ranges)),
        f"{seconds / megabytes:.2f}",
    ]


def _timed(raw: bytes) -> tuple[float, Excerpt]:
    began = time.process_time()
    excerpt = reduce_log(log_lines(raw))
    return time.process_time() - began, excerpt


def _scaling() -> Iterable[str]:
    yield "## Time and memory by size"
    yield "A real log again and again with its digits varied, each size in a process of its own; memory includes the log itself."
    yield table(["MB", "CPU s", "CPU s per MB", "peak memory, MiB", "characters"], [_sized(size) for size in _SIZES])


def _sized(megabytes: int) -> list[str]:
    command = [sys.executable, "-m", "bench.evidence_size", str(megabytes)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)  # noqa: S603
    told = json.loads(done.stdout)
    seconds = told["seconds"]
    return [f"{megabytes}", f"{seconds:.1f}", f"{seconds / megabytes:.2f}", f"{told['peak_mib']:,.0f}", f"{told['characters']:,}"]
