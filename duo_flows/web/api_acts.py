"""What people do to a session over the API: answer, steer, retry. An answer is kept in the inbox before a workflow is asked."""

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
from duo_flows.domain.steering import Steer
from signals.messages import AnswerResult

from .answers import Refusal, ended, is_told, log_refusal, signed_answer
from .api_models import AnswerGiven, AnswerReceived, GiveAnswer, SessionView, Steered, Steering, view_of
from .callers import Caller, Readable, Services
from .events import DeliveryEvent
from .problems import RESPONSES
from .rights import require_requester
from .services import DoorServices
from .starts import start_next_run
from .steering import steer_session

DOOR = "api"

# How long a caller waits for the workflow's word before being told that the answer is kept.
_ANSWER_WITHIN = timedelta(seconds=5)

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": AnswerGiven, "description": "What came of it."},
    202: {"model": AnswerReceived, "description": "Kept; no worker has taken it yet."},
}

router = APIRouter(prefix="/api/v1", responses=RESPONSES, tags=["acts"])

IdempotencyKey = Annotated[str, Header(max_length=128, description="Any text of yours: the same key counts as one act.")]


@router.post("/sessions/{session_id}/answer", responses=_ANSWERS)  # noqa: FAST003 - a dependency reads the id
async def answer(
    services: Services, person: Caller, session: Readable, given: GiveAnswer, idempotency_key: IdempotencyKey = ""
) -> AnswerGiven:
    """Answer the open question of a session that you started."""
    received = _received(session, person, given, idempotency_key)
    await _require_same(services, received.event_id, _said(received.model_dump(mode="json")))
    if ended(session) and await is_told(services, session, received.event_id):
        return AnswerGiven(is_accepted=True, code="accepted_before", reason="This answer was accepted before.")
    await _require_answerable(services, session, received)
    kept, _is_new = await services.inbox.put(_delivery(session, received, services.clock()))
    # Of two that are sent at once under one key the first is kept, and the second is held against it here.
    _refuse_another(kept.body, _said(received.model_dump(mode="json")))
    received = ReceivedAnswer.model_validate(kept.body)
    result = await _asked(services, session, received, kept.received_at)
    if result is None:
        return cast("AnswerGiven", JSONResponse(_kept(received, kept.received_at).model_dump(mode="json"), status_code=202))
    await services.inbox.done(kept.id, outcome=result.code)
    if not result.is_accepted:
        raise Refused(result.reason, code=result.code)
    return AnswerGiven(**result.model_dump())


@router.post("/sessions/{session_id}/stop", status_code=202)  # noqa: FAST003 - a dependency reads the id
async def stop(
    services: Services, person: Caller, session: Readable, wanted: Steering, idempotency_key: IdempotencyKey = ""
) -> Steered:
    """Stop a session that you started, or any if you are Maintainer. It stops at its next safe point."""
    return await _steered(services, person, session, Steer.STOP, wanted, idempotency_key)


@router.post("/sessions/{session_id}/pause", status_code=202)  # noqa: FAST003 - a dependency reads the id
async def pause(
    services: Services, person: Caller, session: Readable, wanted: Steering, idempotency_key: IdempotencyKey = ""
) -> Steered:
    """Pause a session that you started, or any if you are Maintainer, at its next safe point; an open question is closed first."""
    return await _steered(services, person, session, Steer.PAUSE, wanted, idempotency_key)


@router.post("/sessions/{session_id}/resume", status_code=202)  # noqa: FAST003 - a dependency reads the id
async def resume(
    services: Services, person: Caller, session: Readable, wanted: Steering, idempotency_key: IdempotencyKey = ""
) -> Steered:
    """Let a paused session go on that you started, or any if you are Maintainer."""
    return await _steered(services, person, session, Steer.RESUME, wanted, idempotency_key)


@router.post("/sessions/{session_id}/retry", status_code=201)  # noqa: FAST003 - a dependency reads the id
async def retry(services: Services, person: Caller, session: Readable, idempotency_key: IdempotencyKey = "") -> SessionView:
    """Start the next run of a session of yours that is over."""
    await require_requester(services, session, person)
    event = _event(session, person, "retry", idempotency_key)
    return view_of(await start_next_run(services, session, event=event), services.settings)


async def _steered(  # noqa: PLR0913, PLR0917 - what a route is given, and which one it is
    services: DoorServices, person: Person, session: Session, steer: Steer, wanted: Steering, key: str
) -> Steered:
    event = _event(session, person, steer, key)
    if key:
        await _keep_steering(services, session, event, wanted)
    origin = Origin(event_id=event, actor=person.username, actor_id=person.id, door=DOOR)
    result = await steer_session(services, session, steer, person=person, origin=origin, reason=wanted.reason)
    return Steered(status=result.code, session_id=session.id, reason=result.reason)


async def _keep_steering(services: DoorServices, session: Session, event: str, wanted: Steering) -> None:
    """Keep what was said under a key, as a record that nobody has to work on: the key counts for this and nothing else."""
    record = NewDelivery(
        key=event,
        kind=DeliveryKind.API,
        event=DeliveryEvent.STEERING,
        project_id=session.project_id,
        session_id=session.id,
        body=wanted.model_dump(mode="json"),
        received_at=services.clock(),
    )
    kept, is_new = await services.inbox.put(record)
    if is_new:
        await services.inbox.done(kept.id, outcome="kept for its key")
    _refuse_another(kept.body, record.body)


async def _require_same(services: DoorServices, event: str, said: dict[str, Any]) -> None:
    known = await services.inbox.delivery(event)
    if known is not None:
        _refuse_another(known.body, said)


def _refuse_another(kept: dict[str, Any], said: dict[str, Any]) -> None:
    """Return if what is said is what was kept under the same key.

    Raises:
        Refused: it is something else; nothing of it counts, and what was kept stays as it is.
    """
    if any(kept.get(name) != value for name, value in said.items()):
        raise Refused("This Idempotency-Key was used for something else that you said; use a fresh one.", code="key_reused")


def _said(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what a person says with an answer; who and where it is from is ours."""
    return {name: answer[name] for name in GiveAnswer.model_fields}


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
    return ReceivedAnswer(
        **given.model_dump(),
        workflow_id=session.workflow_id,
        event_id=_event(session, person, "answer", key),
        actor=person.username,
        actor_id=person.id,
        door=DOOR,
    )


def _event(session: Session, person: Person, act: str, key: str) -> str:
    """Return the id of an act: the same for the same key of the same person, whatever else is sent with it."""
    event = uuid.uuid5(uuid.NAMESPACE_URL, f"{session.id}:{person.id}:{act}:{key}") if key else uuid.uuid4()
    return f"api:{event.hex}"


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
