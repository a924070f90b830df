"""The curated view of a log: only lines that the flow's author shows, followed by the same offsets as the whole log."""

import pytest

from duo_flows.domain.sessions import LogKind, NewLogEntry
from tests.web.a_door import ALICE, Door


async def a_log(door: Door, *shown: bool) -> None:
    """A session whose log has a line for each of these, shown or not."""
    await door.a_session()
    entries = [
        NewLogEntry(
            key=f"line{n}", kind=LogKind.TOOL, text=f"Line {n}.", data={"event": "on_tool_execution_success", "is_shown": one}
        )
        for n, one in enumerate(shown, start=1)
    ]
    await door.store.sessions.append("s1", 1, entries)


async def test_only_what_is_shown_is_there_and_the_next_offset_passes_over_the_rest(door: Door) -> None:
    await a_log(door, True, False, True, False)

    page = (await door.call(ALICE, "GET", "/sessions/s1/log?curated=true")).json()

    assert [entry["seq"] for entry in page["entries"]] == [1, 3]
    assert (page["next_after"], page["is_over"]) == (4, False)
    assert len((await door.call(ALICE, "GET", "/sessions/s1/log")).json()["entries"]) == 4


async def test_a_page_of_lines_that_are_not_shown_is_passed_over_while_there_is_time(door: Door) -> None:
    await a_log(door, *([False] * 5), True)

    page = (await door.call(ALICE, "GET", "/sessions/s1/log?curated=true&limit=2&wait_seconds=5")).json()

    assert [entry["seq"] for entry in page["entries"]] == [6]
    assert page["next_after"] == 6


@pytest.mark.parametrize("after", [0, 2, 6])
async def test_the_stream_begins_anywhere_and_ends_with_the_session(door: Door, after: int) -> None:
    await a_log(door, True, False, True, False, False, False)
    await door.end()

    told = (await door.call(ALICE, "GET", f"/sessions/s1/events?curated=true&after={after}")).text

    ids = [int(line.removeprefix("id: ")) for line in told.splitlines() if line.startswith("id: ")]
    assert ids == [*[seq for seq in (1, 3) if seq > after], 6]
    assert told.count("event: end") == 1
