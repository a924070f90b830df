"""Tools that read merge requests, their changes and their threads."""

from __future__ import annotations

from duo_flows.domain.errors import Refused
from duo_flows.domain.merge_requests import MERGE_REQUESTS_PER_PAGE, MergeRequestFilter
from duo_flows.domain.pipelines import NoteTarget, TargetKind
from duo_flows.domain.tools.merge_requests import MergeRequestDiscussions, MergeRequestsListed
from duo_flows.domain.tools.reads import OnMergeRequest

from .calls import ToolCallContext, ToolOutput
from .telling import (
    told_diffs,
    told_discussion,
    told_list,
    told_merge_request,
    told_merge_request_line,
    told_note,
)
from .threads import readable_threads


async def get_merge_request(call: ToolCallContext, asked: OnMergeRequest) -> ToolOutput:
    """Return a merge request."""
    found = await call.deps.reader.merge_request(call.place.project_id, _iid(call, asked))
    return ToolOutput(found.model_dump(mode="json"), told_merge_request(found))


async def list_merge_request_diffs(call: ToolCallContext, asked: OnMergeRequest) -> ToolOutput:
    """Return the changed files; an empty list where the session has no merge request and none is named."""
    if asked.merge_request_iid is None and call.place.is_own and call.scope.merge_request_iid is None:
        return ToolOutput({"files": []}, "This session has no merge request.")
    diffs = await call.deps.forge.merge_request_diffs(call.place.project_id, _iid(call, asked))
    return ToolOutput({"files": [diff.model_dump(mode="json") for diff in diffs]}, told_diffs(diffs) or "No file is changed.")


async def list_all_merge_request_notes(call: ToolCallContext, asked: OnMergeRequest) -> ToolOutput:
    """Return all comments, oldest first."""
    iid = _iid(call, asked)
    notes = [note for thread in await readable_threads(call, _target(call, iid)) for note in thread.notes]
    notes.sort(key=lambda note: (note.created_at, note.id))
    heading = f"{len(notes)} comments on merge request !{iid} of {call.place.project_path}"
    return ToolOutput(
        [note.model_dump(mode="json") for note in notes], told_list(heading, (f"\n{told_note(note)}" for note in notes))
    )


async def list_mr_discussions(call: ToolCallContext, asked: MergeRequestDiscussions) -> ToolOutput:
    """Return the threads with their places and whether they are resolved."""
    iid = _iid(call, asked)
    wanted = asked.only_from_author.removeprefix("@").casefold()
    threads = [
        thread
        for thread in await readable_threads(call, _target(call, iid))
        if wanted in {"", thread.notes[0].author.username.casefold()} and (thread.is_resolvable or not asked.only_resolvable)
    ]
    heading = f"{len(threads)} threads of merge request !{iid} of {call.place.project_path}"
    value = [{**thread.model_dump(mode="json"), "is_resolved": thread.is_resolved} for thread in threads]
    return ToolOutput(value, told_list(heading, (f"\n{told_discussion(thread)}" for thread in threads)))


async def gitlab_merge_request_search(call: ToolCallContext, asked: MergeRequestsListed) -> ToolOutput:
    """Return one page of merge requests."""
    which = MergeRequestFilter(**asked.model_dump(exclude={"project_id", "url"}))
    found = await call.deps.reader.merge_requests(call.place.project_id, which)
    is_full = len(found) == MERGE_REQUESTS_PER_PAGE
    heading = f"Merge requests of {call.place.project_path}, page {which.page}"
    text = told_list(heading, map(told_merge_request_line, found), page=which.page, is_full=is_full)
    return ToolOutput([one.model_dump(mode="json", exclude={"description"}) for one in found], text)


def _target(call: ToolCallContext, iid: int) -> NoteTarget:
    return NoteTarget(project_id=call.place.project_id, kind=TargetKind.MERGE_REQUEST, iid=iid)


def _iid(call: ToolCallContext, asked: OnMergeRequest) -> int:
    iid = asked.merge_request_iid
    if iid is None and call.place.is_own:
        iid = call.scope.merge_request_iid
    if iid is None:
        raise Refused(
            "Name the merge request by merge_request_iid or url: this session has none of its own.", code="argument_missing"
        )
    return iid
