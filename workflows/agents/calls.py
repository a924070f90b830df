"""The calls that one turn asks for, settled: each has its result afterwards, in the order in which they were asked for.

Calls of tools are made side by side; then sub-agents are given their tasks, one after the other. What is known already stands in
the agent's memory before anything that may leave for a new history.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from temporalio import workflow

from activities.contracts import CallRequest, ToolContract, ToolResult, ToolRun
from workflows import retries

from .approval import objection, rejected

if TYPE_CHECKING:
    from .turns import AgentTurns


async def settle_calls(loop: AgentTurns) -> tuple[ToolResult, ...]:
    """Return the results of the agent's pending calls. What is known already stands in the agent's `results`.

    Raises:
        EndRun, ContinueAsNew: while something that takes long was waited for; what is known stays in the agent's memory.
    """
    if reason := await objection(loop):
        return rejected(loop, reason)
    known = {result.call_id: result for result in loop.agent.results}
    open_calls = [call for call in loop.agent.calls if call.id not in known]
    tasks = [call for call in open_calls if loop.delegates(call)]
    # Calls of one turn do not depend on each other: a model that needs a result waits for the next turn.
    for result in await asyncio.gather(*(_call_tool(loop, call) for call in open_calls if call not in tasks)):
        known[result.call_id] = result
    for call in tasks:
        loop.remember(results=_in_order(loop, known))
        known[call.id] = await loop.delegate(call)
    return _in_order(loop, known)


def _in_order(loop: AgentTurns, known: dict[str, ToolResult]) -> tuple[ToolResult, ...]:
    return tuple(known[call.id] for call in loop.agent.calls if call.id in known)


async def _call_tool(loop: AgentTurns, call: CallRequest) -> ToolResult:
    if call.problem:
        return ToolResult(call_id=call.id, text=call.problem, is_error=True)
    task = ToolRun(
        scope=loop.run.scope,
        component=loop.component.name,
        step=loop.run.state.step,
        tool=call.name,
        arguments=call.arguments,
        call_id=call.id,
        turn=loop.agent.turn,
        subsession=loop.subsession,
        keeps_value=loop.keeps_values,
    )
    done = await workflow.execute_activity_method(
        ToolContract.call_tool, task, summary=f"{loop.key}: {call.name}"[:200], **retries.tool(loop.run.state.opened.limits)
    )
    value = {"error": done.error} if loop.keeps_values and done.error else done.value
    return ToolResult(call_id=call.id, text_ref=done.text_ref, value=value, is_error=bool(done.error))
