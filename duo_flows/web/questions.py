"""Which session a comment is about: by the digest it names, or by what is open where it stands."""

from __future__ import annotations

from collections.abc import Sequence

from duo_flows.domain.pipelines import Note, NoteTarget, TargetKind
from duo_flows.domain.sessions import LogKind, Session, SessionFilter, SessionStatus, Waiting

from .services import DoorServices
from .starts import ACTIVE_STATUSES

# The store's largest page. More sessions than this on one item are history that nobody answers any more.
_MAX_SESSIONS = 200
# A closed question stands in the log only; the newest few sessions are enough to tell somebody who is late.
_MAX_LOGS_READ = 10


async def sessions_at(services: DoorServices, target: NoteTarget, *, statuses: Sequence[SessionStatus] = ()) -> list[Session]:
    """Return the sessions of a merge request or an issue, newest first."""
    is_issue = target.kind is TargetKind.ISSUE
    which = SessionFilter(
        project_ids=(target.project_id,),
        merge_request_iid=None if is_issue else target.iid,
        statuses=tuple(statuses),
        limit=_MAX_SESSIONS,
    )
    found = await services.sessions.sessions(which)
    return [session for session in found if not is_issue or session.issue_iid == target.iid]


async def active_sessions_at(services: DoorServices, target: NoteTarget) -> list[Session]:
    """Return the sessions there that are not over."""
    return await sessions_at(services, target, statuses=ACTIVE_STATUSES)


async def open_question_of(services: DoorServices, note: Note) -> Waiting | None:
    """Return the question that is open where the comment stands; that of its author first."""
    asking = [session for session in await active_sessions_at(services, note.target) if session.waiting and session.waiting.digest]
    asking.sort(key=lambda session: session.requester_id != note.author.id)
    return asking[0].waiting if asking else None


async def session_that_asked(services: DoorServices, note: Note, *, digest: str) -> Session | None:
    """Return the session whose question has this digest: one that is open, else one that was."""
    sessions = await sessions_at(services, note.target)
    # Two sessions can propose the same change: then each person answers their own.
    sessions.sort(key=lambda session: session.requester_id != note.author.id)
    for session in sessions:
        if session.waiting is not None and session.waiting.digest.startswith(digest):
            return session
    for session in sessions[:_MAX_LOGS_READ]:
        if await _has_asked(services, session, digest):
            return session
    return None


async def _has_asked(services: DoorServices, session: Session, digest: str) -> bool:
    asked = await services.sessions.lines(session.id, kind=LogKind.REQUEST)
    return any(str(line.data.get("digest", "")).startswith(digest) for line in asked)
