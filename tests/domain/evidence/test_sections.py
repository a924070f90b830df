"""GitLab's sections: where they begin and end, and which were left open."""

from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.evidence import Section, log_lines, sections_of

RAW = b"""\
first
\x1b[0Ksection_start:1560896352:step_script\r\x1b[0KExecuting
section_start:1560896353:build.app[collapsed=true]\r\x1b[0KBuilding
gcc
section_end:1560896354:build.app\r\x1b[0Ksection_start:1560896354:test\r\x1b[0KTesting
boom
section_end:1560896355:step_script\r\x1b[0K
"""


def test_sections_have_the_line_numbers_of_the_cleaned_log():
    lines = log_lines(RAW)

    assert sections_of(RAW) == (Section("step_script", 1, 6), Section("build.app", 2, 4), Section("test", 4, None))
    assert [lines[section.first] for section in sections_of(RAW)] == ["Executing", "Building", "Testing"]


def test_a_section_that_begins_again_is_another():
    raw = b"section_start:1:a\rx\nsection_end:2:a\r\nsection_start:3:a\ry\n"

    assert sections_of(raw) == (Section("a", 0, 1), Section("a", 2, None))


def test_an_end_without_a_beginning_is_none():
    assert sections_of(b"section_end:2:a\r\n") == ()


def test_marks_without_end_do_not_fill_the_memory():
    assert len(sections_of(b"section_start:1:a\n" * 100_000)) == 20_000


@given(
    st.lists(st.sampled_from([b"section_start:1:a\r", b"section_end:2:a\r", b"section_start:1:b", b"\n", b"text", b"\xff"])).map(
        b"".join
    )
)
def test_whatever_comes_sections_lie_within_the_log_and_in_order(raw):
    count = max(1, len(log_lines(raw)))
    sections = sections_of(raw)

    assert [section.first for section in sections] == sorted(section.first for section in sections)
    assert all(0 <= section.first < count for section in sections)
    assert all(section.first <= section.last < count for section in sections if section.last is not None)
