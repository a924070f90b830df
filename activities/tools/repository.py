"""Tools that read the project, its files and folders."""

from __future__ import annotations

import re

from duo_flows.domain.errors import NeverAgain, Refused
from duo_flows.domain.pipelines import FileContent
from duo_flows.domain.redaction import redact
from duo_flows.domain.tools.repository import ProjectRead, RepositoryFile, RepositoryFiles, RepositoryTree

from .calls import ToolCallContext, ToolOutput

# Lines as git counts them; other signs that end a line somewhere are part of it.
_LINE_ENDS = re.compile(r"(?<=\n)")


async def get_project(call: ToolCallContext, asked: ProjectRead) -> ToolOutput:
    """Return what the project is, and what the requester may do there."""
    del asked
    project = await call.deps.forge.project(call.place.project_id)
    access = call.place.level.name.lower()
    text = (
        f"Project {project.path} (number {project.id}, {project.visibility}), default branch {project.default_branch or 'none'}\n"
        f"{project.web_url}\n@{call.scope.requester} has {access.capitalize()} access."
    )
    return ToolOutput({**project.model_dump(mode="json"), "requester_access": access}, text)


async def get_repository_file(call: ToolCallContext, asked: RepositoryFile) -> ToolOutput:
    """Return a file's text, or the lines asked for, below one line that names it."""
    file = await _file(call, asked.file_path, await _ref(call, asked.ref))
    # Secrets go before lines are taken: a key of several lines is known by its first and last one.
    lines = [line for line in _LINE_ENDS.split(redact(file.text)) if line]
    first, last = _range(asked, len(lines))
    text = "".join(lines[first - 1 : last])
    part = "" if (first, last) == (1, len(lines)) else f"; lines {first} to {last}"
    value = {"path": file.path, "ref": file.ref, "text": text, "line_count": len(lines)}
    return ToolOutput(value, f"{file.path} @ {file.ref} ({len(lines)} lines{part})\n{text}")


async def get_repository_files(call: ToolCallContext, asked: RepositoryFiles) -> ToolOutput:
    """Return several files, one below the other; of one that cannot be read the reason stands in its place."""
    ref = await _ref(call, asked.ref)
    told: list[str] = []
    files: list[dict[str, str]] = []
    for path in dict.fromkeys(asked.file_paths):
        try:
            file = await _file(call, path, ref)
        except (NeverAgain, Refused) as reason:
            told.append(f"{path} @ {ref}: {reason}")
            files.append({"path": path, "ref": ref, "error": str(reason)})
            continue
        told.append(f"{path} @ {ref}\n{file.text}")
        files.append({"path": path, "ref": ref, "text": file.text})
    return ToolOutput({"files": files}, "\n\n".join(told))


async def list_repository_tree(call: ToolCallContext, asked: RepositoryTree) -> ToolOutput:
    """Return names, folders with a slash at their end."""
    ref = await _ref(call, asked.ref)
    entries = await call.deps.forge.tree(call.place.project_id, asked.path, ref=ref, recursive=asked.recursive)
    names = [entry.path + ("/" if entry.type == "tree" else "") for entry in entries]
    if asked.page is not None:
        names = names[(asked.page - 1) * asked.per_page : asked.page * asked.per_page]
    return ToolOutput({"ref": ref, "names": names}, "\n".join(names) or "(empty)")


async def _file(call: ToolCallContext, path: str, ref: str) -> FileContent:
    return await call.deps.forge.file(call.place.project_id, path, ref=ref)


def _range(asked: RepositoryFile, line_count: int) -> tuple[int, int]:
    """Return (first line, last line), from 1 and included; GitLab's `offset` counts from 0."""
    first = asked.start_line or (asked.offset or 0) + 1
    last = asked.end_line or (first + asked.limit - 1 if asked.limit else line_count)
    return first, min(last, line_count)


async def _ref(call: ToolCallContext, ref: str) -> str:
    """Return what was asked for, or the work branch, or the default branch where there is none."""
    if ref and ref != "HEAD":
        return ref
    if not ref and call.place.is_own and call.scope.branch:
        return call.scope.branch
    return (await call.deps.forge.project(call.place.project_id)).default_branch
