"""Lists of sessions that a caller may read. The store does not know GitLab's rights, so each project found is asked about once."""

from __future__ import annotations

from duo_flows.domain.people import Person
from duo_flows.domain.sessions import Session, SessionFilter, SessionStatus

from .api_models import SessionQuery
from .callers import can_read, readable_project
from .services import DoorServices

# A caller who may read little of what is there gets a short page and the place to go on from, instead of a scan of everything.
_MAX_SCANNED_PAGES = 5
_SCANNED_PAGE = 200

# The statuses in which one person is asked. A group is asked in `plan_approval_required`.
PERSONAL_WAITS = (SessionStatus.INPUT_REQUIRED, SessionStatus.TOOL_CALL_APPROVAL_REQUIRED)


async def filter_of(services: DoorServices, person: Person, query: SessionQuery) -> SessionFilter | None:
    """Return the filter that a query asks for; None where nothing can fit it.

    Raises:
        NotFound: no such project for this person.
    """
    wanted = tuple(status for status in query.status or SessionStatus if not query.waiting_for_me or status in PERSONAL_WAITS)
    if not wanted:
        return None
    project = await readable_project(services, person, query.project) if query.project else None
    return SessionFilter(
        project_ids=(project.id,) if project else None,
        requester_id=person.id if query.mine or query.waiting_for_me else None,
        statuses=wanted if query.status or query.waiting_for_me else (),
        flow=query.flow,
        merge_request_iid=query.merge_request_iid,
        before_id=query.before,
        limit=query.limit,
    )


async def readable_sessions(services: DoorServices, person: Person, which: SessionFilter) -> tuple[list[Session], str]:
    """Return (up to `which.limit` sessions the person may read, the id to go on before; empty at the end)."""
    readable: dict[int, bool] = {}
    found: list[Session] = []
    before = which.before_id
    for _ in range(_MAX_SCANNED_PAGES):
        page = await services.sessions.sessions(which.model_copy(update={"before_id": before, "limit": _SCANNED_PAGE}))
        for session in page:
            if session.project_id not in readable:
                readable[session.project_id] = await can_read(services, person, project_id=session.project_id)
            if readable[session.project_id]:
                found.append(session)
            before = session.id
            if len(found) == which.limit:
                return found, before
        if len(page) < _SCANNED_PAGE:
            return found, ""
    return found, before
