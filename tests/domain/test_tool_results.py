"""Long results: what is shown, what is told of the rest, and that reading on by what was told gives all of it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duo_flows.domain.errors import Refused
from duo_flows.domain.tool_results import RESULT_MAX, asked_part, first_part
from duo_flows.domain.tools import ToolResultRead

LINES = "\n".join(f"line {number} {'x' * 90}" for number in range(1, 2_001))
ONE_LINE = "y" * 200_000
ON = re.compile(
    r'\[cut here: .* Read on with read_tool_result\(result_id="r1", (start_line|offset)=(\d+)\), or search all of it with grep\.\]$'
)


def read(text: str, **asked: object) -> str:
    return asked_part(text, ToolResultRead.model_validate({"result_id": "r1", **asked}))


def read_to_the_end(text: str) -> str:
    """Return what a reader gathers who follows each notice until there is none."""
    gathered, shown = [], first_part(text, result_id="r1")
    while notice := ON.search(shown):
        body = shown[: notice.start() - 1]
        gathered.append(body + ("\n" if notice[1] == "start_line" else ""))
        shown = read(text, **{notice[1]: int(notice[2])}).split("\n", 1)[1]
    return "".join([*gathered, shown])


def test_a_short_result_is_shown_whole():
    assert first_part("x" * RESULT_MAX, result_id="r1") == "x" * RESULT_MAX


def test_a_long_one_is_cut_at_the_end_of_a_line_and_says_what_is_left_out():
    shown = first_part(LINES, result_id="r1")

    body, notice = shown.rsplit("\n", 1)
    assert len(shown) <= RESULT_MAX
    assert LINES.startswith(f"{body}\n")
    last = body.count("\n") + 1
    left = len(LINES) - len(body)
    assert notice == (
        f"[cut here: this was lines 1 to {last:,} of 2,000; {left:,} characters are left out. "
        f'Read on with read_tool_result(result_id="r1", start_line={last + 1}), or search all of it with grep.]'
    )


def test_a_line_that_is_too_long_by_itself_is_cut_within():
    assert 'result_id="r1", offset=' in first_part(ONE_LINE, result_id="r1")


@pytest.mark.parametrize("text", [LINES, ONE_LINE, f"{LINES}\n{ONE_LINE}\n{LINES}", f"{LINES}\n", "\n" * 150_000])
def test_following_the_notices_gives_the_whole_text(text):
    assert read_to_the_end(text) == text


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["a" * 40_000, "b" * 70_000, "c\n" * 30_000, "\n", "d"]), min_size=1, max_size=6).map("".join))
def test_following_the_notices_gives_any_text(text):
    assert read_to_the_end(text) == text


def test_lines_are_read_by_their_numbers():
    assert read("a\nb\nc\nd", start_line=2, end_line=3) == "Result r1 (4 lines, 7 characters):\nb\nc"


def test_a_text_is_found_with_the_lines_around_it():
    shown = read(LINES, grep="LINE 1000 ")

    assert " 1000| line 1000 x" in shown
    assert "  997| line 997 " in shown
    assert read(LINES, grep="nowhere").endswith("(none)")


@pytest.mark.parametrize("asked", [{"start_line": 5}, {"offset": 7}, {"start_line": 3, "end_line": 2}])
def test_a_place_that_is_not_there_is_refused_with_the_size(asked):
    with pytest.raises(Refused, match="has 4 lines, 7 characters; there is nothing at the place you asked for"):
        read("a\nb\nc\nd", **asked)
