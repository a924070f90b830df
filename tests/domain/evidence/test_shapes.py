"""Failure shapes: each row knows the lines of its tool, and lines that only sound like failures are none."""

import collections
import itertools
import re

import pytest

from duo_flows.domain.evidence import table, words
from duo_flows.domain.evidence.lookup import ShapeIndex
from duo_flows.domain.evidence.scan import scan
from duo_flows.domain.evidence.shape import LINE_SEEN, Kind
from duo_flows.domain.evidence.vocabulary import words_in
from tests.domain.evidence.shape_lines import LINES

ROWS = {row.name: row for row in table.SHAPES}
EXAMPLES = [(name, line) for name, lines in LINES.items() for line in lines]


def kinds_of(*lines):
    """Return what a log's lines are found to be, by their number."""
    return {find.index + 1: find.shape.kind for find in scan(lines).finds}


def test_every_row_has_lines_and_a_name_of_its_own():
    assert len(ROWS) == len(table.SHAPES)
    assert set(ROWS) == set(LINES)


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_a_row_knows_the_lines_of_its_tool(name, line):
    body = words.body_of(line)

    assert ShapeIndex([ROWS[name]]).find(body, body.lower(), set(words_in(body))) is ROWS[name]


def found_in_turn(body):
    rows = (row for row in table.SHAPES if any(needle.removeprefix("^").lower() in body.lower() for needle in row.needles))
    return next(row for row in rows if row.pattern.search(body))


def test_looking_up_finds_the_row_that_trying_each_in_turn_finds():
    bodies = [words.body_of(line) for _, line in EXAMPLES]

    found = [table.INDEX.find(body, body.lower(), table.VOCABULARY.words_of(body)) for body in bodies]

    assert found == [found_in_turn(body) for body in bodies]


def test_lines_of_one_skeleton_are_of_one_shape():
    shapes = collections.defaultdict(set)
    for line, word in itertools.product((line for _, line in EXAMPLES), ("cart", "shop", "total", "price")):
        other = line.replace(word, "basin")
        shapes[table.SKELETONS.of(other.encode())].add(tuple(kinds_of(other).values()))
        shapes[table.SKELETONS.of(line.encode())].add(tuple(kinds_of(line).values()))

    assert [found for found in shapes.values() if len(found) > 1] == []


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_a_line_of_a_tool_is_evidence_whatever_other_rows_say_of_it(name, line):
    expected = {Kind.NOTE} if ROWS[name].kind == Kind.NOTE else {kind for kind in Kind if kind not in {Kind.NOTE, Kind.WORD}}

    assert set(kinds_of(line).values()) <= expected | {Kind.DETAIL}
    assert kinds_of(line)


@pytest.mark.parametrize(
    "line",
    [
        "0 errors, 0 warnings",
        "Tests run: 12, Failures: 0, Errors: 0, Skipped: 0",
        "test result: ok. 12 passed; 0 failed; 0 ignored",
        "test errors::timeout_is_reported ... ok",
        "PASS src/error-handler.test.ts",
        "--- PASS: TestFailure (0.00s)",
        "  ✓ rejects an invalid token (3 ms)",
        "tests/test_errors.py::test_fatal_failure PASSED [ 50%]",
        "[gw0] [ 50%] PASSED tests/test_errors.py::test_failure[Exception: no]",
        "   Compiling thiserror v1.0.56",
        "Downloading error-chain-0.12.4.crate",
        "Get:12 http://archive.example.com/ubuntu jammy/main liberror-perl all 0.17029-1",
        "gcc -Wall -Werror -fno-exceptions -c cart.c",
        "  continue-on-error: false",
        "  if-no-files-found: error",
        "open(path, errors='ignore')",
        "no errors found",
        "created src/errors/failed.py",
        "dist/client/components/unauthorized.js",
        "        raise ValueError('unexpected')",
        "exit code: 0",
        "Process finished with exit status 0",
        "HTTP/1.1 200 OK",
        "added 512 packages in 3s",
        "found 0 vulnerabilities",
        "src/cart.py",
        "",
    ],
)
def test_a_line_that_only_sounds_like_a_failure_is_none(line):
    assert kinds_of(line) == {}


@pytest.mark.parametrize(
    "line",
    [
        "Deployment of the shop has failed",
        "something is broken here",
        "the thing was rejected",
        "3 checks were aborted",
    ],
)
def test_words_of_failure_are_evidence_without_a_tool(line):
    assert kinds_of(line) == {1: Kind.WORD}


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("#72 0.149 wget: server returned error: HTTP/1.1 502 Bad Gateway", Kind.ERROR),
        ("db-1  | FATAL:  password authentication failed for user", Kind.ERROR),
        ("@shop/cart:test: FAIL src/cart.test.ts", Kind.NAME),
        ("shop test: FAIL src/cart.test.ts", Kind.NAME),
        ("12:04:05 --- FAIL: TestTotal (0.00s)", Kind.NAME),
        ("[2026-01-02 12:04:05] --- FAIL: TestTotal (0.00s)", Kind.NAME),
        ("build\tRun tests\t--- FAIL: TestTotal (0.00s)", Kind.NAME),
        ("remote: fatal: cannot lock ref", Kind.ERROR),
        ("shop: error: no luck", Kind.ERROR),
    ],
)
def test_what_another_tool_put_before_a_line_does_not_hide_it(line, kind):
    assert kinds_of(line) == {1: kind}


# No line can keep a pattern busy: what would, would run into the timeout.

_SIGNS = [
    "a",
    " ",
    ".",
    "/",
    "1",
    ":",
    "(",
    "[",
    "=",
    "_",
    "-",
    '"',
    "#",
    "|",
    "E",
    "\t",
    "é",
    "a.",
    "a/",
    "A:",
    "1 ",
    "a::",
    "-a",
    "a b ",
    "][",
]
_STARTS = sorted({"", "error: ", "FAIL ", "because ", *("".join(needle) for row in table.SHAPES for needle in row.needles)})
_PATTERNS = [
    *(row.pattern for row in table.SHAPES),
    *(row.until for row in table.SHAPES if row.until),
    *(value for value in vars(words).values() if isinstance(value, re.Pattern)),
]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("sign", _SIGNS)
def test_no_pattern_is_slow_on_a_line_made_to_be(sign):
    line = (sign * LINE_SEEN)[:LINE_SEEN]

    assert [pattern.search(line + "\x00") and None for pattern in _PATTERNS] == [None] * len(_PATTERNS)


@pytest.mark.timeout(120)
def test_no_line_is_slow_to_judge_whatever_word_it_begins_with_or_repeats():
    lines = [(start + sign * LINE_SEEN)[:LINE_SEEN] for start, sign in itertools.product(_STARTS, [" a", "a", "1", "/a", ": "])]
    repeated = [(start * LINE_SEEN)[:LINE_SEEN] for start in _STARTS if start]

    assert len(scan([*lines, *repeated]).finds) <= len(lines) + len(repeated)
