"""Delegation: a supervisor's call of `delegate_task` is settled by a sub-agent's own rounds, in a numbered subsession.

Which subsession a call was given stands in the supervisor's memory before its rounds begin, so that a new history goes on in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.contracts import CallRequest, ToolResult
from duo_flows.domain.delegation import DELEGATE_TASK, component_of, number_of, read_delegation
from duo_flows.domain.errors import Refused
from duo_flows.domain.log_events import LogEvent, event_data
from duo_flows.domain.redaction import redact
from duo_flows.domain.sessions import LogKind
from workflows.run_state import OpenDelegation

from .turns import AgentFailed

if TYPE_CHECKING:
    from .loop import AgentLoop


async def delegate(loop: AgentLoop, call: CallRequest) -> ToolResult:
    """Return the sub-agent's answer, or why there is none, in words that the supervisor's model can act on.

    Raises:
        EndRun: money was used up, or somebody stopped the session.
        ContinueAsNew: the run goes on in a new history, in the sub-agent's round.
    """
    try:
        given = loop.agent.open_delegation or await _given(loop, call)
    except Refused as refusal:
        await _report(loop, LogEvent.DELEGATION_ERROR, redact(str(refusal)))
        return ToolResult(call_id=call.id, text=str(refusal), is_error=True)
    sub = loop.subsession_of(given.subagent, given.number)
    try:
        answer = await sub.answer()
    except AgentFailed as failure:
        result = ToolResult(call_id=call.id, text=f"Subsession {given.number} came to no answer. {failure.reason}", is_error=True)
    else:
        text = f"{given.subagent} has answered in subsession {given.number}:\n\n"
        result = ToolResult(call_id=call.id, text=text, answer=answer)
    told = "came to no answer" if result.is_error else "has answered"
    await _report(loop, LogEvent.DELEGATION_RETURNS, f"{sub.key} {told}.")
    loop.remember(open_delegation=None)
    return result


async def _given(loop: AgentLoop, call: CallRequest) -> OpenDelegation:
    """Give the task to a subsession: a new one, or the one that the call names.

    Raises:
        Refused: it cannot be given to anybody; the supervisor's model is told.
    """
    if loop.has_delegated_enough:
        raise Refused("You have used up your delegations. Give your final answer now.", code="delegations_used_up")
    names = [sub.name for sub in loop.component.subagents]
    agents = loop.run.state.agents
    subsessions = {number_of(key): component_of(key) for key in agents if number_of(key) and component_of(key) in names}
    wanted = read_delegation(call.arguments, subagents=names, subsessions=subsessions)
    number = wanted.subsession or max(subsessions, default=0) + 1
    given = OpenDelegation(call_id=call.id, subagent=wanted.subagent, number=number)
    sub = loop.subsession_of(given.subagent, number)
    sub.enter(assignment=wanted.prompt)
    loop.remember(open_delegation=given, delegation_count=loop.agent.delegation_count + 1)
    await _report(loop, LogEvent.DELEGATION, f"a task for {sub.key}.")
    return given


async def _report(loop: AgentLoop, event: LogEvent, told: str) -> None:
    shown = event_data(loop.component, event)
    await loop.run.report(loop.run.entry(LogKind.TOOL, f"{DELEGATE_TASK}: {told}", component=loop.key, data=shown))
