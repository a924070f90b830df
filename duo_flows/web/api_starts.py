"""A start as the API takes it: what is asked is looked up in GitLab for the caller before anything begins."""

from __future__ import annotations

import uuid

from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.people import Person, Project
from duo_flows.domain.sessions import Session

from .api_models import StartSession
from .callers import readable_project, require_person
from .services import DoorServices
from .starts import NewStart, start_session

# Where a project keeps flows of its own; read on the default branch only (requirement F3).
_PROJECT_FLOWS = ".gitlab/duo/flows"


async def start_for(services: DoorServices, person: Person, wanted: StartSession, *, idempotency_key: str) -> Session:
    """Return the session that the caller asked for, started.

    Raises:
        NotFound: no such project for this person, or no such pipeline.
        Refused: not a Developer there, no such flow, or the key belongs to another start.
    """
    project = await readable_project(services, person, wanted.project)
    await require_person(services, person, project_id=project.id)
    await _require_flow(services, project, wanted)
    event = f"api:{person.id}:{idempotency_key or uuid.uuid4().hex}"
    start = NewStart(
        event=event,
        trigger="api",
        project=project,
        requester=person,
        goal=wanted.goal or await _goal(services, project, wanted.pipeline_id),
        **wanted.model_dump(exclude={"project", "goal"}),
    )
    return await start_session(services, start)


async def _require_flow(services: DoorServices, project: Project, wanted: StartSession) -> None:
    if wanted.definition or wanted.flow in services.flows.names():
        return
    path = f"{_PROJECT_FLOWS}/{wanted.flow}.yaml"
    try:
        await services.forge.file(project.id, path, ref=project.default_branch)
    except NotFound:
        raise Refused(
            f"There is no flow {wanted.flow}: it is not built in, and {path} does not exist on branch {project.default_branch}.",
            code="unknown_flow",
        ) from None


async def _goal(services: DoorServices, project: Project, pipeline_id: int | None) -> str:
    if pipeline_id is None:
        return ""
    return (await services.forge.pipeline(project.id, pipeline_id)).web_url
