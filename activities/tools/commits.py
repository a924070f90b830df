"""Tools that read commits."""

from __future__ import annotations

from duo_flows.domain.commits import COMMITS_PER_PAGE, CommitComment, CommitFilter
from duo_flows.domain.tools.repository import CommitRead, CommitsListed

from .calls import ToolCallContext, ToolOutput
from .telling import told_commit, told_commit_line, told_diffs, told_list


async def get_commit(call: ToolCallContext, asked: CommitRead) -> ToolOutput:
    """Return a commit."""
    commit = await call.deps.reader.commit(call.place.project_id, asked.commit_sha)
    return ToolOutput(commit.model_dump(mode="json"), told_commit(commit))


async def get_commit_diff(call: ToolCallContext, asked: CommitRead) -> ToolOutput:
    """Return what a commit changed."""
    diffs = await call.deps.reader.commit_diff(call.place.project_id, asked.commit_sha)
    return ToolOutput({"files": [diff.model_dump(mode="json") for diff in diffs]}, told_diffs(diffs) or "No file is changed.")


async def get_commit_comments(call: ToolCallContext, asked: CommitRead) -> ToolOutput:
    """Return the comments on a commit."""
    comments = await call.deps.reader.commit_comments(call.place.project_id, asked.commit_sha)
    lines = (f"\n{_where(comment)}:\n{comment.body}" for comment in comments)
    text = told_list(f"{len(comments)} comments on commit {asked.commit_sha}", lines)
    return ToolOutput([comment.model_dump(mode="json") for comment in comments], text)


async def list_commits(call: ToolCallContext, asked: CommitsListed) -> ToolOutput:
    """Return one page of commits: of the work branch unless another ref is named."""
    ref = asked.ref_name or (call.scope.branch if call.place.is_own and not asked.all else "")
    fields = asked.model_dump(exclude={"project_id", "url", "all", "ref_name"})
    commits = await call.deps.reader.commits(call.place.project_id, CommitFilter(ref_name=ref, is_all=asked.all, **fields))
    heading = f"Commits of {call.place.project_path}{f' at {ref}' if ref else ''}, page {asked.page}"
    text = told_list(heading, map(told_commit_line, commits), page=asked.page, is_full=len(commits) == COMMITS_PER_PAGE)
    return ToolOutput([commit.model_dump(mode="json") for commit in commits], text)


def _where(comment: CommitComment) -> str:
    at = f" at {comment.path}, line {comment.line}" if comment.path and comment.line else ""
    return f"Comment by @{comment.author}{at}"
