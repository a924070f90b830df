"""Whatever is done, in whatever order: the double in memory tells the same story as the database."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duo_flows.adapters.store import migrate, open_store
from duo_flows.adapters.store.memory import MemoryStore
from duo_flows.domain.errors import DuoFlowsError
from duo_flows.domain.sessions import Ending, SessionFilter, SessionStatus, SessionUpdate, Usage
from tests.adapters.store.making import NOON, a_delivery, a_line, a_session, a_turn

_IDS = st.sampled_from(["s1", "s2"])
_RUNS = st.integers(1, 3)
_LINES = st.lists(st.builds(a_line, st.sampled_from("abcdef")), max_size=3).map(tuple)
_USAGES = st.builds(Usage, turns=st.integers(0, 1), input_tokens=st.integers(0, 9), cost_microusd=st.integers(0, 9))
_DELIVERIES = st.integers(1, 3)
_ATTEMPTS = st.none() | st.integers(0, 3)
_TIMES = st.integers(-2, 4).map(lambda minutes: NOON + timedelta(minutes=minutes))


def _call(port: str, method: str, *arguments: st.SearchStrategy, **named: st.SearchStrategy) -> st.SearchStrategy:
    return st.tuples(st.just(port), st.just(method), st.tuples(*arguments), st.fixed_dictionaries(named))


_UPDATES = st.builds(
    SessionUpdate,
    session_id=_IDS,
    run=_RUNS,
    status=st.none() | st.sampled_from(SessionStatus),
    ending=st.none() | st.sampled_from(Ending),
    summary=st.none() | st.text(max_size=3),
    entries=_LINES,
)
_WORKFLOWS = st.sampled_from(["w1", "w2", "session/s1/2"])
_EXECUTIONS = st.sampled_from(["", "e1", "e2"])
_NEW = st.builds(
    a_session,
    _WORKFLOWS,
    session_id=_IDS,
    execution_id=_EXECUTIONS,
    goal=st.sampled_from(["", "a", "b"]),
    pipeline_id=st.sampled_from([None, 3]),
    definition_ref=st.sampled_from(["", "d1", "d2"]),
)
_CALLS = st.one_of(
    _call("sessions", "register", _NEW),
    _call("sessions", "session_of_workflow", _WORKFLOWS, execution_id=_EXECUTIONS),
    _call("sessions", "update", _UPDATES),
    _call("sessions", "append", _IDS, _RUNS, _LINES),
    _call("sessions", "start_next_run", _IDS, after=_RUNS),
    _call(
        "sessions",
        "note_turn",
        st.builds(a_turn, _IDS, _RUNS, st.integers(1, 2)),
        attempt=st.integers(1, 2),
        usage=_USAGES,
        reply_ref=st.sampled_from(["", "r1", "r2"]),
    ),
    _call("sessions", "recorded_turn", st.builds(a_turn, _IDS, _RUNS, st.integers(1, 2))),
    _call("sessions", "log", _IDS, after=st.integers(0, 4), limit=st.integers(1, 4)),
    _call("sessions", "sessions", st.builds(SessionFilter, limit=st.integers(1, 2), before_id=st.sampled_from(["", "s1"]))),
    _call("inbox", "put", st.builds(a_delivery, st.sampled_from("abc"), received_at=_TIMES, session_id=_IDS)),
    _call("inbox", "claim", limit=st.integers(1, 2), lease=st.just(timedelta(minutes=1)), now=_TIMES),
    _call("inbox", "done", _DELIVERIES, outcome=st.just("done"), attempt=_ATTEMPTS),
    _call("inbox", "retry", _DELIVERIES, outcome=st.just("again"), at=_TIMES, attempt=_ATTEMPTS),
    _call("inbox", "give_up", _DELIVERIES, outcome=st.just("no more"), attempt=_ATTEMPTS),
    _call("inbox", "waiting_for_session", _IDS, received_by=_TIMES),
)


async def _tell(store: Any, story: Sequence[tuple]) -> list[Any]:
    return [await _answer(store, *call) for call in story]


async def _answer(store: Any, port: str, method: str, arguments: tuple, named: dict[str, Any]) -> Any:
    try:
        return await getattr(getattr(store, port), method)(*arguments, **named)
    except DuoFlowsError as error:
        return type(error), str(error)


async def _tell_in_sqlite(story: Sequence[tuple]) -> list[Any]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/store.db"
        await migrate(url)
        store = await open_store(url, clock=lambda: NOON)
        try:
            return await _tell(store, story)
        finally:
            await store.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_CALLS, min_size=5, max_size=40))
def test_memory_and_database_give_the_same_answers_to_any_story(story):
    in_memory = asyncio.run(_tell(MemoryStore(clock=lambda: NOON), story))

    assert asyncio.run(_tell_in_sqlite(story)) == in_memory
