"""Starting sessions: one way for every door, so that whatever asks twice starts once."""

from __future__ import annotations

from pydantic import Field

from duo_flows.domain.errors import Refused
from duo_flows.domain.model import Model
from duo_flows.domain.people import Person, Project
from duo_flows.domain.session_ids import session_id_of
from duo_flows.domain.sessions import (
    FINAL_STATUSES,
    GOAL_MAX_LENGTH,
    LogKind,
    NewLogEntry,
    NewSession,
    Session,
    SessionFilter,
    SessionStatus,
)
from signals.messages import ContextItem, StartFlow
from signals.names import workflow_id_of
from signals.signatures import sign

from .services import DoorServices

ACTIVE_STATUSES = tuple(status for status in SessionStatus if status not in FINAL_STATUSES)


class NewStart(Model):
    """A start, decided. `event` names what asked for it: the same event is the same session."""

    event: str
    trigger: str
    flow: str
    project: Project
    requester: Person
    goal: str = Field(default="", max_length=GOAL_MAX_LENGTH)
    pipeline_id: int | None = None
    merge_request_iid: int | None = None
    issue_iid: int | None = None
    definition: str = ""
    additional_context: tuple[ContextItem, ...] = ()


async def start_session(services: DoorServices, start: NewStart) -> Session:
    """Return the session of this start, started if it was not.

    The workflow is started before the session is registered: a start that Temporal never took leaves no session behind. The
    workflow registers itself too; the door does it so that people see the session while no worker is up.

    Raises:
        Refused: the event has started another session than this one.

    Effects: one workflow, one session, one stored start message; all safe to repeat.
    """
    session_id = session_id_of(start.event)
    workflow_id = workflow_id_of(session_id, 1)
    known = await services.sessions.session_of_workflow(workflow_id)
    if known is not None:
        return await _same(services, known, start)
    message = _message(start, session_id)
    start_ref = await services.contents.put(message.model_dump_json().encode())
    summary = f"{start.flow} for @{start.requester.username} in {start.project.path}"
    await services.temporal.start(start.flow, sign(message, services.signing_key), workflow_id=workflow_id, summary=summary)
    return await services.sessions.register(_new_session(start, session_id, workflow_id, start_ref))


async def start_next_run(services: DoorServices, session: Session, *, event: str) -> Session:
    """Return the session with the run after its present one started. The same event starts the same run.

    Raises:
        Refused: the session is not over, or was started in a way that keeps no start message.

    Effects: a line in the session log, a run in the store, a workflow; all safe to repeat.
    """
    after = await _retried_after(services, session, event)
    if after is None:
        after = await _note_retry(services, session, event)
    run = await services.sessions.start_next_run(session.id, after=after)
    stored = StartFlow.model_validate_json(await services.contents.get(session.start_ref))
    message = stored.model_copy(update={"session_id": session.id, "run": run.n, "flow": session.flow, "signature": ""})
    summary = f"{session.flow} for @{session.requester} in {session.project_path}, run {run.n}"
    await services.temporal.start(session.flow, sign(message, services.signing_key), workflow_id=run.workflow_id, summary=summary)
    return await services.sessions.session(session.id)


async def _note_retry(services: DoorServices, session: Session, event: str) -> int:
    """Write down which run the event retries, before anything is done for it; return that run's number."""
    if session.status not in FINAL_STATUSES:
        raise Refused(f"Session {session.id} is {session.status}; only one that is over can be retried.", code="still_active")
    if not session.start_ref:
        raise Refused(f"Session {session.id} does not know how it was started; start a new one.", code="no_start_message")
    entry = NewLogEntry(
        key=_retry_key(event),
        kind=LogKind.NOTE,
        text=f"Run {session.run} is retried.",
        actor=session.requester,
        data={"after": session.run},
    )
    await services.sessions.append(session.id, session.run, [entry])
    return session.run


async def _retried_after(services: DoorServices, session: Session, event: str) -> int | None:
    noted = await services.sessions.lines(session.id, key=_retry_key(event))
    return int(noted[0].data["after"]) if noted else None


def _retry_key(event: str) -> str:
    return f"retry:{event}"


async def active_session_of_pipeline(services: DoorServices, project_id: int, pipeline_id: int) -> Session | None:
    """Return the session that is at work on a pipeline."""
    which = SessionFilter(project_ids=(project_id,), pipeline_id=pipeline_id, statuses=ACTIVE_STATUSES, limit=1)
    return next(iter(await services.sessions.sessions(which)), None)


async def _same(services: DoorServices, known: Session, start: NewStart) -> Session:
    asked = {"flow": start.flow, "project_id": start.project.id, "requester_id": start.requester.id, "goal": start.goal}
    numbers = {name: getattr(start, name) for name in ("pipeline_id", "merge_request_iid", "issue_iid")}
    asked |= {name: number for name, number in numbers.items() if number is not None}
    is_same = all(getattr(known, name) == value for name, value in asked.items())
    if not is_same or not await _runs_the_same(services, known, start):
        raise Refused("This Idempotency-Key was used for another start; use a fresh one.", code="key_reused")
    return known


async def _runs_the_same(services: DoorServices, known: Session, start: NewStart) -> bool:
    """Tell whether the session was started with the same definition and context, which stand in its start message alone."""
    if not known.start_ref:
        return not start.definition and not start.additional_context
    stored = StartFlow.model_validate_json(await services.contents.get(known.start_ref))
    return (stored.definition, stored.additional_context) == (start.definition, start.additional_context)


def _message(start: NewStart, session_id: str) -> StartFlow:
    return StartFlow(
        project=start.project.id,
        requester=start.requester.id,
        goal=start.goal,
        pipeline_id=start.pipeline_id,
        merge_request_iid=start.merge_request_iid,
        issue_iid=start.issue_iid,
        additional_context=start.additional_context,
        definition=start.definition,
        session_id=session_id,
        flow=start.flow,
        trigger=start.trigger,
    )


def _new_session(start: NewStart, session_id: str, workflow_id: str, start_ref: str) -> NewSession:
    return NewSession(
        session_id=session_id,
        workflow_id=workflow_id,
        flow=start.flow,
        project_id=start.project.id,
        project_path=start.project.path,
        requester_id=start.requester.id,
        requester=start.requester.username,
        goal=start.goal,
        merge_request_iid=start.merge_request_iid,
        issue_iid=start.issue_iid,
        pipeline_id=start.pipeline_id,
        trigger=start.trigger,
        start_ref=start_ref,
    )
