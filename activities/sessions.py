"""Opening, reporting on and closing sessions."""

from __future__ import annotations

from temporalio import activity
from typing_extensions import override

from duo_flows.domain.redaction import redact
from duo_flows.domain.sessions import (
    ENDING_EVENTS,
    LogKind,
    NewLogEntry,
    SessionStatus,
    SessionUpdate,
    as_summary,
    next_status,
)

from .boundary import bounded
from .contracts import Announce, Closed, CloseSession, OpenedSession, OpenSession, SessionContract
from .deps import Deps
from .endings import summary_of
from .opening import Opening

# A line of the log is read at a glance.
_REASON_MAX = 500


class SessionActivities(SessionContract):
    """Opening, reporting on and closing sessions, over the ports."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @override
    @activity.defn(name="open_session")
    @bounded
    async def open_session(self, task: OpenSession) -> OpenedSession:
        return await Opening(self._deps).open(task)

    @override
    @activity.defn(name="report_session")
    @bounded
    async def report_session(self, update: SessionUpdate) -> None:
        # What people wrote is among the lines, and they too paste secrets.
        entries = tuple(entry.model_copy(update={"text": redact(entry.text)}) for entry in update.entries)
        await self._deps.sessions.update(update.model_copy(update={"entries": entries}))

    @override
    @activity.defn(name="close_session")
    @bounded
    async def close_session(self, task: CloseSession) -> Closed:
        summary = await summary_of(self._deps, task)
        text, scope = summary.text, task.scope
        # The status before does not matter: every ending's event leads from each status that is not final to the same one.
        status = next_status(SessionStatus.RUNNING, ENDING_EVENTS[task.ending])
        ending = NewLogEntry(key=f"run{scope.run}/ending", kind=LogKind.ENDING, text=text, data=_ending_data(task))
        told = (*_unrendered(scope.run, summary.problem), ending)
        update = SessionUpdate(
            session_id=scope.session_id,
            run=scope.run,
            status=status,
            step=task.step,
            ending=task.ending,
            summary=as_summary(text),
            entries=told,
        )
        await self._deps.sessions.update(update)
        return Closed(summary_ref=await self._deps.put_text(text))

    @override
    @activity.defn(name="announce")
    @bounded
    async def announce(self, task: Announce) -> None:
        target = task.scope.note_target
        if target is not None:
            await self._deps.forge.post_note(target, await self._deps.text(task.text_ref), marker=task.marker)


def _unrendered(run: int, problem: str) -> tuple[NewLogEntry, ...]:
    if not problem:
        return ()
    text = f"The flow's summary could not be rendered, so its plain ending is shown: {problem}"
    return (NewLogEntry(key=f"run{run}/summary", kind=LogKind.NOTE, text=text),)


def _ending_data(task: CloseSession) -> dict[str, str]:
    # A flow's own summary may leave the reason out; whoever reads the log wants it.
    reason = {"reason": redact(task.reason)[:_REASON_MAX]} if task.reason else {}
    return {"ending": str(task.ending), **reason}
