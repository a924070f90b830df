"""From a raw trace to lines: what a person would see, under the numbers of the raw file."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.evidence import log_lines


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
        (b"^[[31mFAILED^[[0m a.py::test", "FAILED a.py::test"),
        (b"a^[[b", "a^[[b"),
        (b"nothing\x00 of \x08this", "nothing of this"),
        (b"\x1b[31mcolour that is never end", "colour that is never end"),
        (b"\x1b]0;a title that never ends", "0;a title that never ends"),
        (b"build\tRun tests\t2026-05-22T12:43:46.962646Z text", "build\tRun tests\ttext"),
        (b"build\tRun tests\t\xef\xbb\xbf2026-05-22T12:43:46.962646Z text", "build\tRun tests\ttext"),
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


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_log_in_utf_16_is_read_by_its_mark(encoding):
    assert log_lines("\ufefferror: é\r\nend\r\n".encode(encoding)) == ["error: é", "end"]


def test_lines_keep_their_numbers_across_the_pieces_that_a_long_log_is_read_in():
    raw = b"".join(b"2026-05-22T12:43:46.962646Z \x1b[1mline %d\x1b[0m\r\n" % number for number in range(60_000))

    assert log_lines(raw) == [f"line {number}" for number in range(60_000)]


def test_only_a_line_feed_ends_a_line():
    assert log_lines("a\x0cb\x85c\u2028d\n".encode()) == ["a\x0cb\x85c\u2028d"]


@given(
    st.binary(max_size=200).filter(lambda raw: raw[:2] not in {b"\xff\xfe", b"\xfe\xff"})
    | st.text("\x1b[]0;m\rKabc\n(B\x07\\", max_size=60).map(str.encode)
)
def test_whatever_bytes_come_each_line_stays_a_line_without_returns_and_colours(raw):
    lines = log_lines(raw)

    assert len(lines) == raw.decode("utf-8", "replace").removesuffix("\n").count("\n") + bool(raw.removeprefix(b"\xef\xbb\xbf"))
    assert not any("\r" in line or "\n" in line or re.search(r"\x1b\[[0-9;]*m", line) for line in lines)
