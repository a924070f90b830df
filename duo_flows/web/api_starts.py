"""A start as the API takes it: what is asked is looked up in GitLab for the caller before anything begins."""

from __future__ import annotations

import uuid

from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.flow_inputs import STANDARD_CONTEXT, check_inputs, provided_categories, read_contexts
from duo_flows.domain.links import LinkKind, parse_link
from duo_flows.domain.model import Model
from duo_flows.domain.people import Person, Project
from duo_flows.domain.pipeline_items import merge_request_of
from duo_flows.domain.policy import project_flow_path
from duo_flows.domain.sessions import Session

from .api_models import StartSession
from .callers import readable_project, require_person
from .services import DoorServices
from .starts import NewStart, start_session


class _About(Model):
    goal: str = ""
    pipeline_id: int | None = None
    merge_request_iid: int | None = None
    issue_iid: int | None = None


async def start_for(services: DoorServices, person: Person, wanted: StartSession, *, idempotency_key: str) -> Session:
    """Return the session that the caller asked for, started.

    Raises:
        NotFound: no such project for this person, or no such pipeline or merge request there.
        Refused: not a Developer there, no such flow, or the key belongs to another start.
        NeverAgain: the flow's file is wrong, or it is not given what it asks for.
    """
    project = await readable_project(services, person, wanted.project)
    await require_person(services, person, project_id=project.id)
    definition = await _definition(services, project, wanted)
    event = f"api:{person.id}:{idempotency_key or uuid.uuid4().hex}"
    about = await _about(services, project, wanted)
    _require_inputs(definition, wanted, about)
    rest = wanted.model_dump(exclude={"project", *_About.model_fields})
    start = NewStart(event=event, trigger="api", project=project, requester=person, **about.model_dump(), **rest)
    return await start_session(services, start)


async def _definition(services: DoorServices, project: Project, wanted: StartSession) -> FlowDefinition:
    text, is_custom = await _text(services, project, wanted)
    return services.flow_files.load(text, source=wanted.flow, is_custom=is_custom)


async def _text(services: DoorServices, project: Project, wanted: StartSession) -> tuple[str, bool]:
    """Return (the flow file's text, whether it is a custom flow), from where the run will look for it."""
    if wanted.definition:
        return wanted.definition, True
    if wanted.flow in services.flows.names():
        return services.flows.text(wanted.flow), False
    path = project_flow_path(wanted.flow)
    try:
        return (await services.forge.file(project.id, path, ref=project.default_branch)).text, True
    except NotFound:
        raise Refused(
            f"There is no flow {wanted.flow}: it is not built in, and {path} does not exist on branch {project.default_branch}.",
            code="unknown_flow",
        ) from None


def _require_inputs(definition: FlowDefinition, wanted: StartSession, about: _About) -> None:
    """Refuse here what the run would refuse: whoever starts it is still there to be told."""
    given = read_contexts((item.Category, item.Content, item.Metadata) for item in wanted.additional_context)
    given.pop(STANDARD_CONTEXT, None)
    check_inputs(
        definition.flow.inputs, given, provided=provided_categories(has_item=bool(about.pipeline_id or about.merge_request_iid))
    )


async def _about(services: DoorServices, project: Project, wanted: StartSession) -> _About:
    """Return what the start is about, completed from GitLab: a pipeline names its merge request, and is the goal where none is."""
    about = _linked(services, project, _About(**wanted.model_dump(include=set(_About.model_fields))))
    if about.merge_request_iid is not None:
        await services.forge.merge_request(project.id, about.merge_request_iid)
    if about.pipeline_id is None:
        return about
    pipeline = await services.forge.pipeline(project.id, about.pipeline_id)
    iid = about.merge_request_iid
    if iid is None:
        request = await merge_request_of(services.forge, pipeline)
        iid = request.iid if request else None
    return about.model_copy(update={"goal": about.goal or pipeline.web_url, "merge_request_iid": iid})


def _linked(services: DoorServices, project: Project, about: _About) -> _About:
    """Return what a goal that is a GitLab link names, where no number was given."""
    link = parse_link(about.goal, base_url=services.settings.gitlab_url)
    is_numbered = (about.pipeline_id, about.merge_request_iid, about.issue_iid) != (None, None, None)
    if link is None or is_numbered or link.project_path != project.path:
        return about
    names = {LinkKind.PIPELINE: "pipeline_id", LinkKind.MERGE_REQUEST: "merge_request_iid", LinkKind.ISSUE: "issue_iid"}
    return about.model_copy(update={names[link.kind]: link.number}) if link.kind in names else about
