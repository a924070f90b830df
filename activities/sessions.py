"""Opening, reporting on and closing sessions."""

from __future__ import annotations

from temporalio import activity
from typing_extensions import override

from duo_flows.domain.errors import NeverAgain, Refused
from duo_flows.domain.redaction import redact
from duo_flows.domain.sessions import (
    ENDING_EVENTS,
    Ending,
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
from .opening import Opening


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
        text = await self._summary(task)
        scope = task.scope
        # The status before does not matter: every ending's event leads from each status that is not final to the same one.
        status = next_status(SessionStatus.RUNNING, ENDING_EVENTS[task.ending])
        update = SessionUpdate(
            session_id=scope.session_id,
            run=scope.run,
            status=status,
            step=task.step,
            ending=task.ending,
            summary=as_summary(text),
            entries=(NewLogEntry(key=f"run{scope.run}/ending", kind=LogKind.ENDING, text=text, data={"ending": task.ending}),),
        )
        await self._deps.sessions.update(update)
        return Closed(summary_ref=await self._deps.put_text(text))

    async def _summary(self, task: CloseSession) -> str:
        definition = await self._deps.definition(task.scope.definition_ref)
        if not definition.flow.summary:
            return redact(task.reason or _PLAIN_ENDINGS[task.ending])
        variables = {**await self._deps.loaded(task.context), "ending": str(task.ending), "reason": task.reason}
        try:
            return redact(self._deps.flow_files.render(definition.flow.summary, variables)).strip()
        except (NeverAgain, Refused) as error:
            # A summary that cannot be rendered must not keep a session from ending.
            activity.logger.warning("The summary of %s could not be rendered: %s", task.scope.flow, error)
            return redact(task.reason or _PLAIN_ENDINGS[task.ending])

    @override
    @activity.defn(name="announce")
    @bounded
    async def announce(self, task: Announce) -> None:
        target = task.scope.note_target
        if target is not None:
            await self._deps.forge.post_note(target, await self._deps.text(task.text_ref), marker=task.marker)


_PLAIN_ENDINGS = {
    Ending.DONE: "Done.",
    Ending.NOTHING_TO_DO: "There was nothing to do.",
    Ending.NOT_FIXABLE: "This cannot be fixed by a change of the code.",
    Ending.LOW_CONFIDENCE: "The cause is not certain enough to propose a change.",
    Ending.CANCELLED: "Cancelled; nothing was changed.",
    Ending.STOPPED: "Stopped.",
    Ending.EXPIRED: "Nobody answered in time; nothing was changed.",
    Ending.ATTEMPTS_USED_UP: "No attempt is left.",
    Ending.COST_CAP: "The session has used what it may cost.",
    Ending.FAULT: "The session failed.",
}
