"""The rounds of one agent: a turn of its model, then the calls that the turn asks for, until it answers (F6).

Everything that a round has brought about stands in the run's memory before the next thing begins, so that a new history goes on
exactly there: a turn is never taken twice, and a call whose result is known is never made again.
"""

from __future__ import annotations

from typing import Any

from activities.contracts import CallRequest, ModelTurnDone, ToolResult
from duo_flows.domain.delegation import DELEGATE_TASK
from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.flow_definition import AgentComponent
from workflows.session_run import SessionRun

from .calls import settle_calls
from .delegation import delegate
from .turns import AgentFailed, AgentTurns

_NOT_MADE = "This call was not made: your rounds were used up."


class AgentLoop(AgentTurns):
    """The rounds of one agent: of a component, or of a sub-agent in one of its subsessions."""

    component: AgentComponent

    def __init__(self, run: SessionRun, component: AgentComponent, *, subsession: int = 0) -> None:
        super().__init__(run, component, subsession=subsession)

    async def answer(self, assignment: Any = None) -> Any:
        """Return the agent's final answer; `assignment` is what a supervisor asks of it when it is entered.

        Raises:
            AgentFailed: the agent used up its rounds, declined, or gave no acceptable answer. It can be entered again.
            EndRun: money was used up, or somebody stopped the session.
            ContinueAsNew: the run goes on in a new history, in this round.
        """
        self.enter(assignment=assignment)
        try:
            done = await self._last_turn()
        except AgentFailed:
            # A conversation in which calls have no results is one that no provider takes.
            unmade = tuple(ToolResult(call_id=call.id, text=_NOT_MADE, is_error=True) for call in self.agent.calls)
            self.remember(is_midway=False, calls=(), results=unmade or self.agent.results)
            raise
        self.remember(is_midway=False)
        return done.answer

    async def _last_turn(self) -> ModelTurnDone:
        while True:
            await self.run.safe_point()
            if not self.agent.calls:
                done = await self.take_turn()
                self._check_rounds(done)
                if not done.calls and not done.problem:
                    return done
            if self.agent.calls:
                self.remember(results=await settle_calls(self), calls=())

    def delegates(self, call: CallRequest) -> bool:
        """Tell whether a call gives a task to a sub-agent; who has none has no such tool either."""
        return call.name == DELEGATE_TASK and not call.problem and bool(self.component.subagents)

    async def delegate(self, call: CallRequest) -> ToolResult:
        """Return what a sub-agent answers to its task, or why it does not."""
        return await delegate(self, call)

    def limits(self) -> dict[str, Any]:
        """Return whether the agent must finish now, and how many rounds are left where it is to be warned."""
        limit = self.component.max_cycles
        rounds_left = limit.threshold - self.agent.cycle
        is_warned = rounds_left == limit.iteration_warning_offset
        return {"must_finish": rounds_left <= 0 or self.has_delegated_enough, "rounds_left": rounds_left if is_warned else None}

    @property
    def has_delegated_enough(self) -> bool:
        """Tell whether a supervisor has used up its delegations."""
        limit = self.component.max_delegations
        return limit is not None and bool(self.component.subagents) and self.agent.delegation_count >= limit

    def _check_rounds(self, done: ModelTurnDone) -> None:
        limit = self.component.max_cycles.threshold + self.component.max_wrap_up_retries
        if self.agent.cycle >= limit and done.calls:
            raise AgentFailed(f"{self.key} used up its {self.agent.cycle} rounds without an answer. Narrow the goal and retry.")

    def subsession_of(self, subagent: str, number: int) -> AgentLoop:
        """Return the loop of a sub-agent of this supervisor.

        Raises:
            NeverAgain: there is no such agent; a checked definition never comes here.
        """
        component = self.run.state.opened.definition.component(subagent)
        if not isinstance(component, AgentComponent):
            raise NeverAgain(f"{subagent!r} is not an agent.", code="invalid_definition")
        return AgentLoop(self.run, component, subsession=number)
