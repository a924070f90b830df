"""What stays true when many ask at once, from two processes' stores on one database."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from duo_flows.adapters.store.database import Database
from duo_flows.adapters.store.session_log import add_lines, hold_session
from duo_flows.domain.errors import DuoFlowsError, Refused
from duo_flows.domain.sessions import Ending, SessionFilter, SessionStatus, SessionUpdate, Usage
from tests.adapters.store.making import NOON, a_delivery, a_line, a_session, a_turn, an_end, lines

WRITERS = 50
DISPATCHERS = 10
LEASE = timedelta(seconds=30)


async def _together(*calls):
    return await asyncio.gather(*calls)


async def _follow(store, session_id: str, *, until: int) -> list[int]:
    """Read a log as a live reader does, always after the last line seen, until that line."""
    seen = [0]
    while seen[-1] < until:
        seen += [line.seq for line in await store.sessions.log(session_id, after=seen[-1], limit=7)]
        await asyncio.sleep(0)
    return seen[1:]


async def test_a_workflow_that_registers_many_times_at_once_gets_one_session(stores):
    registered = await _together(*(store.sessions.register(a_session()) for store in stores.both(20)))

    assert len({session.id for session in registered}) == 1
    assert len(await stores.one.sessions.sessions(SessionFilter())) == 1


async def test_a_door_and_the_worker_that_register_at_once_make_one_whole_session(stores):
    by_door = a_session(merge_request_iid=4, start_ref="start")
    by_worker = a_session(pipeline_id=3, definition_ref="frozen", execution_id="e1")

    await _together(*(store.sessions.register(new) for new in (by_door, by_worker) for store in stores.both(10)))

    [whole] = await stores.one.sessions.sessions(SessionFilter())
    assert (whole.merge_request_iid, whole.start_ref, whole.pipeline_id, whole.definition_ref) == (4, "start", 3, "frozen")


async def test_of_what_two_say_at_once_the_session_keeps_one_and_tells_both_the_same(stores):
    await stores.one.sessions.register(a_session())

    told = await _together(*(store.sessions.register(a_session(definition_ref=f"d{n}")) for n, store in enumerate(stores.both(10))))

    assert {session.definition_ref for session in told} == {(await stores.one.sessions.session(told[0].id)).definition_ref}


async def test_the_worker_of_a_later_run_and_one_of_the_first_let_a_session_learn_at_once(stores):
    session = await stores.one.sessions.register(a_session())
    await stores.one.sessions.update(an_end(session.id))
    run = await stores.one.sessions.start_next_run(session.id, after=1)
    news = (
        a_session(merge_request_iid=4, execution_id="e1"),
        a_session(run.workflow_id, definition_ref="frozen", execution_id="e2"),
    )
    reports = (store.sessions.update(SessionUpdate(session_id=session.id, run=2, step="read")) for store in stores.both(10))

    await _together(*(store.sessions.register(new) for new in news for store in stores.both(10)), *reports)

    whole = await stores.one.sessions.session(session.id)
    assert (whole.merge_request_iid, whole.definition_ref, whole.step) == (4, "frozen", "read")


async def test_executions_of_one_workflow_id_that_register_at_once_get_a_session_each(stores):
    news = [a_session(execution_id=f"e{n % 3}") for n in range(12)]

    told = await _together(*(store.sessions.register(new) for new, store in zip(news, stores.both(12), strict=True)))

    assert len({session.id for session in told}) == 3
    assert [session.id for session in told[:3]] * 4 == [session.id for session in told]


async def test_a_next_run_and_a_stranger_that_want_one_workflow_id_at_once_do_not_share_it(stores):
    session = await stores.one.sessions.register(a_session(session_id="mine"))
    await stores.one.sessions.update(an_end(session.id))
    strangers = (store.sessions.register(a_session("session/mine/2", execution_id="e1")) for store in stores.both(5))
    retries = (store.sessions.start_next_run("mine", after=1) for store in stores.both(5))

    answers = await asyncio.gather(*strangers, *retries, return_exceptions=True)

    faults = {type(answer) for answer in answers if isinstance(answer, Exception)}
    holder = await stores.one.sessions.session_of_workflow("session/mine/2")
    assert (holder.id == "mine", faults) in [(True, set()), (False, {Refused})]


async def test_two_workflows_that_claim_one_session_id_at_once_give_it_to_one(stores):
    registering = (store.sessions.register(a_session(f"w{n}", session_id="mine")) for n, store in enumerate(stores.both(10)))
    answers = await asyncio.gather(*registering, return_exceptions=True)

    kept = await stores.one.sessions.session("mine")
    assert [answer for answer in answers if not isinstance(answer, DuoFlowsError)] == [kept]
    assert {getattr(answer, "code", "taken by this one") for answer in answers} == {"session_taken", "taken by this one"}


async def test_a_next_run_asked_for_many_times_at_once_is_one_run(stores):
    session = await stores.one.sessions.register(a_session())
    await stores.one.sessions.update(an_end(session.id))

    started = await _together(*(store.sessions.start_next_run(session.id, after=1) for store in stores.both(20)))

    assert {run.n for run in started} == {2}
    assert (await stores.one.sessions.session(session.id)).run == 2


async def test_concurrent_appends_leave_no_gap_and_lose_no_line(stores):
    session = await stores.one.sessions.register(a_session())

    await _together(
        *(store.sessions.append(session.id, 1, lines(f"{n}a", f"{n}b")) for n, store in enumerate(stores.both(WRITERS)))
    )

    written = await stores.one.sessions.log(session.id)
    assert [line.seq for line in written] == list(range(1, 2 * WRITERS + 1))
    assert {line.key for line in written} == {f"{n}{half}" for n in range(WRITERS) for half in "ab"}


async def test_one_line_appended_many_times_at_once_stands_once(stores):
    session = await stores.one.sessions.register(a_session())

    await _together(*(store.sessions.append(session.id, 1, [a_line("same")]) for store in stores.both(20)))

    assert [line.seq for line in await stores.one.sessions.log(session.id)] == [1]


async def test_a_reader_that_follows_live_sees_every_line_once_and_in_order(stores):
    session = await stores.one.sessions.register(a_session())
    writing = (store.sessions.append(session.id, 1, [a_line(str(n))]) for n, store in enumerate(stores.both(WRITERS)))

    following = asyncio.create_task(_follow(stores.other, session.id, until=WRITERS))
    await _together(*writing)

    assert await following == list(range(1, WRITERS + 1))


async def test_a_line_cannot_be_seen_before_the_line_that_it_follows(url, open_at):
    store = await open_at(url)
    session = await store.sessions.register(a_session())
    slow = Database(url)

    async with slow.write() as connection:
        await hold_session(connection, session.id)
        await add_lines(connection, session.id, run=1, entries=lines("slow"), at=NOON)
        fast = asyncio.create_task(store.sessions.append(session.id, 1, lines("fast")))
        done_before_the_slow_one, _ = await asyncio.wait([fast], timeout=0.3)
        seen_meanwhile = await store.sessions.log(session.id)
    await fast
    await slow.close()

    assert not done_before_the_slow_one
    assert seen_meanwhile == ()
    assert [(line.seq, line.key) for line in await store.sessions.log(session.id)] == [(1, "slow"), (2, "fast")]


async def test_updates_and_appends_of_many_sessions_do_not_wait_for_each_other_forever(stores):
    made = [(await stores.one.sessions.register(a_session(f"w{n}"))).id for n in range(5)]
    reports = [
        store.sessions.update(SessionUpdate(session_id=session_id, run=1, step=str(n), entries=(a_line(f"u{n}"),)))
        for session_id in made
        for n, store in enumerate(stores.both(6))
    ]
    turns = [
        store.sessions.note_turn(a_turn(session_id, turn=n), attempt=1, usage=Usage(turns=1), reply_ref="r")
        for session_id in made
        for n, store in enumerate(stores.both(6))
    ]

    await _together(*reports, *turns)

    shown = [await stores.one.sessions.session(session_id) for session_id in made]
    assert [session.usage.turns for session in shown] == [6] * 5
    assert [len(await stores.one.sessions.log(session_id)) for session_id in made] == [6] * 5


async def test_of_two_endings_at_once_the_session_keeps_one_whole(stores):
    session = await stores.one.sessions.register(a_session())
    done = an_end(session.id, summary="done")
    stopped = an_end(session.id, status=SessionStatus.STOPPED, ending=Ending.STOPPED, summary="stopped")

    await _together(stores.one.sessions.update(done), stores.other.sessions.update(stopped))

    shown = await stores.one.sessions.session(session.id)
    whole = {(SessionStatus.FINISHED, Ending.DONE, "done"), (SessionStatus.STOPPED, Ending.STOPPED, "stopped")}
    assert (shown.status, shown.ending, shown.summary) in whole


async def test_a_turn_answered_twice_at_once_has_one_answer_and_both_costs(stores):
    session = await stores.one.sessions.register(a_session())
    key = a_turn(session.id)

    await _together(
        *(
            store.sessions.note_turn(key, attempt=n, usage=Usage(turns=1), reply_ref=f"r{n}")
            for n, store in enumerate(stores.both(8))
        )
    )

    first = await stores.one.sessions.recorded_turn(key)
    assert first == await stores.other.sessions.recorded_turn(key)
    assert (await stores.one.sessions.usage(session.id)).turns == 8


async def test_one_delivery_arriving_many_times_at_once_is_new_once(stores):
    answers = await _together(*(store.inbox.put(a_delivery()) for store in stores.both(20)))

    assert Counter(is_new for _, is_new in answers) == {True: 1, False: 19}
    assert len({delivery.id for delivery, _ in answers}) == 1


async def test_no_delivery_is_given_to_two_dispatchers(stores):
    await _together(*(stores.one.inbox.put(a_delivery(str(n))) for n in range(40)))

    claims = await _together(*(store.inbox.claim(limit=5, lease=LEASE, now=NOON) for store in stores.both(DISPATCHERS)))

    rest = await stores.one.inbox.claim(limit=100, lease=LEASE, now=NOON)
    given = Counter(delivery.key for claim in [*claims, rest] for delivery in claim)
    assert given == {str(n): 1 for n in range(40)}


async def test_a_lease_that_ran_out_goes_to_one_dispatcher_only(stores):
    await stores.one.inbox.put(a_delivery())
    await stores.one.inbox.claim(limit=1, lease=LEASE, now=NOON)

    claims = await _together(*(store.inbox.claim(limit=5, lease=LEASE, now=NOON + LEASE) for store in stores.both(DISPATCHERS)))

    assert sum(len(claim) for claim in claims) == 1


async def test_the_same_content_put_many_times_at_once_is_kept_once(stores):
    refs = await _together(*(store.contents.put(b"the same trace") for store in stores.both(20)))

    assert len(set(refs)) == 1
    assert await stores.other.contents.get(refs[0]) == b"the same trace"


async def test_a_write_that_is_cancelled_leaves_nothing_and_holds_nothing(url, open_at):
    store = await open_at(url)
    session = await store.sessions.register(a_session())
    holder = Database(url)

    async with holder.write() as connection:
        await hold_session(connection, session.id)
        waiting = asyncio.create_task(store.sessions.append(session.id, 1, lines("cancelled")))
        await asyncio.wait([waiting], timeout=0.2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await holder.close()

    await store.sessions.append(session.id, 1, lines("after"))
    assert [(line.seq, line.key) for line in await store.sessions.log(session.id)] == [(1, "after")]
