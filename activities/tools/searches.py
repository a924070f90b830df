"""Tools that search in a project."""

from __future__ import annotations

import re

from duo_flows.domain.commits import COMMITS_PER_PAGE, BlobHit
from duo_flows.domain.issues import ISSUES_PER_PAGE
from duo_flows.domain.tools.searches import CodeSearch, IssueSearch

from .calls import ToolCallContext, ToolOutput
from .issues import issues_output
from .telling import told_commit_line, told_list

# A line that is nothing but Base64. A part of a file may begin within a key, where nothing else tells what it is.
_ENCODED_LINE = re.compile(r"^[A-Za-z0-9+/]{40,}={0,2}$", re.MULTILINE)


async def gitlab_issue_search(call: ToolCallContext, asked: IssueSearch) -> ToolOutput:
    """Return one page of issues that were found."""
    state = "" if asked.state == "all" else asked.state
    found = await call.deps.reader.search_issues(call.place.project_id, asked.search, state=state, page=asked.page)
    kept = tuple(issue for issue in found if asked.confidential in {None, issue.is_confidential})
    heading = f"Issues with {asked.search!r} in {call.place.project_path}"
    return issues_output(call, kept, heading=heading, page=asked.page, is_full=len(found) == ISSUES_PER_PAGE)


async def gitlab_commit_search(call: ToolCallContext, asked: CodeSearch) -> ToolOutput:
    """Return one page of commits that were found."""
    found = await call.deps.reader.search_commits(call.place.project_id, asked.search, ref=asked.ref, page=asked.page)
    heading = f"Commits with {asked.search!r} in {call.place.project_path}"
    text = told_list(heading, map(told_commit_line, found), page=asked.page, is_full=len(found) == COMMITS_PER_PAGE)
    return ToolOutput([commit.model_dump(mode="json") for commit in found], text)


async def gitlab_blob_search(call: ToolCallContext, asked: CodeSearch) -> ToolOutput:
    """Return one page of places in files, each with the lines around it."""
    found = await call.deps.reader.search_blobs(call.place.project_id, asked.search, ref=asked.ref, page=asked.page)
    shown = [hit.model_copy(update={"text": _ENCODED_LINE.sub("[a line of Base64]", hit.text)}) for hit in found]
    heading = f"Places with {asked.search!r} in files of {call.place.project_path}"
    text = told_list(heading, map(_told_hit, shown), page=asked.page, is_full=len(found) == COMMITS_PER_PAGE)
    return ToolOutput([hit.model_dump(mode="json") for hit in shown], text)


def _told_hit(hit: BlobHit) -> str:
    lines = hit.text.rstrip("\n").split("\n")
    numbered = "\n".join(f"{hit.start_line + index:>5}| {line}" for index, line in enumerate(lines))
    return f"\n{hit.path} @ {hit.ref}\n{numbered}"
