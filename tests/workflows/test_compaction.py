"""A conversation that grows long is compacted between two turns: asked for once, paid for, told in the log, and nothing is torn."""

import pytest
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.errors import NeverAgain, TryAgain
from duo_flows.domain.model_turns import CONVERSATION_TOO_LONG, StopReason
from duo_flows.domain.sessions import Ending
from tests.activities.acting import SECRET
from tests.doubles.world import COST, World, calls, running, says
from tests.workflows.recording import recorded

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

FLOW = """
version: v1
environment: ambient
components:
  - name: reader
    type: AgentComponent
    prompt_id: reader
    toolset: [get_job_logs]
    compaction: COMPACTION
routers: [{from: reader, to: end}]
flow: {entry_point: reader, summary: "{{ reader.final_answer if ending == 'done' else reason }}"}
prompts: [{prompt_id: reader, prompt_template: {system: "You read.", user: "{{ goal }}"}}]
"""
# What one turn of the double has used: 1,100 tokens, more than four fifths of 1,000.
SMALL = "{max_recent_messages: 2, trim_threshold: 0.8}"
TOO_LONG = NeverAgain("Claude refused the request: give the agent less to read.", code=CONVERSATION_TOO_LONG)


def a_world(*replies, context: int = 1_000) -> World:
    world = World(replies=list(replies))
    world.planner.context = context
    return world


def start(compaction: str = SMALL) -> dict[str, str]:
    return {"flow": "reading", "definition": FLOW.replace("COMPACTION", compaction), "goal": "Read everything."}


def look():
    return calls(("get_job_logs", {"job_id": 50}))


def asked(world: World, system: str) -> list:
    return [request for request in world.planner.asked if request.system.startswith(system)]


async def test_older_messages_become_a_summary_and_the_agent_goes_on(temporal: WorkflowEnvironment, record: bool):
    world = a_world(look(), look(), says("Jobs 50 and 50 fail."), look(), says("SECOND SUMMARY"), says("All read."))
    async with running(temporal, world, **start()) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "compacted", record=record)
        session = await flow.session()
        log = await world.log(session.id)

    assert session.summary == "All read."
    # The second turn has made it long: four messages, of which the last turn stays.
    after = asked(world, "You read.")[2].messages
    assert [message.role for message in after] == ["user", "assistant", "user"]
    goal, summary = [block["text"] for block in after[0].content]
    assert (goal, summary.splitlines()[-1]) == ("Read everything.", "Jobs 50 and 50 fail.")
    # The second summary has the first among what it sums up, and takes its place.
    [_, second] = asked(world, "You summarise")
    assert "Jobs 50 and 50 fail." in str(second.messages)
    assert "Jobs 50 and 50 fail." not in str(asked(world, "You read.")[-1].messages)
    assert session.usage.cost_microusd == 6 * COST.cost_microusd
    [line, _] = [line for line in log if line.component == "reader#compaction"]
    assert line.text.startswith("The conversation was compacted: 4 messages of about 1100 tokens became 2 of about ")
    earlier = await world.store.contents.get(line.data["earlier"])
    assert b'"parts"' in earlier


async def test_without_the_key_nothing_is_ever_left_out(temporal: WorkflowEnvironment):
    world = a_world(*(look() for _ in range(5)), says("All read."))
    async with running(temporal, world, **start("false")) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE

    assert len(world.planner.asked[-1].messages) == 11


async def test_a_short_conversation_is_left_alone(temporal: WorkflowEnvironment):
    world = a_world(*(look() for _ in range(3)), says("All read."), context=100_000)
    async with running(temporal, world, **start()) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE

    assert asked(world, "You summarise") == []


async def test_a_summary_that_broke_off_is_asked_for_again_and_both_are_paid_for(temporal: WorkflowEnvironment):
    world = a_world(look(), look(), TryAgain("Broke off."), says("SUMMARY"), says("All read."))
    async with running(temporal, world, **start()) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE
        assert (await flow.session()).usage.cost_microusd == 5 * COST.cost_microusd


async def test_a_model_that_will_not_summarise_is_gone_on_without(temporal: WorkflowEnvironment):
    world = a_world(look(), look(), says("", StopReason.REFUSED), says("All read."))
    async with running(temporal, world, **start()) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE

    assert "could not be summarised" in str(world.planner.asked[-1].messages[0].content)


async def test_the_cap_holds_for_summaries_too(temporal: WorkflowEnvironment):
    world = a_world(look(), look(), says("Never asked."))
    world.limits = world.limits.model_copy(update={"cost_cap_microusd": 2 * COST.cost_microusd})
    async with running(temporal, world, **start()) as flow:
        assert (await flow.ending())["ending"] == Ending.COST_CAP

    assert len(world.planner.replies) == 1


async def test_what_the_provider_finds_too_long_is_compacted_and_sent_again(temporal: WorkflowEnvironment, record: bool):
    world = a_world(look(), look(), TOO_LONG, says("SUMMARY"), says("All read."), context=100_000)
    async with running(temporal, world, **start()) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "compacted_when_refused", record=record)

    refused, again = asked(world, "You read.")[2:]
    assert again.messages[-1] == refused.messages[-1]
    assert "SUMMARY" in str(again.messages[0].content)


@pytest.mark.parametrize(("compaction", "advice"), [("false", "compaction: true"), (SMALL, "less to read at once")])
async def test_a_conversation_that_cannot_be_made_short_enough_ends_with_what_to_do(
    temporal: WorkflowEnvironment, compaction: str, advice: str
):
    world = a_world(TOO_LONG, TOO_LONG, TOO_LONG)
    async with running(temporal, world, **start(compaction)) as flow:
        with pytest.raises(Exception, match="Workflow execution failed"):
            await flow.ending()
        session = await flow.session()

    assert session.ending == Ending.FAULT
    assert "is longer than its model takes" in session.summary
    assert advice in session.summary
    assert len(world.planner.replies) == 2


async def test_a_summary_tells_no_secret(temporal: WorkflowEnvironment):
    world = a_world(look(), look(), says(f"The token is {SECRET}."), says("All read."))
    async with running(temporal, world, **start()) as flow:
        await flow.ending()

    assert SECRET not in str(world.planner.asked[-1].messages)
    assert "[redacted:gitlab_token]" in str(world.planner.asked[-1].messages)


async def test_compaction_and_continuing_as_new_lose_nothing(forgetful_temporal: WorkflowEnvironment):
    turns = [reply for n in range(20) for reply in (look(), says(f"Summary {n}."))]
    world = a_world(look(), *turns, says("All read."))
    async with running(forgetful_temporal, world, **start()) as flow:
        await flow.handle.result(follow_runs=True)
        log = await world.log((await flow.session()).id)

    assert world.planner.replies == []
    assert len([line for line in log if line.component == "reader#compaction"]) == 20
    assert "Summary 19." in str(world.planner.asked[-1].messages[0].content)
