"""A OneOffComponent: calls in one round, what did not work goes back to the model a few times, and then a router decides."""

import pytest
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.model_turns import TurnReply
from duo_flows.domain.sessions import Ending
from tests.doubles.world import TEST_FILE, World, calls, running, says
from tests.workflows.recording import recorded

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

FLOW = """
version: v1
environment: ambient
components:
  - name: fetch
    type: OneOffComponent
    prompt_id: fetch
    toolset: [get_repository_file, {get_job_logs: {job_id: 50}}]
    max_correction_attempts: 2
  - name: tell
    type: AgentComponent
    prompt_id: tell
    inputs: [{from: "context:fetch.tool_calls", as: made}, {from: "context:fetch.tool_responses", as: given}]
routers:
  - {from: fetch, condition: {input: "context:fetch.execution_result", routes: {success: tell, failed: end}}}
  - {from: tell, to: end}
flow: {entry_point: fetch, summary: "{{ fetch.execution_result }}"}
prompts:
  - {prompt_id: fetch, prompt_template: {system: "You fetch.", user: "{{ goal }}"}}
  - {prompt_id: tell, prompt_template: {system: "You tell.", user: "{{ made | tojson }} gave {{ given | tojson }}"}}
"""
START = {"flow": "fetching", "definition": FLOW, "goal": "Fetch the test."}


def reads(path: str = TEST_FILE) -> TurnReply:
    return calls(("get_repository_file", {"file_path": path}))


async def test_calls_that_work_end_the_round_and_leave_what_they_gave(temporal: WorkflowEnvironment, record: bool):
    both = calls(("get_repository_file", {"file_path": TEST_FILE}), ("get_job_logs", {}))
    world = World(replies=[both, says("Fetched.")])
    async with running(temporal, world, **START) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "one_off", record=record)
        assert (await flow.session()).summary == "success"

    [prompt] = world.planner.asked[1].messages[0].content
    assert '[{"arguments": {"file_path": "tests/test_retry.py"}, "name": "get_repository_file"}' in prompt["text"]
    assert "class RetryTest" in prompt["text"]
    assert "AssertionError" in prompt["text"]


async def test_what_did_not_work_goes_back_to_the_model_with_the_error(temporal: WorkflowEnvironment, record: bool):
    world = World(replies=[reads("no/such/file"), reads(), says("Fetched.")])
    async with running(temporal, world, **START) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "one_off_corrected", record=record)
        assert (await flow.session()).summary == "success"

    [told] = world.planner.asked[1].messages[-1].content
    assert (told["type"], told["is_error"]) == ("tool_result", True)
    [prompt] = world.planner.asked[2].messages[0].content
    assert '{"error": ' in prompt["text"]


async def test_after_the_last_correction_it_has_failed(temporal: WorkflowEnvironment):
    world = World(replies=[reads("a"), reads("b"), reads("c"), says("Never asked.")])
    async with running(temporal, world, **START) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE
        assert (await flow.session()).summary == "failed"

    assert len(world.planner.asked) == 3


async def test_a_model_that_calls_nothing_has_failed_and_the_log_says_why(temporal: WorkflowEnvironment):
    world = World(replies=[says("There is no such test.")])
    async with running(temporal, world, **START) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE
        session = await flow.session()
        log = await world.log(session.id)

    assert session.summary == "failed"
    assert "fetch called no tool: There is no such test." in [line.text for line in log]


async def test_it_continues_as_new_between_its_corrections(forgetful_temporal: WorkflowEnvironment):
    many = FLOW.replace("max_correction_attempts: 2", "max_correction_attempts: 30")
    world = World(replies=[*(reads(f"no/{n}") for n in range(29)), reads(), says("Fetched.")])
    async with running(forgetful_temporal, world, **{**START, "definition": many}) as flow:
        await flow.handle.result(follow_runs=True)
        first = forgetful_temporal.client.get_workflow_handle(flow.handle.id, run_id=flow.handle.first_execution_run_id)
        description = await first.describe()

    assert description.status is not None
    assert description.status.name == "CONTINUED_AS_NEW"
    [prompt] = world.planner.asked[-1].messages[0].content
    assert prompt["text"].count('"error": ') == 29
    assert world.planner.replies == []


ASKED_AGAIN = """
version: v1
environment: ambient
components:
  - {name: fetch, type: OneOffComponent, prompt_id: fetch, toolset: [get_repository_file]}
  - {name: ask, type: HumanInputComponent, sends_response_to: fetch, message_template: "Enough?"}
routers:
  - {from: fetch, to: ask}
  - {from: ask, condition: {input: "context:ask.approval", routes: {modify: fetch, default_route: end}}}
flow: {entry_point: fetch}
prompts: [{prompt_id: fetch, prompt_template: {system: "You fetch.", user: "{{ goal }}"}}]
"""


async def test_it_is_told_what_a_person_answers(temporal: WorkflowEnvironment):
    world = World(replies=[reads(), reads()])
    async with running(temporal, world, flow="fetching", definition=ASKED_AGAIN, goal="Fetch.") as flow:
        first = await flow.question()
        await flow.answer("modify", text="The other one.")
        await flow.next_question(after=first)
        await flow.answer("apply")
        assert (await flow.ending())["ending"] == Ending.DONE

    result, words = world.planner.asked[1].messages[-1].content
    assert (result["type"], "class RetryTest" in result["content"]) == ("tool_result", True)
    assert "The other one." in words["text"]
