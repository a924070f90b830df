"""Tools that read the repository."""

from __future__ import annotations

from duo_flows.domain.tools import RepositoryFile, RepositoryTree

from .calls import ToolCallContext, ToolOutput


async def get_repository_file(call: ToolCallContext, asked: RepositoryFile) -> ToolOutput:
    """Return a file's text below one line that names it."""
    ref = await _ref(call, asked.ref)
    file = await call.deps.forge.file(call.scope.project_id, asked.file_path, ref=ref)
    line_count = file.text.count("\n") + (not file.text.endswith("\n") and bool(file.text))
    header = f"{file.path} @ {file.ref} ({line_count} lines)"
    return ToolOutput({"path": file.path, "ref": file.ref, "text": file.text}, f"{header}\n{file.text}")


async def list_repository_tree(call: ToolCallContext, asked: RepositoryTree) -> ToolOutput:
    """Return names, folders with a slash at their end."""
    ref = await _ref(call, asked.ref)
    entries = await call.deps.forge.tree(call.scope.project_id, asked.path, ref=ref, recursive=asked.recursive)
    names = [entry.path + ("/" if entry.type == "tree" else "") for entry in entries]
    return ToolOutput({"ref": ref, "names": names}, "\n".join(names) or "(empty)")


async def _ref(call: ToolCallContext, ref: str) -> str:
    """Return what was asked for, or the work branch, or the default branch where there is none."""
    if ref or call.scope.branch:
        return ref or call.scope.branch
    return (await call.deps.forge.project(call.scope.project_id)).default_branch
