"""Tools that write branches and commits. Commits are pushed by git, so that a branch that has moved is refused by git itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from duo_flows.domain.branches import checked_branch_name
from duo_flows.domain.changes import Change
from duo_flows.domain.commit_actions import FileAction, Original, files_after, paths_of
from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.people import Branch, Project
from duo_flows.domain.tools import CreateBranch, CreateCommit
from duo_flows.domain.written_texts import Trailer, commit_message, trailers_of

from .calls import ToolCallContext, ToolOutput
from .writing import began, check_may_push, check_project, mark_of


async def create_branch(call: ToolCallContext, asked: CreateBranch) -> ToolOutput:
    """Make a branch where `ref` stood when this call was first tried."""
    check_project(call, asked)
    name = checked_branch_name(asked.branch)
    project = await call.deps.forge.project(call.scope.project_id)
    await check_may_push(call, project, name, await _branch(call, name))

    async def look() -> tuple[str, Mapping[str, Any]]:
        sha = (await call.deps.forge.commit(project.id, asked.ref)).sha
        return f"Branch {name} is about to be made at {sha[:8]}.", {"sha": sha}

    sha = (await began(call, look)).data["sha"]
    branch = await call.deps.writer.create_branch(project.id, name, sha=sha)
    url = f"{project.web_url}/-/tree/{branch.name}"
    return ToolOutput({"branch": branch.name, "sha": branch.sha, "url": url}, told=f"branch {branch.name} at {branch.sha[:8]}")


async def create_commit(call: ToolCallContext, asked: CreateCommit) -> ToolOutput:
    """Commit the actions on top of the branch's head as it was when this call was first tried.

    The commit is the same at every try, so that one that has been pushed is recognised.
    """
    check_project(call, asked)
    paths = paths_of(asked.actions)
    name = checked_branch_name(asked.branch or f"duo-edit-{mark_of(call)[-12:]}")
    project = await call.deps.forge.project(call.scope.project_id)
    branch = await _branch(call, name)
    await check_may_push(call, project, name, branch)

    async def look() -> tuple[str, Mapping[str, Any]]:
        base = branch.sha if branch else await _start(call, project, asked)
        return f"A commit to {name} is about to be made on {base[:8]}.", {"base_sha": base, "is_new": branch is None}

    seen = (await began(call, look)).data
    await _check_last_commits(call, asked.actions, ref=seen["base_sha"])
    change = await _change(call, project, asked, branch=name, base=seen["base_sha"], paths=paths)
    message = commit_message(asked.commit_message, _trailers(call))
    sha = await _pushed(call, project, change, message=message, makes_branch=seen["is_new"])
    url = f"{project.web_url}/-/commit/{sha}"
    value = {"branch": name, "sha": sha, "url": url, "effects": change.effects.sentence()}
    return ToolOutput(value, told=f"commit {sha[:8]} on {name}: {', '.join(paths)}")


async def _pushed(call: ToolCallContext, project: Project, change: Change, *, message: str, makes_branch: bool) -> str:
    """Return the commit that the change became on its branch.

    Raises:
        Refused: the branch has moved.
    """
    result = await call.deps.repository.push_change(project, change, message=message, makes_branch=makes_branch)
    if not result.is_pushed:
        raise Refused(
            f"Branch {change.branch} has moved to {result.head_sha[:8]} since this commit was prepared on {change.base_sha[:8]}; "
            "nothing was pushed. Read the files again and call create_commit anew.",
            code="branch_moved",
        )
    return result.sha


def _trailers(call: ToolCallContext) -> tuple[Trailer, ...]:
    return trailers_of(call.scope.session_id, call.scope.requester, ("Duo-Call", mark_of(call)[-32:]))


async def _branch(call: ToolCallContext, name: str) -> Branch | None:
    try:
        return await call.deps.forge.branch(call.scope.project_id, name)
    except NotFound:
        return None


async def _start(call: ToolCallContext, project: Project, asked: CreateCommit) -> str:
    """Return the commit at which a new branch begins, as GitLab's tool has it."""
    if asked.start_branch:
        return (await call.deps.forge.branch(project.id, asked.start_branch)).sha
    if asked.start_sha:
        return (await call.deps.forge.commit(project.id, asked.start_sha)).sha
    if not project.default_branch:
        raise Refused(f"{project.path} has no commit yet, so that no branch can begin.", code="empty_repository")
    return (await call.deps.forge.branch(project.id, project.default_branch)).sha


async def _change(  # noqa: PLR0913 - each is one part of what a change is
    call: ToolCallContext, project: Project, asked: CreateCommit, *, branch: str, base: str, paths: tuple[str, ...]
) -> Change:
    originals = await _originals(call, paths, ref=base)
    texts: dict[str, str | None] = {path: original.text for path, original in originals.items()}
    return Change.of(
        files_after(asked.actions, originals),
        texts,
        project_id=project.id,
        project_path=project.path,
        branch=branch,
        base_sha=base,
        title=asked.commit_message.strip().split("\n", 1)[0],
    )


async def _originals(call: ToolCallContext, paths: tuple[str, ...], *, ref: str) -> dict[str, Original]:
    found: dict[str, Original] = {}
    for path in paths:
        try:
            file = await call.deps.forge.file(call.scope.project_id, path, ref=ref)
        except NotFound:
            continue
        found[path] = Original(text=file.text, is_executable=file.is_executable)
    return found


async def _check_last_commits(call: ToolCallContext, actions: tuple[FileAction, ...], *, ref: str) -> None:
    """Raise Refused if a file has a later commit than the one whom the caller knows."""
    for action in actions:
        path = action.previous_path or action.file_path
        if action.last_commit_id and action.last_commit_id != await call.deps.writer.last_commit(
            call.scope.project_id, path, ref=ref
        ):
            raise Refused(f"{path} has changed since commit {action.last_commit_id[:8]}; read it again.", code="file_changed")
