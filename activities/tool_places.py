"""Where a tool acts: the session's own project, or for reading another one that the requester may read too (S5)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.tools import ToolSpec, check_access
from duo_flows.domain.tools.reads import ProjectName, ReadIn

from .contracts import Scope
from .deps import Deps
from .tools import Place


async def placed(deps: Deps, scope: Scope, spec: ToolSpec, asked: Any) -> tuple[Any, Place]:
    """Return (the arguments with what their url names, the project that they are about).

    Raises:
        Refused: the requester lacks the access that the tool needs there; or the url names something else than the other arguments.
    """
    if not isinstance(asked, ReadIn):
        return asked, await _own(deps, scope, spec)
    followed, path = asked.followed(base_url=deps.gitlab_url, branch=scope.branch)
    place = await _place(deps, scope, spec, path or followed.project_named)
    if path and followed.project_named is not None:
        named = await _place(deps, scope, spec, followed.project_named)
        if named.project_id != place.project_id:
            raise Refused(f"{spec.name}: the url leads to another project than the one that is named.", code="bad_arguments")
    return followed, place


async def _place(deps: Deps, scope: Scope, spec: ToolSpec, named: ProjectName) -> Place:
    if named is None or _is_own(scope, named):
        return await _own(deps, scope, spec)
    what = unquote(str(named).strip())
    try:
        project = await deps.forge.project(int(what) if what.isdecimal() else what)
        level = await deps.forge.access_level(project.id, scope.requester_id)
    except NotFound:
        level = AccessLevel.NONE
    if level < spec.access:
        # The same words whether it is there or not: nobody learns through an agent what exists.
        raise Refused(
            f"There is no project {what[:200]!r}, or @{scope.requester} lacks {spec.access.name.capitalize()} access to it, which "
            f"{spec.name} needs. This session's own project is {scope.project_path}.",
            code="requester_lacks_access",
        )
    return Place(project_id=project.id, project_path=project.path, level=level, is_own=project.id == scope.project_id)


async def _own(deps: Deps, scope: Scope, spec: ToolSpec) -> Place:
    level = await deps.forge.access_level(scope.project_id, scope.requester_id)
    check_access(spec, level, requester=scope.requester, project_path=scope.project_path)
    return Place(project_id=scope.project_id, project_path=scope.project_path, level=level)


def _is_own(scope: Scope, named: int | str) -> bool:
    name = unquote(str(named).strip()).casefold()
    return name in {str(scope.project_id), scope.project_path.casefold()}
