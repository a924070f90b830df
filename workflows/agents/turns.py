"""One agent's turns: its memory, what a turn is asked with, and what it leaves. How many turns there are is not decided here."""

from __future__ import annotations

from typing import Any

from temporalio import workflow

from activities.contracts import CallRequest, ModelContract, ModelTurn, ModelTurnDone, ToolResult
from duo_flows.domain.delegation import subsession_key
from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.flow_definition import AgentComponent, OneOffComponent
from duo_flows.domain.model_turns import StopReason
from duo_flows.domain.sessions import Ending
from workflows import retries
from workflows.run_state import AgentState, EndRun
from workflows.session_run import SessionRun

from .compaction import compact

# A model that does not give an acceptable answer four times in a row will not give one the fifth time.
_PROBLEMS_IN_A_ROW = 4
_SESSION_CAP = "The session has used what it may cost. Raise the cap, or start a smaller task."


class AgentFailed(EndRun):
    """The agent came to no answer, through nobody's fault but its own. A supervisor can go on without it; a run cannot."""

    def __init__(self, reason: str) -> None:
        super().__init__(Ending.FAULT, reason)


class AgentTurns:
    """The turns of one agent. Its memory is `run.state.agents[key]`; nothing of it is kept here.

    `keeps_values` says that what its calls give is wanted for the context.
    """

    keeps_values = False

    def __init__(self, run: SessionRun, component: AgentComponent | OneOffComponent, *, subsession: int = 0) -> None:
        self.run = run
        self.component = component
        self.subsession = subsession
        self.key = subsession_key(component.name, subsession)

    @property
    def agent(self) -> AgentState:
        """Return where the agent stands."""
        return self.run.state.agents.get(self.key, AgentState())

    def remember(self, **changes: Any) -> None:
        """Change where the agent stands."""
        self.run.state.agents[self.key] = self.agent.model_copy(update=changes)

    def enter(self, **changes: Any) -> None:
        """Begin a passage, unless one was begun already and goes on in this history."""
        if not self.agent.is_midway:
            self.remember(is_midway=True, cycle=0, problems=0, delegation_count=0, **changes)

    def delegates(self, call: CallRequest) -> bool:  # noqa: ARG002 - who has sub-agents looks at the call
        """Tell whether a call gives a task to a sub-agent."""
        return False

    async def delegate(self, call: CallRequest) -> ToolResult:
        """Return what a sub-agent answers to its task.

        Raises:
            NeverAgain: there are no sub-agents here.
        """
        raise NeverAgain(f"{self.component.name!r} has nobody to delegate {call.name!r} to.", code="invalid_state")

    def limits(self) -> dict[str, Any]:
        """Return what the next turn is told about its limits, as fields of `ModelTurn`."""
        return {}

    async def take_turn(self) -> ModelTurnDone:
        """Take one turn; what it has brought about stands in the agent's memory afterwards.

        Raises:
            EndRun: the session's or the component's money is used up, or somebody stopped the session.
            AgentFailed: the model declined, gave no acceptable answer again and again, or cannot take so long a conversation.
        """
        if self.agent.is_long:
            await compact(self)
        done = await self._ask()
        while done.is_too_long:
            if not await compact(self):
                raise AgentFailed(f"The conversation of {self.key} is longer than its model takes. {self._shorter()}")
            done = await self._ask()
        self._remember_turn(done)
        self._check(done)
        return done

    def _shorter(self) -> str:
        if self.component.compaction is None:
            return "Give it `compaction: true`, or less to read."
        return "What is left after compaction is too long by itself: give it less to read at once."

    async def _ask(self) -> ModelTurnDone:
        run, agent, component = self.run, self.agent, self.component
        task = ModelTurn(
            scope=run.scope,
            component=component.name,
            subsession=self.subsession,
            step=run.state.step,
            turn=agent.turn,
            inputs=run.read(component.inputs),
            conversation_ref=agent.conversation_ref,
            greets=agent.cycle == 0,
            tool_results=agent.results,
            messages=agent.messages,
            assignment=agent.assignment,
            cost_cap_microusd=run.state.opened.limits.cost_cap_microusd,
            **self.limits(),
        )
        patience = retries.model(run.state.opened.limits)
        turn = workflow.execute_activity_method(
            ModelContract.model_turn, task, summary=f"{self.key}: turn {agent.turn + 1}", **patience
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
            assignment=None,
            problems=agent.problems + 1 if done.problem else 0,
            tokens=done.tokens,
            is_long=done.is_long,
        )

    def _check(self, done: ModelTurnDone) -> None:
        if done.is_over_cap:
            # A problem names a cap that is not the session's own.
            raise EndRun(Ending.COST_CAP, done.problem or _SESSION_CAP)
        if done.stop_reason is StopReason.REFUSED:
            why = f": {done.problem.rstrip('.')}" if done.problem else ""
            raise AgentFailed(f"The model declined to go on in {self.key}{why}. Start again with another goal.")
        if self.agent.problems >= _PROBLEMS_IN_A_ROW:
            raise AgentFailed(f"{self.key} gave no acceptable answer in {self.agent.problems} turns; the last: {done.problem}")
