"""Stop, pause and resume on their way to a workflow, whatever door they come by: one way for all three."""

from __future__ import annotations

from datetime import timedelta

from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.people import Person
from duo_flows.domain.received import Origin
from duo_flows.domain.sessions import FINAL_STATUSES, Session
from duo_flows.domain.steering import Steer, Steering, steered
from signals.messages import AnswerResult, Pause, Resume, Stop
from signals.signatures import sign

from .rights import require_stopper
from .services import DoorServices

# How long a caller waits for the workflow's word before being told that the request is kept.
_ANSWER_WITHIN = timedelta(seconds=5)

_KEPT = AnswerResult(
    is_accepted=True,
    code="received",
    reason="No worker has taken it yet; Temporal keeps it, and it will be heeded when one is back.",
)
_OVER = AnswerResult(
    is_accepted=False,
    code="session_ended",
    reason="The session is over. Nothing was changed; it can be started again with retry.",
)


async def steer_session(  # noqa: PLR0913 - who asks, by what, of which session, for what, and why
    services: DoorServices, session: Session, steer: Steer, *, person: Person, origin: Origin, reason: str = ""
) -> AnswerResult:
    """Return what came of a person's request to stop, pause or resume a session.

    Raises:
        Refused: the person may not, the session is over, or the workflow refuses; nothing was changed.

    Effects: one event for the workflow; the same event counts once.
    """
    await require_stopper(services, session, person, to=steer)
    try:
        result = await _asked(services, session, steer, origin=origin, reason=reason)
    except NotFound:
        result = _at_end(await services.sessions.session(session.id), steer)
    if not result.is_accepted:
        raise Refused(result.reason, code=result.code)
    return result


async def _asked(services: DoorServices, session: Session, steer: Steer, *, origin: Origin, reason: str) -> AnswerResult:
    if session.status in FINAL_STATUSES:
        return _at_end(session, steer)
    message = _signed(services, session, steer, origin=origin, reason=reason)
    result = await services.temporal.steer(session.workflow_id, message, within=_ANSWER_WITHIN)
    if result is None:
        # It may be taken still, or not: a signal stays, and the event counts once.
        await services.temporal.signal_steer(session.workflow_id, message)
    return result or _KEPT


def _at_end(session: Session, steer: Steer) -> AnswerResult:
    # A workflow that is gone has ended, also where the store has not been told how yet.
    if session.status not in FINAL_STATUSES:
        return _OVER
    ruling = steered(Steering(), steer, status=session.status, actor="")
    return AnswerResult(is_accepted=ruling.is_accepted, code=ruling.code, reason=ruling.reason)


def _signed(services: DoorServices, session: Session, steer: Steer, *, origin: Origin, reason: str) -> Stop | Pause | Resume:
    said = {**origin.model_dump(), "reason": reason, "received_at": services.clock(), "workflow_id": session.workflow_id}
    match steer:
        case Steer.STOP:
            return sign(Stop(**said), services.signing_key)
        case Steer.PAUSE:
            return sign(Pause(**said), services.signing_key)
        case Steer.RESUME:
            return sign(Resume(**said), services.signing_key)
