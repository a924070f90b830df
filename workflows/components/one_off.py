"""OneOffComponent: a model calls tools in one round; what did not work goes back to it a few times, and then it is over."""

from __future__ import annotations

from typing import Any

from activities.contracts import CallRequest, ToolResult
from duo_flows.domain.flow_context import joined_fields
from duo_flows.domain.flow_definition import OneOffComponent
from duo_flows.domain.redaction import redact
from duo_flows.domain.sessions import LogKind
from workflows.agents.calls import settle_calls
from workflows.agents.turns import AgentTurns
from workflows.session_run import SessionRun

# Enough to see why a model did nothing.
_REASONING_MAX = 2_000


class _Rounds(AgentTurns):
    """The rounds of a OneOffComponent. What they have given stands in the context after each."""

    keeps_values = True
    component: OneOffComponent

    def begin(self) -> None:
        """Begin a passage with empty outputs, unless one goes on in this history."""
        if not self.agent.is_midway:
            self._leave({"tool_calls": [], "tool_responses": [], "execution_result": None})
        self.enter()

    def add(self, calls: tuple[CallRequest, ...], results: tuple[ToolResult, ...]) -> None:
        """Add a round's calls and what they gave."""
        known = self.run.state.context[self.component.name]
        made = [{"name": call.name, "arguments": call.arguments} for call in calls]
        responses = [*known["tool_responses"], *(result.value for result in results)]
        self._leave({**known, "tool_calls": [*known["tool_calls"], *made], "tool_responses": responses})
        self.remember(results=results, calls=())

    def finish(self, execution_result: str) -> None:
        """End the passage. The fields of what the last round gave stand together, if that worked and gave any."""
        outputs = {**self.run.state.context[self.component.name], "execution_result": execution_result}
        fields = joined_fields(result.value for result in self.agent.results) if execution_result == "success" else {}
        self._leave({**outputs, **({"parsed_responses": fields} if fields else {})})
        self.remember(is_midway=False)

    @property
    def may_correct(self) -> bool:
        """Tell whether the model may try once more; the first round is no correction."""
        return self.agent.cycle <= self.component.max_correction_attempts

    def _leave(self, outputs: dict[str, Any]) -> None:
        self.run.state.context[self.component.name] = outputs


async def run_one_off(run: SessionRun, component: OneOffComponent) -> None:
    """Let the model call its tools; leaves its outputs in the context.

    These are `tool_calls`, `tool_responses`, `execution_result` (success, failed), and `parsed_responses` after a success.

    Raises:
        EndRun: money was used up, the model declined, or somebody stopped the session.
        ContinueAsNew: the run goes on in a new history, in this round.
    """
    rounds = _Rounds(run, component)
    rounds.begin()
    while True:
        await run.safe_point()
        if not rounds.agent.calls:
            done = await rounds.take_turn()
            if not done.calls and not done.problem:
                await _tell_why(run, rounds, done.answer)
                return rounds.finish("failed")
        if rounds.agent.calls:
            rounds.add(rounds.agent.calls, await settle_calls(rounds))
            if not any(result.is_error for result in rounds.agent.results):
                return rounds.finish("success")
        if not rounds.may_correct:
            return rounds.finish("failed")


async def _tell_why(run: SessionRun, rounds: _Rounds, reasoning: Any) -> None:
    said = redact(reasoning)[:_REASONING_MAX] if isinstance(reasoning, str) and reasoning.strip() else "it did not say why."
    await run.report(run.entry(LogKind.NOTE, f"{rounds.key} called no tool: {said}", component=rounds.key))
