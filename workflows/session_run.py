"""One run of a session as its components see it: memory, reports, errands beside the walk, and safe points."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.contracts import Announce, Scope, SessionContract
from duo_flows.domain.sessions import Ending, LogKind, NewLogEntry, SessionEvent, next_status

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

    @property
    def scope(self) -> Scope:
        """Return for whom and where this run acts."""
        return self.state.scope

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
        """Stop here if somebody asked to, or leave for a new history if this one has become long.

        Raises:
            EndRun: a person entitled asked to stop.
            ContinueAsNew: the server suggests it.
        """
        stop = self.state.stop
        if stop is not None:
            raise EndRun(Ending.STOPPED, f"Stopped by @{stop.actor}" + (f": {stop.reason}" if stop.reason else "."))
        if workflow.info().is_continue_as_new_suggested():
            raise ContinueAsNew
