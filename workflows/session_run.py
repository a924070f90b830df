"""One run of a session as its components see it: memory, reports, errands beside the walk, and safe points."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.contracts import Announce, Scope, SessionContract
from duo_flows.domain.flow_components import Input
from duo_flows.domain.flow_context import Readable, resolve_inputs
from duo_flows.domain.sessions import Ending, LogKind, NewLogEntry, SessionEvent, SessionStatus, flow_word, next_status

from . import display, retries
from .errands import Errands
from .people import People
from .reports import report
from .run_state import EndRun, RunState

T = TypeVar("T")


class ContinueAsNew(Exception):  # noqa: N818 - a way out, not an error
    """The history has become long; the run goes on in a new one from its memory."""


class SessionRun:
    """One run of a session.

    Components read and write `state.context`, call activities, and come by `safe_point()` wherever they could stop, or go on
    later in another history, without losing anything.
    """

    def __init__(self, state: RunState, *, people: People, errands: Errands) -> None:
        self.state = state
        self.people = people
        self.errands = errands
        self.pipeline_hints = 0
        # Held while a question is being put, so that two who want to ask put one after the other.
        self.asking = asyncio.Lock()

    @property
    def scope(self) -> Scope:
        """Return for whom and where this run acts."""
        return self.state.scope

    def read(self, inputs: Sequence[Input]) -> dict[str, Any]:
        """Return what a component's inputs read now, by name.

        Raises:
            MissingValue: a value that is not optional is missing.
        """
        state = self.state
        conversations = {key: agent.conversation_ref for key, agent in state.agents.items() if agent.conversation_ref}
        return resolve_inputs(inputs, Readable(context=state.context, status=flow_word(state.status), conversations=conversations))

    def entry(self, kind: LogKind, text: str, **fields: Any) -> NewLogEntry:
        """Return a line for the session log."""
        return self.state.entry(kind, text, **fields)

    def move(self, event: SessionEvent) -> None:
        """Change the status as the table says, and show it in the Temporal UI."""
        self.state.status = next_status(self.state.status, event)
        display.show(self.state)

    async def report(self, *entries: NewLogEntry) -> None:
        """Write status, step, what is waited for, and log lines into the store."""
        await report(self.state, *entries)

    def announce(self, text_ref: str, *, marker: str) -> None:
        """Put a stored text into the session's item beside the walk: a GitLab that is down holds nothing else up."""
        if self.state.scope.note_target is not None:
            self.errands.start(self._announce(Announce(scope=self.scope, text_ref=text_ref, marker=marker)))

    async def _announce(self, task: Announce) -> None:
        try:
            await workflow.execute_activity_method(
                SessionContract.announce, task, summary=f"announce {task.marker}", **retries.GITLAB
            )
        except ActivityError as error:
            await self.report(self.entry(LogKind.NOTE, f"GitLab did not take the note {task.marker}: {error.cause}"))

    async def unless_stopped(self, doing: Coroutine[Any, Any, T]) -> T:
        """Return what an activity gives, or give it up when somebody asks to stop: a model that is down is tried for a day.

        Only for what may be given up at any moment, which a write is not.

        Raises:
            EndRun: a person entitled asked to stop.
        """
        task = asyncio.create_task(doing)
        await workflow.wait_condition(lambda: task.done() or self.state.stop is not None)
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.safe_point()
        return await task

    async def safe_point(self) -> None:
        """Stop here if somebody asked to, leave for a new history if this one has become long, or wait here while paused.

        Raises:
            EndRun: a person entitled asked to stop.
            ContinueAsNew: the server suggests it.
        """
        self._leave_if_due()
        while self.state.is_to_pause:
            await self._pause()

    def _leave_if_due(self) -> None:
        stop = self.state.stop
        if stop is not None:
            raise EndRun(Ending.STOPPED, f"Stopped {stop.by}")
        if workflow.info().is_continue_as_new_suggested():
            raise ContinueAsNew

    async def _pause(self) -> None:
        """Wait until somebody resumes the session; no timer and no activity is under way meanwhile.

        Agents that work side by side come here each; the first changes the status, and the first to go on changes it back. A run
        that continues as new within a pause is still paused there.
        """
        if self.state.status is not SessionStatus.PAUSED:
            paused = f"Paused {self.state.steering.by}"
            self.move(SessionEvent.PAUSE)
            await self.report(self.entry(LogKind.STATUS, paused))
        # Wishes to resume or to stop arrive here.
        await workflow.wait_condition(lambda: not self.state.is_to_pause or workflow.info().is_continue_as_new_suggested())
        self._leave_if_due()
        if self.state.status is SessionStatus.PAUSED:
            self.move(SessionEvent.RESUME)
            await self.report(self.entry(LogKind.STATUS, "The session goes on."))
