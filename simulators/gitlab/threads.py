"""Finding the item, thread and note a path names, for the routes of notes, discussions and emoji.

The law of this module: it finds and refuses; it changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.gitlab import auth
from simulators.gitlab.errors import forbidden, not_found
from simulators.gitlab.model import Access

if TYPE_CHECKING:
    from simulators.gitlab.calls import Call
    from simulators.gitlab.model import Discussion, Issue, MergeRequest, Note, Project


def item_of(call: Call) -> tuple[Project, Issue | MergeRequest]:
    """The issue or merge request of the path, by its `kind` segment."""
    project = call.project()
    if "/issues/" in call.request.scope["path"]:
        return project, call.issue(project)
    return project, call.merge_request(project)


def check_may_write(call: Call, project: Project, item: Issue | MergeRequest) -> None:
    """Commenting is for anybody who sees the project; a locked discussion is for members."""
    level = auth.access_level(call.me, project)
    if item.discussion_locked and level < Access.GUEST:
        raise forbidden()
    if project.visibility == "private" and level < Access.GUEST:
        raise forbidden()


def note_of(call: Call, project: Project, item: Issue | MergeRequest) -> tuple[Discussion, Note]:
    """The note of the path with its thread; one the caller may not read does not exist."""
    number = call.segment_number("note_id")
    for thread in item.discussions:
        for note in thread.notes:
            if note.id == number and auth.can_read_note(call.user, project, note):
                return thread, note
    raise not_found()


def thread_of(call: Call, project: Project, item: Issue | MergeRequest) -> Discussion:
    """The discussion of the path."""
    wanted = call.segment("discussion_id")
    for thread in item.discussions:
        if thread.id == wanted and readable(call, project, thread):
            return thread
    raise not_found("Discussion")


def readable(call: Call, project: Project, thread: Discussion) -> list[Note]:
    """Those notes of a thread the caller may read."""
    return [note for note in thread.notes if auth.can_read_note(call.user, project, note)]
