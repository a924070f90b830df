"""What every store promises when a door and the worker register one session, and when a workflow id is used again."""

from __future__ import annotations

from typing import Any

import pytest

from duo_flows.domain.errors import Refused
from duo_flows.domain.sessions import SessionFilter
from tests.adapters.store.making import a_session, an_end

# A door has read the pipeline's merge request; the worker has frozen the definition.
BY_DOOR = {"goal": "make it green", "merge_request_iid": 4, "issue_iid": 9, "trigger": "mention", "start_ref": "by door"}
BY_WORKER = {"pipeline_id": 3, "definition_ref": "frozen", "trigger": "temporal", "start_ref": "by worker", "execution_id": "e1"}


def _empty(**given: Any) -> Any:
    return a_session(**{"project_path": "", "trigger": ""} | given)


async def _register_again_later(store, clock, new):
    clock.forward(hours=1)
    return await store.sessions.register(new)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("goal", "make it green"),
        ("merge_request_iid", 4),
        ("issue_iid", 9),
        ("pipeline_id", 3),
        ("definition_ref", "frozen"),
        ("start_ref", "message"),
        ("project_path", "shop/api"),
        ("trigger", "mention"),
    ],
)
async def test_a_session_learns_what_it_does_not_know_and_nothing_else_changes(store, clock, name, value):
    first = await store.sessions.register(_empty())

    second = await _register_again_later(store, clock, _empty(**{name: value}))

    assert second == first.model_copy(update={name: value})
    assert await store.sessions.session(first.id) == second


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("goal", "make it green", "make it blue"),
        ("merge_request_iid", 4, 5),
        ("issue_iid", 9, 8),
        ("pipeline_id", 3, 2),
        ("definition_ref", "frozen", "another"),
        ("start_ref", "message", "another"),
        ("project_path", "shop/api", "shop/moved"),
        ("trigger", "mention", "api"),
        ("flow", "fix_pipeline", "developer"),
        ("requester_id", 5, 6),
    ],
)
async def test_what_a_session_knows_stays_whoever_says_otherwise(store, clock, name, value, other):
    first = await store.sessions.register(_empty(**{name: value}))

    assert await _register_again_later(store, clock, _empty(**{name: other})) == first
    assert await _register_again_later(store, clock, _empty()) == first


async def test_a_door_that_comes_first_and_the_worker_make_one_whole_session(store):
    by_door = await store.sessions.register(a_session(**BY_DOOR))

    whole = await store.sessions.register(a_session(**BY_WORKER))

    assert whole == by_door.model_copy(update={"pipeline_id": 3, "definition_ref": "frozen"})


async def test_a_worker_that_comes_first_and_a_door_make_one_whole_session(store):
    by_worker = await store.sessions.register(a_session(**BY_WORKER))

    whole = await store.sessions.register(a_session(**BY_DOOR))

    assert whole == by_worker.model_copy(update={"goal": "make it green", "merge_request_iid": 4, "issue_iid": 9})


async def test_the_worker_of_a_later_run_finds_the_session_that_a_door_retried_and_completes_it(store):
    session = await store.sessions.register(a_session("first", execution_id="e1"))
    await store.sessions.update(an_end(session.id))
    run = await store.sessions.start_next_run(session.id, after=1)

    retried = await store.sessions.register(a_session(run.workflow_id, execution_id="e2", merge_request_iid=4))

    assert (retried.id, retried.run, retried.merge_request_iid) == (session.id, 2, 4)
    assert await store.sessions.session_of_workflow(run.workflow_id, execution_id="e2") == retried


async def test_an_execution_that_registers_again_finds_its_session(store):
    session = await store.sessions.register(a_session(execution_id="e1"))

    assert await store.sessions.register(a_session(execution_id="e1")) == session
    assert await store.sessions.session_of_workflow("by-hand", execution_id="e1") == session


async def test_a_workflow_id_used_again_is_another_session_and_the_first_stays_as_it_was(store, clock):
    first = await store.sessions.register(a_session(execution_id="e1", definition_ref="old"))
    await store.sessions.update(an_end(first.id))
    ended = await store.sessions.session(first.id)

    second = await _register_again_later(store, clock, a_session(execution_id="e2", definition_ref="new"))

    assert (second.definition_ref, second.run, second.ending) == ("new", 1, None)
    assert second.id != first.id
    assert await store.sessions.session(first.id) == ended


async def test_a_workflow_id_used_again_leads_to_the_newest_session_and_with_an_execution_to_its_own(store, clock):
    first = await store.sessions.register(a_session(execution_id="e1"))
    second = await _register_again_later(store, clock, a_session(execution_id="e2"))

    assert await store.sessions.session_of_workflow("by-hand") == second
    assert await store.sessions.session_of_workflow("by-hand", execution_id="e1") == first
    assert await store.sessions.session_of_workflow("by-hand", execution_id="e2") == second
    assert await store.sessions.session_of_workflow("by-hand", execution_id="e3") is None
    assert await store.sessions.register(a_session()) == second


async def test_a_run_learns_its_execution_once_and_from_then_on_tells_others_apart(store, clock):
    by_door = await store.sessions.register(a_session())
    assert await store.sessions.session_of_workflow("by-hand", execution_id="e1") == by_door
    assert (await store.sessions.register(a_session(execution_id="e1"))).id == by_door.id

    other = await _register_again_later(store, clock, a_session(execution_id="e2"))

    assert other.id != by_door.id
    assert (await store.sessions.register(a_session(execution_id="e1"))).id == by_door.id


async def test_a_later_execution_cannot_take_over_the_session_of_an_earlier_one_by_naming_it(store):
    session = await store.sessions.register(a_session(session_id="mine", execution_id="e1"))

    with pytest.raises(Refused, match="belongs to another workflow execution") as refusal:
        await store.sessions.register(a_session(session_id="mine", execution_id="e2", goal="taken"))

    assert refusal.value.code == "session_taken"
    assert await store.sessions.session("mine") == session
    assert await store.sessions.session_of_workflow("by-hand", execution_id="e2") is None
    assert await store.sessions.sessions(SessionFilter()) == (session,)
