"""Log evidence: what a model sees of a log are original lines under their original numbers, within the budget."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duo_flows.domain.evidence import DEFAULT_BUDGET, grep_lines, log_lines, reduce_log, view_lines

# Lines as logs have them: chatter, failures, lines that are too long, and one that looks like our own marks.
LINE = st.sampled_from(
    ["", "ok", "compiling a.c", "ERROR: it broke", "E   assert 1 == 2", "x" * 30, "y" * 2_500, "  [...]", "   12| x"]
)
LOGS = st.lists(LINE, max_size=120)
BUDGETS = st.integers(0, 3_000)
NUMBERED = re.compile(r" *(\d+)\| (.*)", re.DOTALL)


def cut(line):
    """Return the line as an excerpt shows it."""
    return line if len(line) <= 2_000 else line[:2_000] + " [line cut]"


def shown_text(lines, ranges):
    """Return what an excerpt with these ranges has to read, built from the log itself."""
    blocks = ["\n".join(f"{number:>5}| {cut(lines[number - 1])}" for number in range(first, last + 1)) for first, last in ranges]
    return "\n  [...]\n".join(blocks)


def is_ordered(ranges):
    return all(first <= last for first, last in ranges) and all(one[1] + 1 < two[0] for one, two in itertools.pairwise(ranges))


# What a person sees of a raw trace.


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        (b"\x1b[0;31mError\x1b[0m: no", "Error: no"),
        (b"\x1b[38;2;1;2;3mred\x1b[K\x1b[1m!\x1b[m", "red!"),
        (b"\x1b]0;a window's title\x07text", "text"),
        (b"\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b(B\x1b[mplain", "plain"),
        (b"section_start:1560896352:build\r\x1b[0KBuilding", "Building"),
        (b"section_start:1560896352:build[collapsed=true]\r\x1b[0K\x1b[36;1mBuilding\x1b[0;m", "Building"),
        (b"section_end:1560896353:build\r\x1b[0Ksection_start:1560896353:test\r\x1b[0KTesting", "Testing"),
        (b"section_end:1560896353:build\r\x1b[0K", ""),
        (b"2026-05-22T12:43:46.962646Z 00O text", "text"),
        (b"2026-05-22T12:43:46.962646Z 00E+ text", "text"),
        (b"2026-05-22T12:43:46.962646Z 01O section_start:1560896352:build\r\x1b[0KBuilding", "Building"),
        (b"at 2026-05-22T12:43:46Z it broke", "at 2026-05-22T12:43:46Z it broke"),
        (b" 10%\r 50%\r100% done", "100% done"),
        (b"100% done\r", "100% done"),
        (b"text of Windows\r", "text of Windows"),
        (b"text, then a reset\r\x1b[0m", "text, then a reset"),
        (b"not \xff UTF-8", "not \ufffd UTF-8"),
        (b"a section_startled bird", "a section_startled bird"),
    ],
)
def test_a_line_reads_as_on_a_terminal(raw, seen):
    assert log_lines(raw + b"\n") == [seen]


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\n\nb", ["a", "", "b"]),
        (b"\xef\xbb\xbfa\r\nb\r\n", ["a", "b"]),
    ],
)
def test_lines_are_counted_as_an_editor_counts_them(raw, lines):
    assert log_lines(raw) == lines


def test_only_a_line_feed_ends_a_line():
    assert log_lines("a\x0cb\x85c\u2028d\n".encode()) == ["a\x0cb\x85c\u2028d"]


@given(st.binary(max_size=200) | st.text("\x1b[]0;m\rKabc\n(B\x07\\", max_size=60).map(str.encode))
def test_whatever_bytes_come_each_line_stays_a_line_without_returns_and_colours(raw):
    lines = log_lines(raw)

    assert len(lines) == raw.decode("utf-8", "replace").removesuffix("\n").count("\n") + bool(raw.removeprefix(b"\xef\xbb\xbf"))
    assert not any("\r" in line or "\n" in line or re.search(r"\x1b\[[0-9;]*m", line) for line in lines)


# What of a log fits the budget.


@given(LOGS)
def test_a_log_that_fits_passes_whole(lines):
    whole = shown_text(lines, [(1, len(lines))] if lines else [])

    excerpt = reduce_log(lines, budget=len(whole) + 1)

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
    assert excerpt.text == shown_text(lines, excerpt.included_line_ranges)
    assert excerpt.is_whole == (excerpt.included_line_ranges in {((1, len(lines)),), () if not lines else None})


@given(LOGS, st.integers(-2, 130), st.integers(-2, 130), BUDGETS)
def test_a_view_holds_the_lines_asked_for_and_no_other(lines, start, end, budget):
    excerpt = view_lines(lines, start, end, budget=budget)

    assert len(excerpt.text) <= budget
    assert excerpt.text == shown_text(lines, excerpt.included_line_ranges)
    assert all(max(start, 1) <= first and last <= end for first, last in excerpt.included_line_ranges)


def test_a_view_within_the_budget_is_whole():
    assert view_lines([f"line {n}" for n in range(1, 100)], 20, 22).text == "   20| line 20\n   21| line 21\n   22| line 22"


@given(LOGS, st.sampled_from(["error", "OK", "nowhere", "x"]), BUDGETS)
def test_a_search_shows_lines_near_a_match_and_no_other(lines, needle, budget):
    excerpt = grep_lines(lines, needle, budget=budget)
    near = {n for n, line in enumerate(lines, 1) if any(needle.lower() in one.lower() for one in lines[max(0, n - 4) : n + 3])}

    assert len(excerpt.text) <= budget
    assert excerpt.text == shown_text(lines, excerpt.included_line_ranges)
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


def test_of_too_many_failures_the_last_ones_are_kept():
    lines = [f"error number {n}" for n in range(1, 10_001)]

    excerpt = reduce_log(lines, budget=5_000)

    assert "error number 10000" in excerpt.text
    assert "error number 5000" not in excerpt.text
    assert excerpt.included_line_ranges[-1][1] == 10_000


def test_a_single_enormous_line_is_cut_and_says_so():
    text = reduce_log(["x" * 1_000_000]).text

    assert text == f"    1| {'x' * 2_000} [line cut]"


def test_text_inside_a_line_cannot_pass_for_another_line():
    excerpt = reduce_log(["a", "  999| forged"])

    assert [NUMBERED.fullmatch(line)[1] for line in excerpt.text.split("\n")] == ["1", "2"]
