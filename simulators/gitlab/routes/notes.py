"""Notes (comments) of issues and merge requests."""

from __future__ import annotations

from simulators.gitlab import auth, noteables
from simulators.gitlab.calls import Api, Call, JSONResponse, Response, no_content
from simulators.gitlab.errors import bad_parameter, forbidden
from simulators.gitlab.model import Access
from simulators.gitlab.paging import page
from simulators.gitlab.shapes import noteables as shapes
from simulators.gitlab.threads import check_may_write, item_of, note_of, readable

api = Api()
BASES = ("/projects/{project_id}/issues/{iid}", "/projects/{project_id}/merge_requests/{iid}")
FILTERS = {"only_comments": False, "only_activity": True}


def list_notes(call: Call) -> Response:
    """Notes, newest first unless `sort=asc`; system notes among them."""
    project, item = item_of(call)
    kinds = {note.id: shapes.note_kind(thread) for thread in item.discussions for note in thread.notes}
    visible = [note for thread in item.discussions for note in readable(call, project, thread)]
    if (wanted := FILTERS.get(call.text("activity_filter") or "")) is not None:
        visible = [note for note in visible if note.system == wanted]
    field = "updated_at" if call.text("order_by") == "updated_at" else "created_at"
    visible.sort(key=lambda note: (getattr(note, field), note.id), reverse=call.text("sort") != "asc")
    return page(call, visible, lambda note: shapes.note(call.simulator, project, item, note, kinds[note.id]))


def get_note(call: Call) -> Response:
    """One note."""
    project, item = item_of(call)
    thread, note = note_of(call, project, item)
    return JSONResponse(shapes.note(call.simulator, project, item, note, shapes.note_kind(thread)))


def create_note(call: Call) -> Response:
    """Comment. `internal` needs a Planner."""
    project, item = item_of(call)
    check_may_write(call, project, item)
    body = call.needed("body")
    internal = bool(call.flag("internal") or call.flag("confidential"))
    if internal:
        call.require(project, Access.PLANNER)
    thread, note = noteables.add_note(call.simulator, project, item, call.me, body, internal=internal)
    return JSONResponse(shapes.note(call.simulator, project, item, note, shapes.note_kind(thread)), status_code=201)


def edit_note(call: Call) -> Response:
    """Change the text: the author, or a Maintainer; the author stays the author."""
    project, item = item_of(call)
    thread, note = note_of(call, project, item)
    if not auth.can_change_note(call.me, project, note):
        raise forbidden()
    if call.has("body"):
        body = call.text("body") or ""
        if not body.strip():
            raise bad_parameter("body is empty")
        noteables.edit_note(call.simulator, project, item, thread, note, actor=call.me, body=body)
    return JSONResponse(shapes.note(call.simulator, project, item, note, shapes.note_kind(thread)))


def delete_note(call: Call) -> Response:
    """Remove a note; GitLab tells no hook of it."""
    project, item = item_of(call)
    thread, note = note_of(call, project, item)
    if not auth.can_change_note(call.me, project, note):
        raise forbidden()
    thread.notes.remove(note)
    item.discussions = [other for other in item.discussions if other.notes]
    return no_content()


for base in BASES:
    api.get(f"{base}/notes")(list_notes)
    api.post(f"{base}/notes")(create_note)
    api.get(base + "/notes/{note_id}")(get_note)
    api.put(base + "/notes/{note_id}")(edit_note)
    api.delete(base + "/notes/{note_id}")(delete_note)
