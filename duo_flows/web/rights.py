"""Who may stop, pause, resume or retry a session. Answers are judged by their workflow, whatever door they come by."""

from __future__ import annotations

from duo_flows.domain.errors import Refused
from duo_flows.domain.people import Person
from duo_flows.domain.sessions import Session
from duo_flows.domain.steering import Steer, may_steer

from .callers import require_person
from .services import DoorServices


async def require_requester(services: DoorServices, session: Session, person: Person) -> None:
    """Return if the person started the session and may still act in its project."""
    if person.id != session.requester_id:
        raise Refused(f"Only @{session.requester}, who started session {session.id}, can do that.", code="not_the_requester")
    await require_person(services, person, project_id=session.project_id)


async def require_stopper(services: DoorServices, session: Session, person: Person, *, to: Steer = Steer.STOP) -> None:
    """Return if the person may stop, pause or resume the session: its requester, or a Maintainer of the project."""
    if person.id == session.requester_id:
        return
    await require_person(services, person, project_id=session.project_id)
    level = await services.forge.access_level(session.project_id, person.id)
    if not may_steer(person, level, requester_id=session.requester_id):
        raise Refused(
            f"Only @{session.requester}, who started session {session.id}, or a Maintainer can {to} it.", code="not_the_requester"
        )
