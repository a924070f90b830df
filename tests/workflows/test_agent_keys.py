"""What a flow may say of an agent beside its prompt: rounds and warnings, money, model, patience, and what it reads of others."""

import pytest
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.sessions import Ending
from tests.doubles.world import COST, World, calls, running, says

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

FLOW = """
version: v1
environment: ambient
components:
  - {name: reader, type: AgentComponent, prompt_id: reader, toolset: [get_job_logs], READER}
  - {name: teller, type: AgentComponent, prompt_id: teller, inputs: [INPUT]}
routers: [{from: reader, to: teller}, {from: teller, to: end}]
flow: {entry_point: reader, summary: "{{ reader.cycle_count ~ ' rounds' if ending == 'done' else reason }}"}
prompts:
  - {prompt_id: reader, prompt_template: {system: "You read.", user: "{{ goal }}"}, params: {timeout: 45}}
  - {prompt_id: teller, prompt_template: {system: "You tell.", user: "Told: {{ it | tojson }}"}}
"""


def start(reader: str = "max_cycles: 9", given: str = '{from: "context:reader.final_answer", as: it}') -> dict[str, str]:
    return {"flow": "telling", "definition": FLOW.replace("READER", reader).replace("INPUT", given), "goal": "Read it."}


def look():
    return calls(("get_job_logs", {"job_id": 50}))


def last_texts(world: World) -> list[str]:
    """Return the last text of the last message of each turn of the reader."""
    blocks = [request.messages[-1].content[-1] for request in world.planner.asked if request.system == "You read."]
    return [str(block.get("text", "")) for block in blocks]


async def test_an_agent_is_warned_before_its_rounds_are_used_up_and_then_told_to_finish(temporal: WorkflowEnvironment):
    world = World(replies=[*(look() for _ in range(5)), says("Read."), says("Told.")])
    async with running(temporal, world, **start("max_cycles: {threshold: 4, iteration_warning_offset: 2}")) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE
        assert (await flow.session()).summary == "6 rounds"

    told = last_texts(world)
    assert told[2].startswith("You have 2 more rounds.")
    assert [place for place, text in enumerate(told) if "more rounds" in text] == [2]
    assert [place for place, text in enumerate(told) if "final answer now" in text] == [4, 5]


async def test_an_agent_that_does_not_finish_when_it_is_told_to_ends_the_run(temporal: WorkflowEnvironment):
    world = World(replies=[look() for _ in range(5)])
    async with running(temporal, world, **start("max_cycles: 2, max_wrap_up_retries: 2")) as flow:
        with pytest.raises(Exception, match="Workflow execution failed"):
            await flow.ending()
        assert "reader used up its 4 rounds" in (await flow.session()).summary

    assert len(world.planner.asked) == 4


async def test_an_agent_that_has_used_its_own_money_stops_the_session_and_says_so(temporal: WorkflowEnvironment):
    world = World(replies=[look(), look(), look()])
    async with running(temporal, world, **start(f"cost_cap_usd: {2 * COST.cost_microusd / 1_000_000}")) as flow:
        assert (await flow.ending())["ending"] == Ending.COST_CAP
        assert (await flow.session()).summary == "reader has used what it may cost in a session, 0.006 US dollars."

    assert len(world.planner.asked) == 2


async def test_another_agents_money_is_its_own(temporal: WorkflowEnvironment):
    world = World(replies=[look(), says("Read."), says("Told.")])
    async with running(temporal, world, **start(f"cost_cap_usd: {2.5 * COST.cost_microusd / 1_000_000}")) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE


@pytest.mark.parametrize(
    ("tags", "model"),
    [
        ("[tiny, small, large]", "claude-haiku-5-5"),
        ("large", "claude-opus-5-5"),
        ("[unknown]", "claude-sonnet-5-5"),
        ("[]", "claude-sonnet-5-5"),
    ],
)
async def test_the_first_tag_with_a_model_decides(temporal: WorkflowEnvironment, tags: str, model: str):
    world = World(replies=[says("Read."), says("Told.")])
    world.models_by_tag = {"small": "claude-haiku-5-5", "large": "claude-opus-5-5"}
    async with running(temporal, world, **start(f"model_tags: {tags}")) as flow:
        await flow.ending()

    assert [request.model for request in world.planner.asked] == [model, "claude-sonnet-5-5"]


async def test_a_prompt_may_have_a_patience_of_its_own(temporal: WorkflowEnvironment):
    world = World(replies=[says("Read."), says("Told.")])
    async with running(temporal, world, **start()) as flow:
        await flow.ending()

    assert [request.timeout_seconds for request in world.planner.asked] == [45, None]


async def test_another_components_conversation_can_be_read(temporal: WorkflowEnvironment):
    world = World(replies=[look(), says("Read."), says("Told.")])
    async with running(temporal, world, **start(given='{from: "conversation_history:reader", as: it}')) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE

    [prompt] = world.planner.asked[-1].messages[0].content
    assert '{"role": "user", "text": "Read it."}' in prompt["text"]
    assert '[call of get_job_logs] {\\"job_id\\": 50}' in prompt["text"]
    assert '{"role": "assistant", "text": "Read."}' in prompt["text"]


async def test_a_conversation_that_has_not_begun_ends_the_run_unless_it_is_optional(temporal: WorkflowEnvironment):
    needed = World(replies=[says("Read.")])
    async with running(temporal, needed, **start(given='{from: "conversation_history:teller", as: it}')) as flow:
        with pytest.raises(Exception, match="Workflow execution failed"):
            await flow.ending()
        assert "teller has no conversation yet. Conversations so far: reader." in (await flow.session()).summary
    optional = World(replies=[says("Read."), says("Told.")])
    async with running(temporal, optional, **start(given='{from: "conversation_history:teller", as: it, optional: true}')) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE

    assert optional.planner.asked[-1].messages[0].content[0]["text"] == "Told: null"


async def test_the_runs_status_can_be_read(temporal: WorkflowEnvironment):
    world = World(replies=[says("Read."), says("Told.")])
    async with running(temporal, world, **start(given="{from: status, as: it}")) as flow:
        await flow.ending()

    assert world.planner.asked[-1].messages[0].content[0]["text"] == 'Told: "Execution"'
