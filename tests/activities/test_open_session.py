"""Opening a session: which session a workflow opens, and which definition it runs."""

from __future__ import annotations

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.contracts import OpenedSession, OpenSession
from activities.sessions import SessionActivities
from duo_flows.domain.errors import Refused
from duo_flows.domain.policy import POLICY_PATH
from duo_flows.domain.sessions import Ending, NewSession, SessionStatus, SessionUpdate
from signals.messages import StartFlow
from signals.signatures import sign
from tests.doubles.world import SIGNING_KEY, World

SAY_HELLO = """
version: v1
environment: ambient
components: [{name: greet, type: AgentComponent, prompt_id: greeting}]
prompts: [{prompt_id: greeting, prompt_template: {system: "Say hello.", user: "{{ goal }}"}}]
routers: [{from: greet, to: end}]
flow: {entry_point: greet, inputs: []}
"""
SAY_GOODBYE = SAY_HELLO.replace("hello", "goodbye")


@pytest.fixture
def world() -> World:
    return World()


async def _open(
    world: World, execution_id: str, definition: str, *, workflow_id: str = "by-hand", **by_door: object
) -> OpenedSession:
    start = StartFlow.model_validate({"project": 7, "requester": "maya", "pipeline_id": 500, "definition": definition, **by_door})
    if by_door:
        start = sign(start.model_copy(update={"flow": "fix_pipeline"}), SIGNING_KEY)
    task = OpenSession(flow="fix_pipeline", workflow_id=workflow_id, execution_id=execution_id, start=start)
    return await ActivityEnvironment().run(SessionActivities(world.deps).open_session, task)


async def _end(world: World, opened: OpenedSession) -> None:
    end = SessionUpdate(session_id=opened.session_id, run=opened.run, status=SessionStatus.FINISHED, ending=Ending.DONE)
    await world.store.sessions.update(end)


async def test_an_execution_that_opens_again_runs_the_definition_it_froze(world):
    first = await _open(world, "e1", SAY_HELLO)

    again = await _open(world, "e1", SAY_GOODBYE)

    assert again == first


async def test_a_workflow_id_used_again_after_its_end_opens_another_session_with_todays_definition(world):
    first = await _open(world, "e1", SAY_HELLO)
    await _end(world, first)
    ended = await world.store.sessions.session(first.session_id)

    second = await _open(world, "e2", SAY_GOODBYE)

    assert (second.session_id == first.session_id, second.definition_ref == first.definition_ref) == (False, False)
    assert (await world.store.sessions.session(second.session_id)).status is SessionStatus.CREATED
    assert await world.store.sessions.session(first.session_id) == ended


async def test_a_retried_run_opens_the_session_that_a_door_retried_with_the_definition_it_froze(world):
    first = await _open(world, "e1", SAY_HELLO)
    await _end(world, first)
    run = await world.store.sessions.start_next_run(first.session_id, after=1)

    retried = await _open(world, "e2", SAY_GOODBYE, workflow_id=run.workflow_id, session_id=first.session_id, run=2)

    assert (retried.session_id, retried.run, retried.definition_ref) == (first.session_id, 2, first.definition_ref)
    assert (await world.store.sessions.session(first.session_id)).run == 2


async def test_a_doors_start_played_again_in_another_execution_is_refused(world):
    named = {"workflow_id": "session/s1/1", "session_id": "s1", "run": 1}
    first = await _open(world, "e1", SAY_HELLO, **named)
    await _end(world, first)
    ended = await world.store.sessions.session("s1")

    with pytest.raises(ApplicationError, match="belongs to another workflow execution"):
        await _open(world, "e2", SAY_GOODBYE, **named)

    assert await world.store.sessions.session("s1") == ended


async def test_a_run_that_cannot_begin_ends_its_session_and_tells_the_merge_request(world):
    registered = await world.store.sessions.register(
        NewSession(
            session_id="s1",
            workflow_id="session/s1/1",
            flow="fix_pipeline",
            project_id=7,
            project_path="",
            requester_id=2,
            requester="maya",
        )
    )
    world.forge.files[7, POLICY_PATH, "main"] = "triggers: [unreadable"

    with pytest.raises(ApplicationError) as caught:
        await _open(world, "e1", "", workflow_id="session/s1/1", session_id="s1", merge_request_iid=1)

    session = await world.store.sessions.session(registered.id)
    assert (session.status, session.ending) == (SessionStatus.FAILED, Ending.FAULT)
    assert session.summary == caught.value.message
    assert world.notes_by_us() == [caught.value.message]


@pytest.mark.parametrize(
    ("workflow_id", "flow"),
    [("by-hand", "fix_pipeline"), ("session/s1/2", "fix_pipeline"), ("session/s2/1", "fix_pipeline"), ("session/s1/1", "another")],
)
async def test_a_doors_start_counts_for_no_other_workflow_and_harms_the_session_it_was_for_in_nothing(world, workflow_id, flow):
    await _open(world, "e1", SAY_HELLO, workflow_id="session/s1/1", session_id="s1")
    running = await world.store.sessions.session("s1")
    message = {"project": 7, "requester": "maya", "pipeline_id": 500, "definition": SAY_HELLO, "session_id": "s1"}
    replayed = sign(StartFlow.model_validate({**message, "flow": "fix_pipeline"}), SIGNING_KEY)
    task = OpenSession(flow=flow, workflow_id=workflow_id, execution_id="e2", start=replayed)

    with pytest.raises(ApplicationError, match="signed for another workflow"):
        await ActivityEnvironment().run(SessionActivities(world.deps).open_session, task)

    assert await world.store.sessions.session("s1") == running


async def test_a_flow_reads_which_gitlab_it_works_in(world):
    context = (await _open(world, "e1", SAY_HELLO)).context

    read = [context[f"gitlab_instance_{name}"] for name in ("url", "type", "version")]
    assert read == ["http://gitlab.test", "Self-Managed", "19.1.0-ee"]
    assert (context["project_default_branch"], context["namespace"]) == ("main", None)


async def test_a_gitlab_that_does_not_tell_its_version_holds_no_session_up(world):
    world.forge.version_fault = Refused("Forbidden.", code="forbidden")

    assert (await _open(world, "e1", SAY_HELLO)).context["gitlab_instance_version"] == ""
