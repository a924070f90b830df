"""The rounds of one agent: a turn of its model, then the calls that the turn asks for, until it answers (F6).

Everything that a round has brought about stands in the run's memory before the next thing begins, so that a new history goes on
exactly there: a turn is never taken twice, and a call whose result is known is never made again.
"""

from __future__ import annotations

from typing import Any

from temporalio import workflow

from activities.contracts import ModelContract, ModelTurn, ModelTurnDone
from duo_flows.domain.flow_context import resolve_inputs
from duo_flows.domain.flow_definition import AgentComponent
from duo_flows.domain.model_turns import StopReason
from duo_flows.domain.sessions import Ending
from workflows import retries
from workflows.run_state import AgentState, EndRun
from workflows.session_run import SessionRun

from .calls import settle_calls

# A model that does not give an acceptable answer four times in a row will not give one the fifth time.
_PROBLEMS_IN_A_ROW = 4


class AgentLoop:
    """The rounds of one agent. Its memory is `run.state.agents[key]`; nothing of it is kept here."""

    def __init__(self, run: SessionRun, component: AgentComponent) -> None:
        self.run = run
        self.component = component
        self.key = component.name

    @property
    def agent(self) -> AgentState:
        """Return where the agent stands."""
        return self.run.state.agents.get(self.key, AgentState())

    def remember(self, **changes: Any) -> None:
        """Change where the agent stands."""
        self.run.state.agents[self.key] = self.agent.model_copy(update=changes)

    async def answer(self) -> Any:
        """Return the agent's final answer.

        Raises:
            EndRun: the agent used up its rounds or the session's money, refused, or gave no acceptable answer.
            ContinueAsNew: the run goes on in a new history, in this round.
        """
        if not self.agent.is_midway:
            self.remember(is_midway=True, cycle=0, problems=0)
        while True:
            await self.run.safe_point()
            if not self.agent.calls:
                done = await self._take_turn()
                self._remember_turn(done)
                self._check(done)
                if not done.calls and not done.problem:
                    break
            if self.agent.calls:
                self.remember(results=await settle_calls(self), calls=())
        self.remember(is_midway=False)
        return done.answer

    async def _take_turn(self) -> ModelTurnDone:
        run, agent, component = self.run, self.agent, self.component
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

    def _remember_turn(self, done: ModelTurnDone) -> None:
        agent = self.agent
        self.remember(
            conversation_ref=done.conversation_ref,
            turn=agent.turn + 1,
            cycle=agent.cycle + 1,
            calls=done.calls,
            results=(),
            messages=(done.problem,) if done.problem else (),
            problems=agent.problems + 1 if done.problem else 0,
        )

    def _check(self, done: ModelTurnDone) -> None:
        name, agent = self.component.name, self.agent
        if done.is_over_cap:
            raise EndRun(Ending.COST_CAP, "The session has used what it may cost. Raise the cap, or start a smaller task.")
        if done.stop_reason is StopReason.REFUSED:
            why = f": {done.problem.rstrip('.')}" if done.problem else ""
            raise EndRun(Ending.FAULT, f"The model declined to go on in {name}{why}. Start again with another goal.")
        if agent.problems >= _PROBLEMS_IN_A_ROW:
            raise EndRun(Ending.FAULT, f"{name} gave no acceptable answer in {agent.problems} turns; the last: {done.problem}")
        limit = self.component.max_cycles.threshold + self.component.max_wrap_up_retries
        if agent.cycle >= limit and done.calls:
            raise EndRun(Ending.FAULT, f"{name} used up its {agent.cycle} rounds without an answer. Narrow the goal and retry.")
