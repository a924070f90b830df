"""Who calls the API: the person whom GitLab names as the owner of the token, and what they may do in a project."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Path, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.people import ACCESS_TO_READ, ACCESS_TO_START, Person, Project
from duo_flows.domain.sessions import Session

from .services import DoorServices

# A revoked token works this much longer; without it every poll of a log would ask GitLab twice.
_REMEMBERED_FOR = timedelta(seconds=30)
_MAX_REMEMBERED = 1_000
# GitLab's numbers have 64 bits.
_DIGITS_MAX = 18

_PRIVATE_TOKEN = APIKeyHeader(
    name="PRIVATE-TOKEN", auto_error=False, description="Your GitLab token, with scope `read_user` or more."
)
_BEARER = HTTPBearer(auto_error=False, description="The same token as a bearer.")


class Callers:
    """The persons of tokens, asked of GitLab. Tokens are remembered as digests only, and refusals not at all."""

    def __init__(self, services: DoorServices) -> None:
        self._services = services
        self._remembered: dict[str, tuple[datetime, Person]] = {}

    async def person_of(self, token: str) -> Person:
        """Return whose token this is.

        Raises:
            Refused: there is none, GitLab does not know it, or the account is blocked.
        """
        if not token:
            raise Refused("Send your GitLab token as header PRIVATE-TOKEN.", code="unauthorized")
        key, now = hashlib.sha256(token.encode()).hexdigest(), self._services.clock()
        until, person = self._remembered.get(key, (now, None))
        if person is not None and now < until:
            return person
        person = await self._asked(token)
        if len(self._remembered) >= _MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = (now + _REMEMBERED_FOR, person)
        return person

    async def _asked(self, token: str) -> Person:
        try:
            person = await self._services.forge.person_of_token(token)
        except Refused as refusal:
            raise Refused(str(refusal), code="bad_token") from None
        if not person.is_active:
            raise Refused("This GitLab account is not active.", code="bad_token")
        return person


async def caller(
    request: Request,
    token: Annotated[str | None, Security(_PRIVATE_TOKEN)] = None,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)] = None,
) -> Person:
    """Return the person who calls. A dependency of every endpoint under `/api`."""
    callers: Callers = request.app.state.callers
    return await callers.person_of(token or (bearer.credentials if bearer else ""))


async def require_person(services: DoorServices, person: Person, *, project_id: int) -> None:
    """Return if this is a person who may have flows act in the project.

    Raises:
        Refused: a bot, or an access below Developer.
    """
    if person.is_bot:
        raise Refused("Bots and service accounts cannot start, answer or stop sessions.", code="forbidden")
    if await services.forge.access_level(project_id, person.id) < ACCESS_TO_START:
        raise Refused("That needs the Developer role in the project.", code="access_too_low")


async def can_read(services: DoorServices, person: Person, *, project_id: int) -> bool:
    """Tell whether the person may read what sessions of this project found. A requester who lost the access may not."""
    try:
        return await services.forge.access_level(project_id, person.id) >= ACCESS_TO_READ
    except NotFound:
        return False


async def readable_project(services: DoorServices, person: Person, name: int | str) -> Project:
    """Return a project that the person may read, by number or full path.

    Raises:
        NotFound: there is none, or they may not; the two look the same.
    """
    missing = NotFound(
        f"There is no project {name} that you can see. If there is, you need the role Reporter or more there, "
        "and the service account needs to be its member."
    )
    try:
        project = await services.forge.project(_number_or_path(name))
    except NotFound:
        raise missing from None
    if not await can_read(services, person, project_id=project.id):
        raise missing
    return project


def _number_or_path(name: int | str) -> int | str:
    # A number that is longer than any that GitLab has would not even be converted.
    return int(name) if isinstance(name, str) and name.isdecimal() and len(name) <= _DIGITS_MAX else name


async def readable_session(services: DoorServices, person: Person, session_id: str) -> Session:
    """Return a session that the person may read.

    Raises:
        NotFound: there is none, or they may not; the two look the same.
    """
    missing = NotFound(f"There is no session {session_id} that you can see.")
    try:
        session = await services.sessions.session(session_id)
    except NotFound:
        raise missing from None
    if not await can_read(services, person, project_id=session.project_id):
        raise missing
    return session


def services_of(request: Request) -> DoorServices:
    """Return the app's services. A dependency."""
    services: DoorServices = request.app.state.services
    return services


Services = Annotated[DoorServices, Depends(services_of)]
Caller = Annotated[Person, Depends(caller)]


async def session_for(
    services: Services, person: Caller, session_id: Annotated[str, Path(max_length=64, description="The session's id.")]
) -> Session:
    """Return the session of the path, if the caller may read it. A dependency."""
    return await readable_session(services, person, session_id)


Readable = Annotated[Session, Depends(session_for)]
