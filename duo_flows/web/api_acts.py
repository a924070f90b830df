"""What people do to a session over the API: answer, stop, retry. An answer is kept in the inbox before a workflow is asked."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Annotated, Any, cast

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse

from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.inbox import DeliveryKind, NewDelivery
from duo_flows.domain.people import Person
from duo_flows.domain.received import Origin, ReceivedAnswer
from duo_flows.domain.sessions import Session
from signals.messages import AnswerResult

from .answers import Refusal, ended, is_told, log_refusal, signed_answer, signed_stop
from .api_models import AnswerGiven, AnswerReceived, GiveAnswer, SessionView, Stopping, StopSession, view_of
from .callers import Caller, Readable, Services
from .events import DeliveryEvent
from .problems import RESPONSES
from .rights import require_requester, require_stopper
from .services import DoorServices
from .starts import start_next_run

DOOR = "api"

# How long a caller waits for the workflow's word before being told that the answer is kept.
_ANSWER_WITHIN = timedelta(seconds=5)

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": AnswerGiven, "description": "What came of it."},
    202: {"model": AnswerReceived, "description": "Kept; no worker has taken it yet."},
}

router = APIRouter(prefix="/api/v1", responses=RESPONSES, tags=["acts"])

IdempotencyKey = Annotated[str, Header(max_length=128, description="Any text of yours: the same key counts as one answer.")]


@router.post("/sessions/{session_id}/answer", responses=_ANSWERS)  # noqa: FAST003 - a dependency reads the id
async def answer(
    services: Services, person: Caller, session: Readable, given: GiveAnswer, idempotency_key: IdempotencyKey = ""
) -> AnswerGiven:
    """Answer the open question of a session that you started."""
    received = _received(session, person, given, idempotency_key)
    if ended(session) and await is_told(services, session, received.event_id):
        return AnswerGiven(is_accepted=True, code="accepted_before", reason="This answer was accepted before.")
    await _require_answerable(services, session, received)
    kept, _is_new = await services.inbox.put(_delivery(session, received, services.clock()))
    # An answer sent again under the same key is the one that was kept first, whatever it says now.
    received = ReceivedAnswer.model_validate(kept.body)
    result = await _asked(services, session, received, kept.received_at)
    if result is None:
        return cast("AnswerGiven", JSONResponse(_kept(received, kept.received_at).model_dump(mode="json"), status_code=202))
    await services.inbox.done(kept.id, outcome=result.code)
    if not result.is_accepted:
        raise Refused(result.reason, code=result.code)
    return AnswerGiven(**result.model_dump())


@router.post("/sessions/{session_id}/stop", status_code=202)  # noqa: FAST003 - a dependency reads the id
async def stop(services: Services, person: Caller, session: Readable, wanted: StopSession) -> Stopping:
    """Stop a session that you started, or any if you are Maintainer. It stops at its next safe point."""
    await require_stopper(services, session, person)
    if refusal := ended(session):
        raise Refused(refusal.reason, code=refusal.code)
    origin = Origin(event_id=f"api:{uuid.uuid4().hex}", actor=person.username, actor_id=person.id, door=DOOR)
    message = signed_stop(services, session, origin=origin, reason=wanted.reason)
    try:
        await services.temporal.stop(session.workflow_id, message)
    except NotFound:
        raise Refused(f"Session {session.id} is over. Nothing was changed.", code="session_ended") from None
    return Stopping(session_id=session.id)


@router.post("/sessions/{session_id}/retry", status_code=201)  # noqa: FAST003 - a dependency reads the id
async def retry(services: Services, person: Caller, session: Readable) -> SessionView:
    """Start the next run of a session of yours that is over."""
    await require_requester(services, session, person)
    return view_of(await start_next_run(services, session, event=f"api:{uuid.uuid4().hex}"), services.settings)


async def _require_answerable(services: DoorServices, session: Session, received: ReceivedAnswer) -> None:
    """Return if the answer can reach its question; whoever is refused here is refused in the session log too."""
    refusal = ended(session)
    if received.actor_id != session.requester_id:
        reason = f"Only @{session.requester}, who started this session, can answer its question."
        refusal = Refusal(code="not_the_requester", reason=reason)
    if refusal is None:
        return
    await log_refusal(services, session, refusal, origin=received)
    raise Refused(refusal.reason, code=refusal.code)


async def _asked(services: DoorServices, session: Session, received: ReceivedAnswer, at: datetime) -> AnswerResult | None:
    """Return what the workflow says; None if it does not say in time. The inbox delivers the answer then."""
    message = signed_answer(services, received, received_at=at)
    try:
        return await services.temporal.answer(session.workflow_id, message, within=_ANSWER_WITHIN)
    except NotFound:
        refusal = Refusal(code="session_ended", reason=f"Session {session.id} is over. Nothing was changed.")
        await log_refusal(services, session, refusal, origin=received)
        return AnswerResult(is_accepted=False, code=refusal.code, reason=refusal.reason)


def _received(session: Session, person: Person, given: GiveAnswer, key: str) -> ReceivedAnswer:
    event = uuid.uuid5(uuid.NAMESPACE_URL, f"{session.id}:{person.id}:{key}") if key else uuid.uuid4()
    return ReceivedAnswer(
        **given.model_dump(),
        workflow_id=session.workflow_id,
        event_id=f"api:{event.hex}",
        actor=person.username,
        actor_id=person.id,
        door=DOOR,
    )


def _delivery(session: Session, received: ReceivedAnswer, now: datetime) -> NewDelivery:
    return NewDelivery(
        key=received.event_id,
        kind=DeliveryKind.API,
        event=DeliveryEvent.ANSWER,
        project_id=session.project_id,
        session_id=session.id,
        body=received.model_dump(mode="json"),
        received_at=now,
    )


def _kept(received: ReceivedAnswer, at: datetime) -> AnswerReceived:
    detail = f"Received at {at:%Y-%m-%d %H:%M:%S} UTC; it will be applied, as of then, when the worker is back."
    return AnswerReceived(event_id=received.event_id, received_at=at, detail=detail)
