"""Tools that read issues. What the requester may not read in GitLab is not shown, and not told of (S5)."""

from __future__ import annotations

from collections.abc import Sequence

from duo_flows.domain.discussions import ThreadNote
from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.issues import ISSUES_PER_PAGE, Issue, IssueFilter, may_read_issue
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.pipelines import NoteTarget, TargetKind
from duo_flows.domain.tools.issues import IssueNoteRead, IssueNotes, IssuesListed, WorkItemNotes, WorkItemRead, WorkItemsListed
from duo_flows.domain.tools.reads import OnIssue

from .calls import ToolCallContext, ToolOutput
from .telling import told_issue, told_issue_line, told_list, told_note
from .threads import readable_threads

# What an agent can take in at once; the next page is asked for by its number.
_NOTES_PER_PAGE = 50


async def get_issue(call: ToolCallContext, asked: OnIssue) -> ToolOutput:
    """Return an issue."""
    return _one(await readable_issue(call, _iid(call, asked.issue_iid)))


async def get_work_item(call: ToolCallContext, asked: WorkItemRead) -> ToolOutput:
    """Return a work item that is an issue."""
    return _one(await readable_issue(call, _iid(call, asked.work_item_iid)))


async def list_issues(call: ToolCallContext, asked: IssuesListed) -> ToolOutput:
    """Return one page of issues."""
    fields = asked.model_dump(exclude={"project_id", "url"})
    return await _listed(call, IssueFilter(**fields))


async def list_work_items(call: ToolCallContext, asked: WorkItemsListed) -> ToolOutput:
    """Return one page of work items that are issues."""
    which = IssueFilter(
        state=asked.state,
        search=asked.search,
        author_username=asked.author_username,
        assignee_username="".join(asked.assignee_usernames),
        labels=",".join(asked.label_name),
        created_after=asked.created_after,
        created_before=asked.created_before,
        page=asked.page,
    )
    return await _listed(call, which)


async def list_issue_notes(call: ToolCallContext, asked: IssueNotes) -> ToolOutput:
    """Return one page of the comments on an issue."""
    return await _notes(call, _iid(call, asked.issue_iid), is_newest_first=asked.sort == "desc", page=asked.page)


async def get_work_item_notes(call: ToolCallContext, asked: WorkItemNotes) -> ToolOutput:
    """Return one page of the comments on a work item."""
    return await _notes(call, _iid(call, asked.work_item_iid), is_newest_first=asked.sort == "desc", page=asked.page)


async def get_issue_note(call: ToolCallContext, asked: IssueNoteRead) -> ToolOutput:
    """Return one comment."""
    iid = _iid(call, asked.issue_iid)
    notes = await _readable_notes(call, iid)
    found = next((note for note in notes if note.id == asked.note_id), None)
    if found is None:
        raise NotFound(
            f"Issue #{iid} of {call.place.project_path} has no comment {asked.note_id}, or @{call.scope.requester} may not read it."
        )
    return ToolOutput(found.model_dump(mode="json"), told_note(found))


async def list_issue_links(call: ToolCallContext, asked: OnIssue) -> ToolOutput:
    """Return the related issues that the requester may read; of each project the access is asked for once."""
    iid = _iid(call, asked.issue_iid)
    await readable_issue(call, iid)
    links = await call.deps.reader.issue_links(call.place.project_id, iid)
    levels = {call.place.project_id: call.place.level}
    for project_id in {link.issue.project_id for link in links} - levels.keys():
        levels[project_id] = await call.deps.forge.access_level(project_id, call.scope.requester_id)
    shown = [link for link in links if _may_read(call, link.issue, levels[link.issue.project_id])]
    lines = [f"{link.link_type} {told_issue_line(link.issue)} {link.issue.web_url}" for link in shown]
    return ToolOutput([link.model_dump(mode="json") for link in shown], told_list(f"Issues that #{iid} is related to", lines))


async def readable_issue(call: ToolCallContext, iid: int) -> Issue:
    """Return an issue that the requester may read.

    Raises:
        NotFound: it is not there, or is not for the requester's eyes: the same words for both.
    """
    what = f"{call.place.project_path} has no issue #{iid}, or @{call.scope.requester} may not read it."
    try:
        issue = await call.deps.reader.issue(call.place.project_id, iid)
    except NotFound:
        raise NotFound(what) from None
    if not _may_read(call, issue, call.place.level):
        raise NotFound(what)
    return issue


def readable_issues(call: ToolCallContext, issues: Sequence[Issue]) -> tuple[Issue, ...]:
    """Return those issues of the call's project that the requester may read."""
    return tuple(issue for issue in issues if _may_read(call, issue, call.place.level))


def issues_output(call: ToolCallContext, issues: Sequence[Issue], *, heading: str, page: int, is_full: bool) -> ToolOutput:
    """Return a page of issues without those that the requester may not read."""
    shown = readable_issues(call, issues)
    value = [issue.model_dump(mode="json", exclude={"description"}) for issue in shown]
    text = told_list(f"{heading}, page {page}", map(told_issue_line, shown), page=page, is_full=is_full)
    return ToolOutput(value, text)


async def _listed(call: ToolCallContext, which: IssueFilter) -> ToolOutput:
    issues = await call.deps.reader.issues(call.place.project_id, which)
    heading = f"Issues of {call.place.project_path}"
    return issues_output(call, issues, heading=heading, page=which.page, is_full=len(issues) == ISSUES_PER_PAGE)


async def _notes(call: ToolCallContext, iid: int, *, is_newest_first: bool, page: int) -> ToolOutput:
    notes = await _readable_notes(call, iid)
    ordered = notes[::-1] if is_newest_first else notes
    shown = ordered[(page - 1) * _NOTES_PER_PAGE : page * _NOTES_PER_PAGE]
    heading = f"{len(notes)} comments on issue #{iid} of {call.place.project_path}"
    is_full = len(ordered) > page * _NOTES_PER_PAGE
    text = told_list(heading, (f"\n{told_note(note)}" for note in shown), page=page, is_full=is_full)
    return ToolOutput([note.model_dump(mode="json") for note in shown], text)


async def _readable_notes(call: ToolCallContext, iid: int) -> list[ThreadNote]:
    await readable_issue(call, iid)
    target = NoteTarget(project_id=call.place.project_id, kind=TargetKind.ISSUE, iid=iid)
    notes = [note for thread in await readable_threads(call, target) for note in thread.notes]
    return sorted(notes, key=lambda note: (note.created_at, note.id))


def _one(issue: Issue) -> ToolOutput:
    return ToolOutput(issue.model_dump(mode="json"), told_issue(issue))


def _iid(call: ToolCallContext, given: int | None) -> int:
    iid = given if given is not None or not call.place.is_own else call.scope.issue_iid
    if iid is None:
        raise Refused("Name the issue by issue_iid or url: this session has none of its own.", code="argument_missing")
    return iid


def _may_read(call: ToolCallContext, issue: Issue, level: AccessLevel) -> bool:
    return may_read_issue(issue, level=level, person_id=call.scope.requester_id)
