"""The curated view of a whole session: what the author of fix_pipeline shows, in order, and nothing else."""

import pytest
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.log_events import is_curated
from tests.doubles.world import World, running

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


async def test_the_curated_log_tells_the_story_and_the_whole_log_keeps_everything(temporal: WorkflowEnvironment):
    world = World()
    async with running(temporal, world) as flow:
        await flow.answer("apply")
        await flow.ending()
        log = await world.log((await flow.session()).id)

    curated = [(line.component, line.data.get("event", line.kind)) for line in log if is_curated(line)]
    reads = [("diagnose", "on_tool_execution_success")] * 2
    assert curated == [
        ("", "status"),
        ("find_failures", "on_tool_execution_success"),
        ("diagnose", "on_agent_reasoning"),
        *reads,
        ("diagnose", "on_agent_final_answer"),
        ("propose", "on_tool_execution_success"),
        ("consent", "on_user_input_prompt"),
        ("consent", "on_user_response"),
        ("push", "on_tool_execution_success"),
        ("await_pipeline", "on_tool_execution_success"),
        ("", "ending"),
    ]
    answer = next(line for line in log if line.data.get("event") == "on_agent_final_answer")
    assert "The test expects a timestamp that has passed." in answer.text
    hidden = {line.component: line.data["event"] for line in log if line.data.get("is_shown") is False}
    assert hidden == {"read_changes": "on_tool_execution_success"}
