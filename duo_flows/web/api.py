"""The HTTP API under `/api/v1`: sessions and flows, for the person whom a GitLab token names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import PlainTextResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from duo_flows.domain.changes import Change
from duo_flows.domain.errors import NeverAgain, Refused

from .api_models import FlowText, FlowView, LogPage, Me, ProjectName, SessionPage, SessionQuery, SessionView, StartSession, view_of
from .api_starts import start_for
from .callers import Caller, Readable, Services, readable_project
from .flow_lists import built_in_flow, built_in_flows, project_flow, project_flows
from .problems import RESPONSES
from .session_lists import filter_of, readable_sessions
from .session_log import log_events, log_page

# Proxies close a request that is silent for a minute; half of that is safe.
_MAX_WAIT_SECONDS = 30

_OfProject = Annotated[ProjectName, Query()]

_Curated = Annotated[
    bool, Query(description="Only what the flow's author shows (`ui_log_events`), and where runs begin, pause and end.")
]

router = APIRouter(prefix="/api/v1", responses=RESPONSES)


@router.get("/me", tags=["people"])
async def me(person: Caller) -> Me:
    """Tell who the token says you are."""
    return Me(**person.model_dump(include=set(Me.model_fields)))


@router.get("/flows", tags=["flows"])
async def list_flows(services: Services, person: Caller, project: _OfProject = "") -> list[FlowView]:
    """List the built-in flows and, with a project where you are Reporter or more, its own; built-in ones come first."""
    own = await project_flows(services, await readable_project(services, person, project)) if project else []
    return [*built_in_flows(services), *own]


@router.get("/flows/{name}", tags=["flows"])
async def show_flow(
    services: Services, person: Caller, name: Annotated[str, Path(max_length=64)], project: _OfProject = ""
) -> FlowText:
    """Show a built-in flow with its file or, with a project where you are Reporter or more, one of its own."""
    if project:
        return await project_flow(services, await readable_project(services, person, project), name)
    return built_in_flow(services, name)


@router.post("/sessions", status_code=201, tags=["sessions"])
async def start(
    services: Services,
    person: Caller,
    wanted: StartSession,
    idempotency_key: Annotated[
        str, Header(max_length=128, description="Any text of yours: the same key starts the same session once.")
    ] = "",
) -> SessionView:
    """Start a flow in a project where you are Developer or more. You become its requester, who alone answers its questions."""
    return view_of(await start_for(services, person, wanted, idempotency_key=idempotency_key), services.settings)


@router.get("/sessions", tags=["sessions"])
async def list_sessions(services: Services, person: Caller, query: Annotated[SessionQuery, Query()]) -> SessionPage:
    """List sessions of projects where you are Reporter or more, newest first."""
    which = await filter_of(services, person, query)
    if which is None:
        return SessionPage(sessions=[])
    found, next_before = await readable_sessions(services, person, which)
    return SessionPage(sessions=[view_of(session, services.settings) for session in found], next_before=next_before)


@router.get("/sessions/{session_id}", tags=["sessions"])  # noqa: FAST003 - a dependency reads the id
async def show_session(services: Services, session: Readable) -> SessionView:
    """Show a session, with the question it waits for."""
    ref = session.waiting.question_ref if session.waiting else ""
    question = (await services.contents.get(ref)).decode("utf-8", "replace") if ref else ""
    return view_of(session, services.settings, question=question)


@router.get("/sessions/{session_id}/log", tags=["sessions"])  # noqa: FAST003 - a dependency reads the id
async def show_log(  # noqa: PLR0913 - one parameter for each one of the query
    services: Services,
    session: Readable,
    *,
    after: Annotated[int, Query(ge=0, description="Lines after this `seq`.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
    wait_seconds: Annotated[float, Query(ge=0, le=_MAX_WAIT_SECONDS, description="How long to wait for a first line.")] = 0,
    curated: _Curated = False,
) -> LogPage:
    """Show the session log from any line on; with `wait_seconds` it waits until there is something to show."""
    wait_for = timedelta(seconds=wait_seconds)
    return await log_page(services, session.id, after=after, limit=limit, wait_for=wait_for, is_curated=curated)


@router.get("/sessions/{session_id}/events", tags=["sessions"], response_class=EventSourceResponse)  # noqa: FAST003 - a dependency reads the id
async def follow_log(
    services: Services,
    session: Readable,
    after: Annotated[int, Query(ge=0)] = 0,
    *,
    curated: _Curated = False,
    last_event_id: Annotated[str, Header(pattern=r"^\d{0,18}$")] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Follow the session log as server-sent events: `entry` for each line, `end` when the session is over."""
    start_after = int(last_event_id) if last_event_id else after
    async for event in log_events(services, session.id, after=start_after, is_curated=curated):
        yield event


@router.get("/sessions/{session_id}/diff", tags=["sessions"], response_class=PlainTextResponse)  # noqa: FAST003 - a dependency reads the id
async def show_diff(services: Services, session: Readable) -> Any:
    """Show the full diff of the change that the open question is about, or its calls or words where it shows a part."""
    if session.waiting is None or not session.waiting.change_ref:
        raise Refused(f"Session {session.id} asks about no change at present.", code="no_open_change")
    if not session.waiting.has_change:
        return PlainTextResponse((await services.contents.get(session.waiting.change_ref)).decode("utf-8", "replace"))
    change = Change.model_validate_json(await services.contents.get(session.waiting.change_ref))
    if not change.is_intact():
        raise NeverAgain("The stored change is not what its digest names; it will not be applied.", code="damaged_change")
    return PlainTextResponse(change.diff)
