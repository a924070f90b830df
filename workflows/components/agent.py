"""AgentComponent: a model that works with tools until it answers."""

from __future__ import annotations

from duo_flows.domain.flow_definition import AgentComponent
from workflows.agents.loop import AgentLoop
from workflows.session_run import SessionRun


async def run_agent(run: SessionRun, component: AgentComponent) -> None:
    """Let the agent work until its final answer; leaves `final_answer` and `cycle_count` in the context.

    Raises:
        EndRun: the agent used up its rounds or the session's money, refused, or gave no acceptable answer.
    """
    loop = AgentLoop(run, component)
    answer = await loop.answer()
    run.state.context[component.name] = {"final_answer": answer, "cycle_count": loop.agent.cycle}
