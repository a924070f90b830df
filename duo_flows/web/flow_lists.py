"""Flows that can be started: the built-in ones, and a project's own on its default branch (F3)."""

from __future__ import annotations

import asyncio
import re

from duo_flows.domain.errors import NeverAgain, NotFound, Refused
from duo_flows.domain.flow_outline import FlowOutline
from duo_flows.domain.people import Project
from duo_flows.domain.policy import project_flow_path

from .api_models import FLOW_NAME, FlowText, FlowView
from .services import DoorServices

# A project has a handful; each costs GitLab a request.
_MOST_FLOWS = 50
_ENDING = ".yaml"
_FOLDER = project_flow_path("").removesuffix(f"/{_ENDING}")
BUILT_IN = "built-in"


def built_in_flows(services: DoorServices) -> list[FlowView]:
    """Return the flows of the catalogue."""
    return [_built_in(services, name) for name in services.flows.names()]


def built_in_flow(services: DoorServices, name: str) -> FlowText:
    """Return a flow of the catalogue with its file, or raise NotFound."""
    if name not in services.flows.names():
        raise NotFound(
            f"There is no built-in flow {name!r}. If it is a project's own, name the project too; the list of flows has all."
        )
    return FlowText(**_built_in(services, name).model_dump(), text=services.flows.text(name))


async def project_flows(services: DoorServices, project: Project) -> list[FlowView]:
    """Return a project's own flows, sorted by name; none where it has no folder for them. At most fifty."""
    try:
        entries = await services.forge.tree(project.id, _FOLDER, ref=project.default_branch)
    except NotFound:
        return []
    paths = sorted(entry.path for entry in entries if entry.type == "blob" and entry.path.endswith(_ENDING))
    found = await asyncio.gather(*(_of_project(services, project, path) for path in paths[:_MOST_FLOWS]))
    return [FlowView(**flow.model_dump(exclude={"text"})) for flow in found]


async def project_flow(services: DoorServices, project: Project, name: str) -> FlowText:
    """Return one of a project's own flows with its file, or raise NotFound."""
    path = project_flow_path(name)
    if re.fullmatch(FLOW_NAME, name) is None:
        raise NotFound(f"A project's flow has a name of small letters, digits and _; {name!r} is none.")
    try:
        await services.forge.file(project.id, path, ref=project.default_branch)
    except NotFound:
        raise NotFound(f"{project.path} has no {path} on {project.default_branch}.") from None
    return await _of_project(services, project, path)


async def _of_project(services: DoorServices, project: Project, path: str) -> FlowText:
    name = path.rpartition("/")[2].removesuffix(_ENDING)
    text = ""
    try:
        text = (await services.forge.file(project.id, path, ref=project.default_branch)).text
        outline = _named(name, services.flows.outline(text, is_custom=True))
    except (Refused, NeverAgain) as error:
        outline = FlowOutline(error=str(error))
    return FlowText(**_view(name, path, outline).model_dump(), text=text)


def _named(name: str, outline: FlowOutline) -> FlowOutline:
    if re.fullmatch(FLOW_NAME, name):
        return outline
    error = "its name cannot be started: a flow's name has small letters, digits and _, and begins with a letter"
    return outline.model_copy(update={"error": error})


def _built_in(services: DoorServices, name: str) -> FlowView:
    outline = services.flows.outline(services.flows.text(name), is_custom=False)
    return _view(name, BUILT_IN, outline)


def _view(name: str, source: str, outline: FlowOutline) -> FlowView:
    return FlowView(name=name, source=source, is_valid=not outline.error, **outline.model_dump())
