"""Compaction between two turns: asked for here, done in an activity of its own. The conversation before it stays in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from temporalio import workflow

from activities.contracts import CompactConversation, ModelContract
from duo_flows.domain.sessions import Ending
from workflows import retries
from workflows.run_state import EndRun

if TYPE_CHECKING:
    from .turns import AgentTurns


async def compact(turns: AgentTurns) -> bool:
    """Let the agent's older messages become a summary, if its component says so; return whether the conversation is shorter now.

    Raises:
        EndRun: the session's money is used up, or somebody stopped the session.
    """
    agent, run = turns.agent, turns.run
    if turns.component.compaction is None:
        return False
    task = CompactConversation(
        scope=run.scope,
        component=turns.component.name,
        subsession=turns.subsession,
        step=run.state.step,
        turn=agent.turn,
        conversation_ref=agent.conversation_ref,
        tokens=agent.tokens,
        cost_cap_microusd=run.state.opened.limits.cost_cap_microusd,
    )
    patience = retries.model(run.state.opened.limits)
    compaction = workflow.execute_activity_method(
        ModelContract.compact_conversation, task, summary=f"{turns.key}: compact before turn {agent.turn + 1}", **patience
    )
    done = await run.unless_stopped(compaction)
    if done.is_over_cap:
        raise EndRun(Ending.COST_CAP, done.problem)
    turns.remember(conversation_ref=done.conversation_ref, is_long=False)
    return done.conversation_ref != agent.conversation_ref
