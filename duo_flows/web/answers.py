"""Answers on their way to a workflow: signed here, and refused here where no workflow can refuse any more."""

from __future__ import annotations

from datetime import datetime

from duo_flows.domain.errors import NotFound
from duo_flows.domain.model import Model
from duo_flows.domain.received import Origin, ReceivedAnswer
from duo_flows.domain.sessions import FINAL_STATUSES, LogKind, NewLogEntry, Session
from signals.messages import Answer
from signals.signatures import sign

from .services import DoorServices


class Refusal(Model):
    """Why an answer does not count, for the person and for the session log."""

    code: str
    reason: str


def signed_answer(services: DoorServices, answering: ReceivedAnswer, *, received_at: datetime) -> Answer:
    """Return the message for the workflow, stamped and signed."""
    return sign(Answer(**answering.model_dump(), received_at=received_at), services.signing_key)


def ended(session: Session, workflow_id: str = "") -> Refusal | None:
    """Return why nothing can reach this run any more; None while it goes on."""
    if session.status not in FINAL_STATUSES and workflow_id in {"", session.workflow_id}:
        return None
    return Refusal(code="session_ended", reason=f"Session {session.id} is over ({session.status}). Nothing was changed.")


async def signal_or_refuse(
    services: DoorServices, session: Session, answering: ReceivedAnswer, *, received_at: datetime
) -> Refusal | None:
    """Leave an answer with its workflow; return the refusal where there is none left to take it.

    Effects: one signal (a repeated one is known by its event id), or one line in the session log.
    """
    refusal = ended(session, answering.workflow_id)
    if refusal is None:
        try:
            await services.temporal.signal_answer(
                answering.workflow_id, signed_answer(services, answering, received_at=received_at)
            )
        except NotFound:
            refusal = Refusal(code="session_ended", reason=f"Session {session.id} is over. Nothing was changed.")
    if refusal is not None and not await is_told(services, session, answering.event_id):
        await log_refusal(services, session, refusal, origin=answering)
        return refusal
    return None


async def log_refusal(services: DoorServices, session: Session, refusal: Refusal, *, origin: Origin) -> None:
    """Write a refusal into the session log, once for each event."""
    entry = NewLogEntry(
        key=f"refusal:{origin.event_id}",
        kind=LogKind.REFUSAL,
        text=refusal.reason,
        actor=origin.actor,
        door=origin.door,
        data={"code": refusal.code, "event_id": origin.event_id},
    )
    await services.sessions.append(session.id, session.run, [entry])


async def is_told(services: DoorServices, session: Session, event_id: str) -> bool:
    """Tell whether the workflow took this event before it ended: an answer may end it and be delivered twice."""
    answers = await services.sessions.lines(session.id, kind=LogKind.ANSWER)
    return any(line.data.get("event_id") == event_id for line in answers)
