"""Real logs (tests/data/ci-logs): what says why a job failed is kept, by text alone, within the budget that a model is given."""

import functools
import itertools
from statistics import mean

import pytest

from bench.log_recall import cases
from duo_flows.domain.evidence import DEFAULT_BUDGET, log_lines, reduce_log

CASES = cases()
BY_NAME = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@functools.cache
def lines_of(case):
    return log_lines(case.raw)


@functools.cache
def reduced(case, budget=DEFAULT_BUDGET):
    return reduce_log(lines_of(case), budget=budget)


@pytest.fixture(scope="module")
def excerpts():
    return {case.name: reduced(case) for case in CASES}


def test_critical_recall_is_at_least_95_in_100_within_12_000_tokens(excerpts):
    recalls = {case.name: case.recall_by_text(excerpts[case.name].text) for case in CASES}

    assert len(recalls) == 8
    assert mean(recalls.values()) >= 0.95, recalls
    assert all(len(excerpt.text) <= DEFAULT_BUDGET for excerpt in excerpts.values())


@BY_NAME
def test_every_critical_signal_of_a_log_is_kept(case, excerpts):
    assert case.missed_by_text(excerpts[case.name].text) == []


@BY_NAME
def test_a_fourth_of_the_budget_keeps_as_much(case):
    assert case.missed_by_text(reduced(case, 12_000).text) == []


@BY_NAME
def test_each_line_that_is_stated_stands_in_the_text_as_in_the_log(case, excerpts):
    lines, excerpt = lines_of(case), excerpts[case.name]
    stated = {number for first, last in excerpt.included_line_ranges for number in range(first, last + 1)} | set(excerpt.cut_lines)
    shown = dict(line.lstrip().split("| ", 1) for line in excerpt.text.split("\n") if not line.startswith("  [... "))

    assert {int(number) for number in shown} == stated
    assert [number for number in stated - set(excerpt.cut_lines) if shown[str(number)] != lines[number - 1]] == []


@BY_NAME
def test_a_log_is_reduced_to_the_same_text_every_time(case, excerpts):
    assert reduce_log(log_lines(case.raw)) == excerpts[case.name]


@pytest.mark.parametrize("budget", [30, 2_000])
def test_no_budget_is_exceeded(budget):
    texts = [reduced(case, budget).text for case in CASES]

    assert [len(text) for text in texts if len(text) > budget] == []


def test_more_budget_never_loses_a_critical_signal():
    kept = [[case.recall_by_text(reduced(case, budget).text) for case in CASES] for budget in (2_000, 12_000, 48_000)]

    assert [
        (less, more) for less, more in itertools.pairwise(kept) if any(one > two for one, two in zip(less, more, strict=True))
    ] == []
