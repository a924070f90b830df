"""What every store promises of sessions and runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.sessions import Ending, SessionFilter, SessionStatus, SessionUpdate, Usage, Waiting
from tests.adapters.store.making import NOON, a_line, a_session, an_end


async def test_a_registered_session_is_shown_as_it_was_registered_and_as_created(store):
    new = a_session(goal="make it green", pipeline_id=3, merge_request_iid=4, issue_iid=9, trigger="mention", start_ref="main")

    session = await store.sessions.register(new)

    unseen = {"session_id", "execution_id"}
    assert session.model_dump(include=set(type(new).model_fields) - unseen) == new.model_dump(exclude=unseen)
    assert (session.run, session.status, session.ending, session.usage) == (1, SessionStatus.CREATED, None, Usage())
    assert (session.created_at, session.updated_at, session.ended_at) == (NOON, NOON, None)
    assert await store.sessions.session(session.id) == session


async def test_a_workflow_that_registers_again_finds_its_session_unchanged(store, clock):
    first = await store.sessions.register(a_session(goal="first"))
    clock.forward(hours=1)

    again = await store.sessions.register(a_session(goal="second"))

    assert again == first


async def test_a_given_session_id_is_taken(store):
    session = await store.sessions.register(a_session("session/mine/1", session_id="mine"))

    assert session.id == "mine"


async def test_a_session_of_another_workflow_cannot_be_taken_over_by_naming_it(store):
    session = await store.sessions.register(a_session("ann's", session_id="mine"))

    with pytest.raises(Refused, match="belongs to another workflow") as refusal:
        await store.sessions.register(a_session("bob's", session_id="mine"))

    assert refusal.value.code == "session_taken"
    assert await store.sessions.session("mine") == session
    assert await store.sessions.session_of_workflow("bob's") is None


async def test_a_session_is_found_by_the_workflow_of_any_of_its_runs(store):
    session = await store.sessions.register(a_session("first"))
    await store.sessions.update(an_end(session.id))
    run = await store.sessions.start_next_run(session.id, after=1)

    assert (await store.sessions.session_of_workflow("first")).id == session.id
    assert (await store.sessions.session_of_workflow(run.workflow_id)).id == session.id
    assert (await store.sessions.register(a_session(run.workflow_id))).id == session.id


async def test_an_unknown_workflow_has_no_session(store):
    assert await store.sessions.session_of_workflow("nobody's") is None


async def test_an_unknown_session_is_not_found_by_any_method(store):
    with pytest.raises(NotFound, match="no session 'nowhere'"):
        await store.sessions.session("nowhere")
    with pytest.raises(NotFound, match="no session 'nowhere'"):
        await store.sessions.update(an_end("nowhere"))
    with pytest.raises(NotFound, match="no session 'nowhere'"):
        await store.sessions.append("nowhere", 1, [a_line()])
    with pytest.raises(NotFound, match="no session 'nowhere'"):
        await store.sessions.log("nowhere")
    with pytest.raises(NotFound, match="no session 'nowhere'"):
        await store.sessions.start_next_run("nowhere", after=1)
    with pytest.raises(NotFound, match="no session 'nowhere'"):
        await store.sessions.usage("nowhere")


async def test_an_update_changes_what_it_names_and_leaves_the_rest(store, clock):
    session = await store.sessions.register(a_session())
    await store.sessions.update(
        SessionUpdate(session_id=session.id, run=1, status=SessionStatus.RUNNING, step="read", summary="So far.")
    )
    clock.forward(minutes=1)

    await store.sessions.update(SessionUpdate(session_id=session.id, run=1, step="plan"))

    shown = await store.sessions.session(session.id)
    assert (shown.status, shown.step, shown.summary) == (SessionStatus.RUNNING, "plan", "So far.")
    assert (shown.created_at, shown.updated_at) == (NOON, NOON + timedelta(minutes=1))


async def test_what_a_session_waits_for_is_always_taken_as_given(store):
    session = await store.sessions.register(a_session())
    waiting = Waiting(reason="answer", on="ann", until=NOON + timedelta(days=7), choices=("apply", "cancel"), digest="abc")
    await store.sessions.update(SessionUpdate(session_id=session.id, run=1, waiting=waiting))
    assert (await store.sessions.session(session.id)).waiting == waiting

    await store.sessions.update(SessionUpdate(session_id=session.id, run=1))

    assert (await store.sessions.session(session.id)).waiting is None


async def test_an_ending_is_stamped(store, clock):
    session = await store.sessions.register(a_session())
    clock.forward(hours=2)

    await store.sessions.update(an_end(session.id))

    shown = await store.sessions.session(session.id)
    assert (shown.status, shown.ending, shown.summary) == (SessionStatus.FINISHED, Ending.DONE, "Fixed.")
    assert shown.ended_at == NOON + timedelta(hours=2)


async def test_a_run_with_an_ending_is_not_reopened_but_its_log_goes_on(store, clock):
    session = await store.sessions.register(a_session())
    await store.sessions.update(an_end(session.id))
    ended = await store.sessions.session(session.id)
    clock.forward(minutes=5)

    late = SessionUpdate(session_id=session.id, run=1, status=SessionStatus.RUNNING, summary="No, wait.", entries=(a_line("late"),))
    await store.sessions.update(late)

    assert await store.sessions.session(session.id) == ended
    assert [line.key for line in await store.sessions.log(session.id)] == ["late"]


async def test_a_run_with_a_final_status_and_no_ending_is_over_all_the_same_and_its_log_goes_on(store, clock):
    session = await store.sessions.register(a_session())
    await store.sessions.update(SessionUpdate(session_id=session.id, run=1, status=SessionStatus.FAILED))
    over = await store.sessions.session(session.id)
    clock.forward(minutes=5)

    await store.sessions.update(SessionUpdate(session_id=session.id, run=1, status=SessionStatus.RUNNING, step="again"))
    await store.sessions.update(an_end(session.id, entries=(a_line("late"),)))

    assert (over.status, over.ending, over.ended_at) == (SessionStatus.FAILED, None, NOON)
    assert await store.sessions.session(session.id) == over
    assert [line.key for line in await store.sessions.log(session.id)] == ["late"]


async def test_a_report_of_a_run_that_is_no_longer_the_latest_only_adds_to_the_log(store):
    session = await store.sessions.register(a_session())
    await store.sessions.update(SessionUpdate(session_id=session.id, run=1, status=SessionStatus.FAILED))
    await store.sessions.start_next_run(session.id, after=1)
    fresh = await store.sessions.session(session.id)

    await store.sessions.update(an_end(session.id, run=1, entries=(a_line("late"),)))

    assert await store.sessions.session(session.id) == fresh
    assert [(line.run, line.key) for line in await store.sessions.log(session.id)] == [(1, "late")]


async def test_an_update_of_a_run_that_does_not_exist_is_refused_and_leaves_no_line(store):
    session = await store.sessions.register(a_session())

    with pytest.raises(NotFound, match="has no run 2"):
        await store.sessions.update(an_end(session.id, run=2, entries=(a_line(),)))

    assert await store.sessions.session(session.id) == session
    assert await store.sessions.log(session.id) == ()


async def test_the_next_run_starts_fresh_and_is_shown_as_created(store):
    session = await store.sessions.register(a_session())
    await store.sessions.update(an_end(session.id))

    run = await store.sessions.start_next_run(session.id, after=1)

    assert (run.session_id, run.n, run.workflow_id) == (session.id, 2, f"session/{session.id}/2")
    shown = await store.sessions.session(session.id)
    assert (shown.run, shown.workflow_id, shown.status) == (2, run.workflow_id, SessionStatus.CREATED)
    assert (shown.ending, shown.summary, shown.ended_at) == (None, "", None)


async def test_a_next_run_that_was_made_before_is_returned_however_far_the_session_has_come(store):
    session = await store.sessions.register(a_session())
    await store.sessions.update(an_end(session.id))
    second = await store.sessions.start_next_run(session.id, after=1)
    await store.sessions.update(an_end(session.id, run=2))
    await store.sessions.start_next_run(session.id, after=2)

    assert await store.sessions.start_next_run(session.id, after=1) == second
    assert (await store.sessions.session(session.id)).run == 3


async def test_no_run_starts_beside_one_that_is_not_over(store):
    session = await store.sessions.register(a_session())

    with pytest.raises(Refused, match="is not over") as refusal:
        await store.sessions.start_next_run(session.id, after=1)

    assert refusal.value.code == "run_not_over"
    assert await store.sessions.session(session.id) == session


async def test_a_run_that_never_was_has_no_successor(store):
    session = await store.sessions.register(a_session())

    with pytest.raises(NotFound, match="has no run 0"):
        await store.sessions.start_next_run(session.id, after=0)
    with pytest.raises(NotFound, match="has no run 2"):
        await store.sessions.start_next_run(session.id, after=2)

    assert await store.sessions.session(session.id) == session


async def test_a_next_run_whose_workflow_id_is_another_sessions_is_refused(store):
    session = await store.sessions.register(a_session(session_id="mine"))
    await store.sessions.update(an_end("mine"))
    other = await store.sessions.register(a_session("session/mine/2"))

    with pytest.raises(Refused, match="another session's") as refusal:
        await store.sessions.start_next_run("mine", after=1)

    assert refusal.value.code == "workflow_taken"
    assert (await store.sessions.session(session.id)).run == 1
    assert (await store.sessions.session_of_workflow("session/mine/2")).id == other.id


async def _three(store, clock) -> list[str]:
    made = []
    for number, flow in enumerate(["fix_pipeline", "developer", "fix_pipeline"], 1):
        new = a_session(
            f"w{number}", flow=flow, project_id=number, requester_id=10 + number, pipeline_id=number, merge_request_iid=number
        )
        made.append((await store.sessions.register(new)).id)
        clock.forward(seconds=1)
    await store.sessions.update(SessionUpdate(session_id=made[0], run=1, status=SessionStatus.RUNNING))
    return made


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ({}, [2, 1, 0]),
        ({"limit": 2}, [2, 1]),
        ({"project_ids": (1, 3)}, [2, 0]),
        ({"project_ids": ()}, []),
        ({"requester_id": 12}, [1]),
        ({"statuses": ("running",)}, [0]),
        ({"statuses": ("running", "created"), "flow": "fix_pipeline"}, [2, 0]),
        ({"pipeline_id": 2}, [1]),
        ({"merge_request_iid": 3}, [2]),
        ({"flow": "unknown"}, []),
    ],
)
async def test_sessions_are_listed_newest_first_as_the_filter_says(store, clock, which, expected):
    made = await _three(store, clock)

    found = await store.sessions.sessions(SessionFilter(**which))

    assert [session.id for session in found] == [made[n] for n in expected]


async def test_pages_follow_each_other_without_gap_or_repetition_even_within_one_instant(store):
    made = {(await store.sessions.register(a_session(f"w{n}"))).id for n in range(5)}

    first = await store.sessions.sessions(SessionFilter(limit=2))
    second = await store.sessions.sessions(SessionFilter(limit=2, before_id=first[-1].id))
    third = await store.sessions.sessions(SessionFilter(limit=2, before_id=second[-1].id))

    ids = [session.id for page in (first, second, third) for session in page]
    assert len(ids) == 5
    assert set(ids) == made


async def test_a_page_after_an_unknown_session_is_not_found(store):
    with pytest.raises(NotFound, match="no session 'nowhere'"):
        await store.sessions.sessions(SessionFilter(before_id="nowhere"))


async def test_times_come_back_in_utc_to_the_microsecond_whatever_zone_the_clock_has(store, clock):
    clock.now = datetime(2026, 3, 1, 14, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))

    session = await store.sessions.register(a_session())

    shown = await store.sessions.session(session.id)
    assert shown.created_at == clock.now
    assert shown.created_at.tzinfo is UTC


async def test_words_that_a_database_refuses_are_made_readable(store):
    session = await store.sessions.register(a_session(goal="nul\0in the middle"))

    assert (await store.sessions.session(session.id)).goal == "nul\ufffdin the middle"
