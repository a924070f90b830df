"""Discussions (threads) of issues and merge requests."""

from __future__ import annotations

from simulators.gitlab import auth, noteables
from simulators.gitlab.calls import Api, Call, JSONResponse, Response, no_content
from simulators.gitlab.errors import bad_parameter, forbidden, not_found, refused
from simulators.gitlab.model import Access, Discussion, Issue, MergeRequest, Note, Project
from simulators.gitlab.paging import page
from simulators.gitlab.shapes import noteables as shapes
from simulators.gitlab.threads import check_may_write, item_of, note_of, readable, thread_of

api = Api()
BASES = ("/projects/{project_id}/issues/{iid}", "/projects/{project_id}/merge_requests/{iid}")


def list_discussions(call: Call) -> Response:
    """Threads, oldest first; plain comments are threads of one."""
    project, item = item_of(call)
    visible = [thread for thread in item.discussions if readable(call, project, thread)]
    return page(call, visible, lambda thread: _shape(call, project, item, thread))


def get_discussion(call: Call) -> Response:
    """One thread."""
    project, item = item_of(call)
    return JSONResponse(_shape(call, project, item, thread_of(call, project, item)))


def create_discussion(call: Call) -> Response:
    """Start a thread, on a merge request also at a line (`position`)."""
    project, item = item_of(call)
    check_may_write(call, project, item)
    position = call.parameters.get("position")
    if position is not None and not isinstance(position, dict):
        raise bad_parameter("position is invalid")
    thread, _ = noteables.add_note(call.simulator, project, item, call.me, call.needed("body"), new_thread=True, position=position)
    return JSONResponse(_shape(call, project, item, thread), status_code=201)


def reply(call: Call) -> Response:
    """Answer in a thread; a plain comment on an issue becomes one."""
    project, item = item_of(call)
    thread = thread_of(call, project, item)
    check_may_write(call, project, item)
    body = call.needed("body")
    if thread.notes[0].system:
        raise refused("Discussion can not be replied to")
    thread.individual = False
    internal = thread.notes[0].internal
    _, note = noteables.add_note(call.simulator, project, item, call.me, body, thread=thread, internal=internal)
    return JSONResponse(_note(call, project, item, thread, note), status_code=201)


def edit_reply(call: Call) -> Response:
    """Change a note of a thread, or resolve it alone."""
    project, item = item_of(call)
    thread, note = note_of(call, project, item)
    if (resolved := call.flag("resolved")) is not None:
        _resolve(call, project, item, [note], resolved=resolved)
    if call.has("body"):
        if not auth.can_change_note(call.me, project, note):
            raise forbidden()
        noteables.edit_note(call.simulator, project, item, thread, note, actor=call.me, body=call.needed("body"))
    return JSONResponse(_note(call, project, item, thread, note))


def get_reply(call: Call) -> Response:
    """One note of a thread."""
    project, item = item_of(call)
    thread, note = note_of(call, project, item)
    return JSONResponse(_note(call, project, item, thread, note))


def delete_reply(call: Call) -> Response:
    """Remove a note of a thread."""
    project, item = item_of(call)
    thread, note = note_of(call, project, item)
    if not auth.can_change_note(call.me, project, note):
        raise forbidden()
    thread.notes.remove(note)
    item.discussions = [other for other in item.discussions if other.notes]
    return no_content()


def resolve_discussion(call: Call) -> Response:
    """Resolve or reopen a thread of a merge request; issues have none that can be."""
    project, item = item_of(call)
    thread = thread_of(call, project, item)
    resolved = call.flag("resolved")
    if resolved is None:
        raise bad_parameter("resolved is missing")
    if not isinstance(item, MergeRequest) or thread.individual:
        raise not_found()
    _resolve(call, project, item, thread.notes, resolved=resolved)
    return JSONResponse(_shape(call, project, item, thread))


def _resolve(call: Call, project: Project, item: Issue | MergeRequest, notes: list[Note], *, resolved: bool) -> None:
    if call.me.id != item.author_id:
        call.require(project, Access.DEVELOPER)
    for note in notes:
        note.resolved = resolved
        note.resolved_by_id = call.me.id if resolved else None


def _shape(call: Call, project: Project, item: Issue | MergeRequest, thread: Discussion) -> dict[str, object]:
    return shapes.discussion(call.simulator, project, item, thread, readable(call, project, thread))


def _note(call: Call, project: Project, item: Issue | MergeRequest, thread: Discussion, note: Note) -> dict[str, object]:
    return shapes.note(call.simulator, project, item, note, shapes.note_kind(thread))


for base in BASES:
    one = base + "/discussions/{discussion_id}"
    api.get(f"{base}/discussions")(list_discussions)
    api.post(f"{base}/discussions")(create_discussion)
    api.get(one)(get_discussion)
    api.put(one)(resolve_discussion)
    api.post(f"{one}/notes")(reply)
    api.get(one + "/notes/{note_id}")(get_reply)
    api.put(one + "/notes/{note_id}")(edit_reply)
    api.delete(one + "/notes/{note_id}")(delete_reply)
