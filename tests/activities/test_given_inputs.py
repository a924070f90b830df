"""What a flow is given at its start: what the caller gives, completed with what we know, or refused."""

import json

import pytest

from activities.contracts import OpenSession
from activities.sessions import SessionActivities
from duo_flows.domain.sessions import Ending, LogKind, NewLogEntry, SessionStatus, SessionUpdate
from signals.messages import StartFlow
from signals.signatures import sign
from tests.activities.acting import opened, refused, run, start_of
from tests.doubles.world import BRANCH, SIGNING_KEY, World

FLOW = """
version: v1
environment: ambient
components: [{name: greet, type: AgentComponent, prompt_id: greeting}]
prompts: [{prompt_id: greeting, prompt_template: {system: "Say hello.", user: "{{ goal }}"}}]
routers: [{from: greet, to: end}]
"""
PLAIN = f"{FLOW}flow: {{entry_point: greet}}\n"
STANDARD = f"""{FLOW}
flow:
  entry_point: greet
  inputs:
    - category: agent_platform_standard_context
      input_schema:
        primary_branch: {{type: string}}
        workload_branch: {{type: string}}
        session_owner_id: {{type: string}}
        service_account_name: {{type: string, optional: true}}
        project_id: {{type: integer, optional: true}}
"""
TICKET = f"""{FLOW}
flow: {{entry_point: greet, inputs: [{{category: ticket, input_schema: {{url: {{type: string, description: Its address.}}}}}}]}}
"""


@pytest.fixture
def world():
    return World()


def envelope(category, **fields):
    return {"Category": category, "Content": json.dumps(fields)}


async def test_gitlabs_envelope_is_filled_in_where_a_flow_asks_for_it(world):
    session = await opened(world, definition=STANDARD)

    assert session.context["inputs"]["agent_platform_standard_context"] == {
        "primary_branch": "main",
        "workload_branch": BRANCH,
        "session_owner_id": "2",
        "service_account_name": "duo",
        "project_id": 7,
    }


async def test_a_session_without_a_branch_is_given_a_name_for_one_that_stays_the_same(world):
    first = await opened(world, definition=STANDARD, pipeline_id=None)
    again = await opened(world, definition=STANDARD, pipeline_id=None)
    other = await opened(world, definition=STANDARD, pipeline_id=None, workflow_id="another")

    names = [one.context["inputs"]["agent_platform_standard_context"]["workload_branch"] for one in (first, again, other)]
    assert names[0] == names[1] != names[2]
    assert all(name.startswith("workloads/") for name in names)


async def test_gitlabs_envelope_is_not_believed_of_a_caller(world):
    forged = envelope("agent_platform_standard_context", primary_branch="evil", session_owner_id="1")

    session = await opened(world, definition=STANDARD, additional_context=[forged])
    plain = await opened(world, definition=PLAIN, additional_context=[forged], workflow_id="another")

    assert session.context["inputs"]["agent_platform_standard_context"]["primary_branch"] == "main"
    assert "agent_platform_standard_context" not in plain.context["inputs"]


async def test_what_gitlab_says_completes_what_the_caller_gives(world):
    session = await opened(world, additional_context=[envelope("pipeline", note="flaky?", id=1)])

    pipeline = session.context["inputs"]["pipeline"]
    assert (pipeline["note"], pipeline["id"]) == ("flaky?", 500)


async def test_a_start_without_what_the_flow_asks_for_is_refused_before_anything_happens(world):
    error = await refused(SessionActivities(world.deps).open_session, start_of(definition=TICKET))

    assert (error.type, error.message) == (
        "invalid_inputs",
        "The flow is not given what it asks for. inputs.ticket.url is missing: a string, Its address.",
    )
    assert await world.store.sessions.session_of_workflow("by-hand") is None


async def test_a_retried_run_knows_how_the_one_before_ended(world):
    first = await opened(world, definition=PLAIN)
    line = NewLogEntry(key="run1/ending", kind=LogKind.ENDING, text="Cancelled.", data={"ending": Ending.CANCELLED})
    end = SessionUpdate(session_id=first.session_id, run=1, status=SessionStatus.STOPPED, ending=Ending.CANCELLED, entries=(line,))
    await world.store.sessions.update(end)
    retried = await world.store.sessions.start_next_run(first.session_id, after=1)
    start = StartFlow(project=7, requester=2, session_id=first.session_id, run=2, flow="fix_pipeline", definition=PLAIN)
    task = OpenSession(flow="fix_pipeline", workflow_id=retried.workflow_id, start=sign(start, SIGNING_KEY))

    second = await run(SessionActivities(world.deps).open_session, task)

    assert "previous_run" not in first.context["inputs"]
    assert (second.run, second.definition_ref) == (2, first.definition_ref)
    assert second.context["inputs"]["previous_run"] == {"number": 1, "ending": "cancelled", "summary": "Cancelled."}
