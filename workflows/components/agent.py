"""AgentComponent: a model that works with tools until it answers. One activity for each turn and for each tool call (F6)."""

from __future__ import annotations

import asyncio

from temporalio import workflow

from activities.contracts import CallRequest, ModelContract, ModelTurn, ModelTurnDone, ToolContract, ToolDone, ToolResult, ToolRun
from duo_flows.domain.flow_context import resolve_inputs
from duo_flows.domain.flow_definition import AgentComponent
from duo_flows.domain.model_turns import StopReason
from duo_flows.domain.sessions import Ending
from workflows import retries
from workflows.run_state import AgentState, EndRun
from workflows.session_run import SessionRun

# A model that does not give an acceptable answer four times in a row will not give one the fifth time.
_PROBLEMS_IN_A_ROW = 4


async def run_agent(run: SessionRun, component: AgentComponent) -> None:
    """Let the agent work until its final answer, which is left at `context:<name>.final_answer`.

    Raises:
        EndRun: the agent used up its rounds or the session's money, refused, or gave no acceptable answer.
    """
    agent = run.state.agents.get(component.name, AgentState())
    if not agent.is_midway:
        agent = agent.model_copy(update={"is_midway": True, "cycle": 0, "problems": 0})
    while True:
        run.state.agents[component.name] = agent
        run.safe_point()
        done = await _take_turn(run, component, agent)
        agent = _after_turn(agent, done)
        _check(component, agent, done)
        if done.calls:
            agent = agent.model_copy(update={"results": await _call_all(run, component, done.calls)})
        elif not done.problem:
            break
    run.state.agents[component.name] = agent.model_copy(update={"is_midway": False})
    run.state.context[component.name] = {"final_answer": done.answer}


async def _take_turn(run: SessionRun, component: AgentComponent, agent: AgentState) -> ModelTurnDone:
    task = ModelTurn(
        scope=run.scope,
        component=component.name,
        step=run.state.step,
        turn=agent.turn,
        inputs=resolve_inputs(component.inputs, run.state.context),
        conversation_ref=agent.conversation_ref,
        greets=agent.cycle == 0,
        tool_results=agent.results,
        messages=agent.messages,
        must_finish=agent.cycle >= component.max_cycles.threshold,
        cost_cap_microusd=run.state.opened.limits.cost_cap_microusd,
    )
    turn = workflow.execute_activity_method(
        ModelContract.model_turn, task, summary=f"{component.name}: turn {agent.turn + 1}", **retries.MODEL
    )
    return await run.unless_stopped(turn)


def _after_turn(agent: AgentState, done: ModelTurnDone) -> AgentState:
    return agent.model_copy(
        update={
            "conversation_ref": done.conversation_ref,
            "turn": agent.turn + 1,
            "cycle": agent.cycle + 1,
            "results": (),
            "messages": (done.problem,) if done.problem else (),
            "problems": agent.problems + 1 if done.problem else 0,
        }
    )


def _check(component: AgentComponent, agent: AgentState, done: ModelTurnDone) -> None:
    if done.is_over_cap:
        raise EndRun(Ending.COST_CAP, "The session has used what it may cost. Raise the cap, or start a smaller task.")
    if done.stop_reason is StopReason.REFUSED:
        why = f": {done.problem.rstrip('.')}" if done.problem else ""
        raise EndRun(Ending.FAULT, f"The model declined to go on in {component.name}{why}. Start again with another goal.")
    if agent.problems >= _PROBLEMS_IN_A_ROW:
        raise EndRun(
            Ending.FAULT, f"{component.name} gave no acceptable answer in {agent.problems} turns; the last: {done.problem}"
        )
    if agent.cycle >= component.max_cycles.threshold + component.max_wrap_up_retries and done.calls:
        raise EndRun(
            Ending.FAULT, f"{component.name} used up its {agent.cycle} rounds without an answer. Narrow the goal and retry."
        )


async def _call_all(run: SessionRun, component: AgentComponent, calls: tuple[CallRequest, ...]) -> tuple[ToolResult, ...]:
    # Calls of one turn do not depend on each other: a model that needs a result waits for the next turn.
    done = await asyncio.gather(*(_call(run, component, call) for call in calls))
    return tuple(
        ToolResult(call_id=call.id, text_ref=result.text_ref, is_error=bool(result.error))
        for call, result in zip(calls, done, strict=True)
    )


async def _call(run: SessionRun, component: AgentComponent, call: CallRequest) -> ToolDone:
    task = ToolRun(
        scope=run.scope,
        component=component.name,
        step=run.state.step,
        tool=call.name,
        arguments=call.arguments,
        call_id=call.id,
    )
    return await workflow.execute_activity_method(
        ToolContract.call_tool, task, summary=f"{component.name}: {call.name}"[:200], **retries.TOOL
    )
