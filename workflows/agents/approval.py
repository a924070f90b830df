"""Consent to an agent's calls: the requester is asked about the whole batch of a turn before any of it is made (A4).

Nothing is enforced here: `call_tool` looks for the consent itself. Here is only waited for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from temporalio import workflow

from activities.contracts import AskAboutCalls, Asked, RequestContract, ToolResult
from duo_flows.domain.flow_definition import AgentComponent
from duo_flows.domain.requests import RequestState
from workflows import questions, retries

if TYPE_CHECKING:
    from .turns import AgentTurns

_REJECTED = "The person did not agree to these calls, so none of them was made. Find another way, or finish without them."


async def objection(loop: AgentTurns) -> str:
    """Return what the agent is told instead of its pending calls being made; empty where they may be made.

    Once they may, that is remembered, so that a new history does not ask again.

    Raises:
        EndRun: nobody answered in time, or somebody stopped the session.
        ContinueAsNew: the run goes on in a new history, with the calls still pending.
    """
    component = loop.component
    if not isinstance(component, AgentComponent) or not component.require_tool_approval:
        return ""
    if loop.agent.agreed_turn == loop.agent.turn:
        return ""
    question = await questions.ask(loop.run, lambda: _put(loop), asker=loop.key, component=component.name)
    if question is None or question.request.state is RequestState.APPLIED:
        loop.remember(agreed_turn=loop.agent.turn)
        return ""
    if question.request.state is RequestState.MODIFIED:
        return f"{_REJECTED} @{question.request.requester} says:\n\n{question.words}"
    return _REJECTED


def rejected(loop: AgentTurns, reason: str) -> tuple[ToolResult, ...]:
    """Return the results of calls that were not made."""
    return tuple(ToolResult(call_id=call.id, text=call.problem or reason, is_error=True) for call in loop.agent.calls)


async def _put(loop: AgentTurns) -> Asked | None:
    run = loop.run
    task = AskAboutCalls(
        scope=run.scope,
        component=loop.component.name,
        step=run.state.step,
        agent=loop.key,
        turn=loop.agent.turn,
        calls=tuple(call for call in loop.agent.calls if not call.problem and not loop.delegates(call)),
        deadline=workflow.now() + run.state.opened.limits.request_timeout,
    )
    asked = await workflow.execute_activity_method(
        RequestContract.ask_about_calls, task, summary=f"{loop.component.name}: may these calls be made?", **retries.STORE
    )
    return asked.asked
