"""Log evidence: what a model sees of a log are original lines under their original numbers, within the budget."""

import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from duo_flows.domain.evidence import DEFAULT_BUDGET, grep_lines, reduce_log, view_lines

# Lines as logs have them: chatter, failures, lines that are too long, and one that looks like our own marks.
LINE = st.sampled_from(
    ["", "ok", "compiling a.c", "ERROR: it broke", "E   assert 1 == 2", "x" * 30, "y" * 4_500, "z" * 1_000, "  [...]", "   12| x"]
)
LOGS = st.lists(LINE, max_size=120)
BUDGETS = st.integers(0, 3_000)
NUMBERED = re.compile(r" *(\d+)\| (.*)", re.DOTALL)


def cut(line, budget=DEFAULT_BUDGET):
    """Return the line as an excerpt shows it: whole up to a twelfth of the budget, at least 400 and at most 4,000 characters."""
    limit = max(400, min(4_000, budget // 12))
    head, tail = limit * 3 // 5, limit // 5
    if len(line) <= limit:
        return line
    return f"{line[:head]} [... {len(line) - head - tail:,} characters of this line left out ...] {line[-tail:]}"


def gap(count):
    return [f"  [... {count:,} {'line' if count == 1 else 'lines'} left out ...]"] if count else []


def shown_text(lines, excerpt, budget):
    """Return what the excerpt has to read, built from the log itself."""
    whole = {number for first, last in excerpt.included_line_ranges for number in range(first, last + 1)}
    numbers = sorted(whole | set(excerpt.cut_lines))
    parts = [[*gap(two - one - 1), f"{two:>5}| {cut(lines[two - 1], budget)}"] for one, two in itertools.pairwise([0, *numbers])]
    return "\n".join(itertools.chain(*parts, gap(len(lines) - numbers[-1]) if numbers else []))


def is_ordered(ranges):
    return all(first <= last for first, last in ranges) and all(one[1] + 1 < two[0] for one, two in itertools.pairwise(ranges))


# What of a log fits the budget.


@given(st.lists(LINE.filter(lambda line: len(line) < 100), max_size=120))
def test_a_log_that_fits_passes_whole(lines):
    whole = "\n".join(f"{number:>5}| {line}" for number, line in enumerate(lines, 1))

    excerpt = reduce_log(lines, budget=len(whole))

    assert (excerpt.text, excerpt.is_whole, excerpt.line_count) == (whole, True, len(lines))


@settings(max_examples=200)
@given(LOGS, BUDGETS)
def test_a_reduced_log_never_exceeds_its_budget(lines, budget):
    assert len(reduce_log(lines, budget=budget).text) <= budget


@settings(max_examples=200)
@given(LOGS, BUDGETS)
def test_each_range_of_a_reduced_log_is_exactly_those_lines(lines, budget):
    excerpt = reduce_log(lines, budget=budget)

    assert is_ordered(excerpt.included_line_ranges)
    assert excerpt.text == shown_text(lines, excerpt, budget)
    assert all(len(lines[number - 1]) > 400 for number in excerpt.cut_lines)
    assert excerpt.is_whole == (excerpt.shown_count == len(lines))


@given(LOGS, st.integers(-2, 130), st.integers(-2, 130), BUDGETS)
def test_a_view_holds_the_lines_asked_for_and_no_other(lines, start, end, budget):
    excerpt = view_lines(lines, start, end, budget=budget)

    assert len(excerpt.text) <= budget
    assert excerpt.text == shown_text(lines, excerpt, budget)
    assert all(max(start, 1) <= first and last <= end for first, last in excerpt.included_line_ranges)


def test_a_view_within_the_budget_is_whole():
    assert view_lines([f"line {n}" for n in range(1, 100)], 20, 22).text.split("\n")[1:-1] == [
        "   20| line 20",
        "   21| line 21",
        "   22| line 22",
    ]


@given(LOGS, st.sampled_from(["error", "OK", "nowhere", "x"]), BUDGETS)
def test_a_search_shows_lines_near_a_match_and_no_other(lines, needle, budget):
    excerpt = grep_lines(lines, needle, budget=budget)
    near = {n for n, line in enumerate(lines, 1) if any(needle.lower() in one.lower() for one in lines[max(0, n - 4) : n + 3])}

    assert len(excerpt.text) <= budget
    assert excerpt.text == shown_text(lines, excerpt, budget)
    assert all(set(range(first, last + 1)) <= near for first, last in excerpt.included_line_ranges)


def test_a_search_shows_three_lines_around_each_match():
    lines = ["."] * 10 + ["Needle"] + ["."] * 10

    assert grep_lines(lines, "needle").included_line_ranges == ((8, 14),)


# What a long log keeps.

LONG = [f"step {n} of the build went well and says so at some length" for n in range(1, 4_001)]


def test_a_long_log_keeps_its_head_its_tail_and_what_failed():
    lines = [*LONG[:1_999], "AssertionError: 1 != 2", *LONG[2_000:]]

    excerpt = reduce_log(lines)

    assert [any(first <= n <= last for first, last in excerpt.included_line_ranges) for n in (1, 2_000, 4_000, 1_000)] == [
        True,
        True,
        True,
        False,
    ]
    assert " 2000| AssertionError: 1 != 2" in excerpt.text
    assert len(excerpt.text) <= DEFAULT_BUDGET


def test_of_too_many_failures_the_first_and_the_last_are_kept():
    lines = [f"error number {n}" for n in range(1, 10_001)]

    excerpt = reduce_log(lines, budget=5_000)

    assert "error number 10000" in excerpt.text
    assert "| error number 1\n" in excerpt.text
    assert "error number 5000" not in excerpt.text


def test_a_single_enormous_line_is_cut_and_says_so():
    excerpt = reduce_log(["x" * 1_000_000])

    assert excerpt.text == f"    1| {'x' * 2_400} [... 996,800 characters of this line left out ...] {'x' * 800}"
    assert (excerpt.included_line_ranges, excerpt.cut_lines, excerpt.is_whole) == ((), (1,), True)


def test_text_inside_a_line_cannot_pass_for_another_line():
    excerpt = reduce_log(["a", "  999| forged"])

    assert [NUMBERED.fullmatch(line)[1] for line in excerpt.text.split("\n")] == ["1", "2"]
