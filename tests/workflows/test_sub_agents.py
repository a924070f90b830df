"""A supervisor gives tasks to sub-agents: each in a numbered subsession with rounds of its own, its answer as a call's result."""

import pytest
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.log_events import is_curated
from duo_flows.domain.model_turns import StopReason
from duo_flows.domain.sessions import Ending
from signals.messages import Stop
from tests.doubles.world import World, calls, running, says
from tests.workflows.recording import recorded

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

FLOW = """
version: v1
environment: ambient
components:
  - name: lead
    type: AgentComponent
    prompt_id: lead
    toolset: [list_repository_tree]
    subagents: [{name: reader}, {name: tester}]
    max_delegations: MAX
    ui_log_events: [on_delegation_returns, on_delegation_error]
  - name: reader
    type: AgentComponent
    description: Reads job logs.
    prompt_id: reader
    toolset: [{get_job_logs: {job_id: 50}}]
    max_cycles: 3
    max_wrap_up_retries: 1
  - name: tester
    type: AgentComponent
    description: Says what a test means.
    prompt_id: tester
routers: [{from: lead, to: end}]
flow: {entry_point: lead, summary: "{{ lead.final_answer if ending == 'done' else reason }}"}
prompts:
  - {prompt_id: lead, prompt_template: {system: "You lead.", user: "{{ goal }}"}}
  - {prompt_id: reader, prompt_template: {system: "You read.", user: "Read what you are asked to read."}}
  - {prompt_id: tester, prompt_template: {system: "You test.", user: "Say what tests mean."}}
"""


def flow(max_delegations: int = 9) -> dict[str, str]:
    """Return the start of a session of this flow."""
    return {"flow": "team", "definition": FLOW.replace("MAX", str(max_delegations)), "goal": "Find out why."}


def task(name: str, prompt: str = "Look at it.", **more):
    return ("delegate_task", {"subagent_name": name, "prompt": prompt, **more})


def said_to(world: World, system: str) -> list[list[str]]:
    """Return, for each turn of the agent with this system prompt, the texts and results of the last message that it was sent."""
    asked = [request.messages[-1] for request in world.planner.asked if request.system == system]
    return [[str(block.get("text", block.get("content"))) for block in message.content] for message in asked]


async def test_a_task_is_given_to_a_sub_agent_and_its_answer_comes_back_with_its_subsession(
    temporal: WorkflowEnvironment, record: bool
):
    world = World(
        replies=[
            calls(task("reader", "Read job 50."), ("list_repository_tree", {"path": ""})),
            calls(("get_job_logs", {"job_id": 7})),
            says("Line 3 fails."),
            calls(task("reader", "And line 2?", subsession_id=1), task("tester", "What does line 3 mean?")),
            says("Line 2 is fine."),
            says("It compares times."),
            says("The times differ."),
        ]
    )
    async with running(temporal, world, **flow()) as running_flow:
        assert (await running_flow.ending())["ending"] == Ending.DONE
        await recorded(running_flow, "sub_agents", record=record)
        session = await running_flow.session()
        log = await world.log(session.id)

    assert session.summary == "The times differ."
    assert said_to(world, "You lead.")[1][0] == "reader has answered in subsession 1:\n\nLine 3 fails."
    assert said_to(world, "You lead.")[2] == [
        "reader has answered in subsession 1:\n\nLine 2 is fine.",
        "tester has answered in subsession 2:\n\nIt compares times.",
    ]
    first, result, again = said_to(world, "You read.")
    assert first == ["Read what you are asked to read.", "Read job 50."]
    # The toolset's forced parameter is the sub-agent's own.
    assert "AssertionError" in result[0]
    assert again == ["And line 2?"]
    turns = [line.component for line in log if line.key.split("/")[-1].startswith("turn")]
    assert turns == ["lead", "reader#1", "reader#1", "lead", "reader#1", "tester#2", "lead"]
    assert [line.text for line in log if line.component == "lead" and "delegate_task:" in line.text][:2] == [
        "delegate_task: a task for reader#1.",
        "delegate_task: reader#1 has answered.",
    ]
    assert [line.component for line in log if line.text.startswith("get_job_logs")] == ["reader#1"]
    told = [line.data for line in log if line.component == "lead" and "delegate_task:" in line.text]
    assert told[:2] == [
        {"event": "on_delegation", "is_shown": False, "role": "tool"},
        {"event": "on_delegation_returns", "is_shown": True, "role": "tool"},
    ]


async def test_the_supervisor_is_told_whom_it_has_and_what_they_are_good_for(temporal: WorkflowEnvironment):
    world = World(replies=[says("Nothing to do.")])
    async with running(temporal, world, **flow()) as running_flow:
        await running_flow.ending()

    delegate_task = world.planner.asked[0].tools[-1]
    assert delegate_task.name == "delegate_task"
    assert "- reader: Reads job logs." in delegate_task.description
    assert delegate_task.input_schema["properties"]["subagent_name"]["enum"] == ["reader", "tester"]


async def test_a_task_that_cannot_be_given_is_an_error_that_the_supervisor_can_act_on(temporal: WorkflowEnvironment):
    wrong = [task("raeder"), task("reader", "  "), task("tester", subsession_id=1), task("tester", subsession_id=8)]
    world = World(replies=[calls(task("reader")), says("Read."), calls(*wrong), says("I give up.")])
    async with running(temporal, world, **flow()) as running_flow:
        assert (await running_flow.ending())["ending"] == Ending.DONE
        log = await world.log((await running_flow.session()).id)

    near, empty, other, unknown = said_to(world, "You lead.")[2]
    assert "Did you mean 'reader'? There are: reader, tester." in near
    assert empty == "The prompt is empty: say what the sub-agent is to do."
    assert other == "Subsession 1 is with reader, not with tester."
    assert unknown == "There is no subsession 8; leave it out to begin anew. There are: 1 (reader)."
    assert len(said_to(world, "You read.")) == 1
    refused = [line for line in log if line.data.get("event") == "on_delegation_error"]
    assert [line.text.startswith("delegate_task: ") for line in refused] == [True] * 4
    assert all(is_curated(line) for line in refused)


