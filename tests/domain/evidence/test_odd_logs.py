"""Logs that nobody would write: endless lines, no lines, no text. They take no longer than others of their size."""

import pytest

from duo_flows.domain.evidence import grep_lines, log_lines, reduce_log, view_lines

MILLION = 1_000_000
ODD = {
    "one line without end": b"x" * 8 * MILLION,
    "one line of words": b"error: it failed again " * MILLION,
    "a progress bar in one line": b"\r".join(b" %3d%% downloading" % (number % 100) for number in range(MILLION // 3)),
    "empty lines": b"\n" * 2 * MILLION,
    "carriage returns only": b"\r" * 8 * MILLION,
    "escapes that never end": b"\x1b[" * 2 * MILLION,
    "titles that never end": b"\x1b]0;" * MILLION,
    "parameters without end": b"\x1b[" + b"0" * 8 * MILLION,
    "section marks that never end": b"section_start:1:" * (MILLION // 3),
    "section numbers without end": b"section_start:" + b"1" * 8 * MILLION,
    "timestamps again and again": b"2026-05-22T12:43:46.962646Z " * (MILLION // 3),
    "tabs": b"a\t" * 2 * MILLION,
    "NULs": b"\x00" * 2 * MILLION,
    "no UTF-8": b"\xff\xfd\n" * (MILLION // 3),
    "signs of four bytes": "🦊".encode() * MILLION,
    "each line a failure": b"".join(
        b"error: %s is broken\n" % bytes([97 + number // 676, 97 + number // 26 % 26, 97 + number % 26]) for number in range(17_576)
    )
    * 2,
    "each line a heading": b"$ make test\n##[group]Run make\n" * (MILLION // 25),
    "each line an annotation": b"##[error]it failed\n" * (MILLION // 5),
    "deeper and deeper": b"\n".join(b" " * (number % 900) + b"error: deep" for number in range(20_000)),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("raw", ODD.values(), ids=ODD)
def test_an_odd_log_is_reduced_within_its_budget(raw):
    lines = log_lines(raw)

    assert len(lines) == raw.count(b"\n") + (not raw.endswith(b"\n"))
    assert len(reduce_log(lines, budget=5_000).text) <= 5_000
    assert len(view_lines(lines, 1, len(lines), budget=5_000).text) <= 5_000
    assert len(grep_lines(lines, "error", budget=5_000).text) <= 5_000


def test_the_end_of_a_line_without_end_is_shown():
    [line] = log_lines(b"x" * MILLION + b" error: it broke at last")

    assert "error: it broke at last" in reduce_log([line]).text


def test_a_failure_among_millions_of_empty_lines_is_found():
    lines = log_lines(b"\n" * MILLION + b"error: it broke\n" + b"\n" * MILLION)

    assert "1000001| error: it broke" in reduce_log(lines).text
