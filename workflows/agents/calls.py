"""The calls that one turn asks for, settled: each has its result afterwards, in the order in which they were asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from temporalio import workflow

from activities.contracts import CallRequest, ToolContract, ToolResult, ToolRun
from workflows import retries

if TYPE_CHECKING:
    from .loop import AgentLoop


async def settle_calls(loop: AgentLoop) -> tuple[ToolResult, ...]:
    """Return the results of the agent's pending calls. What is known already stands in the agent's `results`.

    Raises:
        EndRun, ContinueAsNew: while something that takes long was waited for; what is known stays in the agent's memory.
    """
    known = {result.call_id: result for result in loop.agent.results}
    open_calls = [call for call in loop.agent.calls if call.id not in known]
    # Calls of one turn do not depend on each other: a model that needs a result waits for the next turn.
    for result in await asyncio.gather(*(_call_tool(loop, call) for call in open_calls)):
        known[result.call_id] = result
    return tuple(known[call.id] for call in loop.agent.calls)


async def _call_tool(loop: AgentLoop, call: CallRequest) -> ToolResult:
    task = ToolRun(
        scope=loop.run.scope,
        component=loop.component.name,
        step=loop.run.state.step,
        tool=call.name,
        arguments=call.arguments,
        call_id=call.id,
    )
    done = await workflow.execute_activity_method(
        ToolContract.call_tool, task, summary=f"{loop.component.name}: {call.name}"[:200], **retries.TOOL
    )
    return ToolResult(call_id=call.id, text_ref=done.text_ref, is_error=bool(done.error))