async def test_who_has_used_up_its_delegations_must_give_its_answer(temporal: WorkflowEnvironment):
    world = World(replies=[calls(task("reader"), task("tester")), says("Read."), says("That is all.")])
    async with running(temporal, world, **flow(max_delegations=1)) as running_flow:
        assert (await running_flow.ending())["ending"] == Ending.DONE

    answered, refused, must = said_to(world, "You lead.")[1]
    assert answered.endswith("Read.")
    assert refused.startswith("You have used up your delegations.")
    assert "give your final answer now" in must
    assert world.planner.asked[-1].tools == ()
    assert said_to(world, "You test.") == []


async def test_a_sub_agent_that_comes_to_no_answer_is_told_to_its_supervisor_and_can_be_asked_again(temporal: WorkflowEnvironment):
    reading = [calls(("get_job_logs", {})) for _ in range(4)]
    again = calls(task("reader", "Shorter.", subsession_id=1))
    world = World(replies=[calls(task("reader")), *reading, again, says("Red."), says("Red.")])
    async with running(temporal, world, **flow()) as running_flow:
        assert (await running_flow.ending())["ending"] == Ending.DONE

    assert said_to(world, "You lead.")[1][0].startswith("Subsession 1 came to no answer. reader#1 used up its 4 rounds")
    # Its last call has a result, or no provider would go on with the conversation.
    assert said_to(world, "You read.")[-1] == ["This call was not made: your rounds were used up.", "Shorter."]


async def test_long_tasks_and_long_answers_travel_by_reference_and_arrive_whole(temporal: WorkflowEnvironment):
    long_task, long_answer = "Read this. " * 900, "It says that. " * 900
    world = World(replies=[calls(task("reader", long_task)), says(long_answer), says("Done.")])
    async with running(temporal, world, **flow()) as running_flow:
        assert (await running_flow.ending())["ending"] == Ending.DONE
        history = (await running_flow.handle.fetch_history()).to_json()

    assert said_to(world, "You read.")[0][1] == long_task
    assert said_to(world, "You lead.")[1][0].endswith(long_answer)
    assert len(history) < 120_000


async def test_a_sub_agent_whose_model_declines_does_not_end_the_session(temporal: WorkflowEnvironment):
    world = World(replies=[calls(task("reader")), says("", StopReason.REFUSED), says("Without it, then.")])
    async with running(temporal, world, **flow()) as running_flow:
        assert (await running_flow.ending())["ending"] == Ending.DONE

    assert "The model declined to go on in reader#1" in said_to(world, "You lead.")[1][0]


async def test_the_sessions_money_ends_the_session_in_a_sub_agent_too(temporal: WorkflowEnvironment):
    world = World(replies=[calls(task("reader")), calls(("get_job_logs", {}))])
    world.limits = world.limits.model_copy(update={"cost_cap_microusd": 6_000})
    async with running(temporal, world, **flow()) as running_flow:
        assert (await running_flow.ending())["ending"] == Ending.COST_CAP

    assert world.planner.replies == []


async def test_a_stop_in_a_sub_agents_rounds_ends_the_session(temporal: WorkflowEnvironment):
    world = World(replies=[calls(task("reader")), *(calls(("get_job_logs", {})) for _ in range(3)), says("Never said.")])

    async with running(temporal, world, **flow()) as running_flow:
        await running_flow.asked_model()
        await running_flow.handle.signal("stop", Stop(actor="maya", reason="Enough."))
        assert (await running_flow.ending())["ending"] == Ending.STOPPED

    assert says("Never said.").text in [reply.text for reply in world.planner.replies]


def two_tasks():
    """Return a turn of the lead that gives two tasks and makes a call beside them, and the three rounds that each of them takes."""
    given = calls(task("reader"), ("list_repository_tree", {"path": ""}), task("reader", "Again.", subsession_id=1))
    rounds = [reply for _ in range(2) for reply in (calls(("get_job_logs", {})), calls(("get_job_logs", {})), says("Read."))]
    return [given, *rounds]


async def test_tasks_survive_many_histories_and_nothing_is_asked_or_called_twice(
    forgetful_temporal: WorkflowEnvironment, record: bool
):
    world = World(replies=[reply for _ in range(6) for reply in two_tasks()] + [says("Done.")])
    async with running(forgetful_temporal, world, **flow(max_delegations=99)) as running_flow:
        result = await running_flow.handle.result(follow_runs=True)
        # The last of its histories, which began in the middle of a task.
        await recorded(running_flow, "sub_agents_continued", record=record)
        log = await world.log((await running_flow.session()).id)
        first = forgetful_temporal.client.get_workflow_handle(
            running_flow.handle.id, run_id=running_flow.handle.first_execution_run_id
        )
        description = await first.describe()

    assert description.status is not None
    assert description.status.name == "CONTINUED_AS_NEW"
    assert result["ending"] == Ending.DONE
    assert world.planner.replies == []
    assert len(world.planner.asked) == 6 * 7 + 1
    assert len([line for line in log if line.text.startswith("list_repository_tree")]) == 6
    assert len([line for line in log if line.text.endswith("has answered.")]) == 12
    assert {line.component for line in log if line.text == "The agent has given its answer."} == {
        "lead",
        *(f"reader#{number}" for number in range(1, 7)),
    }
