"""Issues, their links and their history."""

from __future__ import annotations

from simulators.gitlab import auth, hooks, noteables
from simulators.gitlab.calls import Api, Call, JSONResponse, Response, no_content
from simulators.gitlab.errors import bad_parameter, conflict, forbidden, invalid, not_found
from simulators.gitlab.filters import filtered, keep_common, sorted_by
from simulators.gitlab.model import Access, Issue, IssueLink
from simulators.gitlab.paging import page
from simulators.gitlab.shapes import noteables as shapes
from simulators.gitlab.shapes import people
from simulators.gitlab.state import find_issue

api = Api()
PATH = "/projects/{project_id}/issues"
LINK_TYPES = ("relates_to", "blocks", "is_blocked_by")
TITLE_LENGTH = 255


@api.get("/issues")
def list_own_issues(call: Call) -> Response:
    """Issues of all projects: those the caller made, or is assigned (`scope=assigned_to_me`), or `all`."""
    me, scope = call.me, call.text("scope") or "created_by_me"
    visible = [
        item
        for project in call.state.projects.values()
        if auth.can_see(me, project)
        for item in project.issues
        if auth.can_read_issue(me, project, item)
    ]
    if scope in {"created_by_me", "created-by-me"}:
        visible = [item for item in visible if item.author_id == me.id]
    elif scope in {"assigned_to_me", "assigned-to-me"}:
        visible = [item for item in visible if me.id in item.assignee_ids]
    kept = sorted_by(call, filtered(call, visible))
    return page(call, kept, lambda item: shapes.issue(call.simulator, call.state.projects[item.project_id], item))


@api.get(PATH)
def list_issues(call: Call) -> Response:
    """Issues of a project the caller may read."""
    project = call.project()
    visible = [item for item in project.issues if auth.can_read_issue(call.user, project, item)]
    if (confidential := call.flag("confidential")) is not None:
        visible = [item for item in visible if item.confidential == confidential]
    if kind := call.text("issue_type"):
        visible = [item for item in visible if item.issue_type == kind]
    kept = sorted_by(call, filtered(call, visible))
    return page(call, kept, lambda item: shapes.issue(call.simulator, project, item))


@api.get(PATH + "/{iid}")
def get_issue(call: Call) -> Response:
    """One issue."""
    project = call.project()
    return JSONResponse(shapes.issue(call.simulator, project, call.issue(project)))


@api.post(PATH)
def create_issue(call: Call) -> Response:
    """Open an issue; a Guest may."""
    project = call.project()
    if auth.access_level(call.me, project) < Access.GUEST and project.visibility == "private":
        raise forbidden()
    _check_title(call, needed=True)
    now = call.state.now()
    issue = Issue(
        id=call.state.next_id("issue"),
        iid=project.next_iid("issue"),
        project_id=project.id,
        title=call.text("title") or "",
        description=call.text("description") or "",
        author_id=call.me.id,
        created_at=now,
        updated_at=now,
        confidential=bool(call.flag("confidential")),
        due_date=call.text("due_date"),
        issue_type=call.text("issue_type") or "issue",
    )
    project.issues.append(issue)
    noteables.set_labels(call.simulator, project, issue, call.me, call.words("labels") or [])
    noteables.set_people(call.simulator, project, issue, call.me, field="assignee_ids", numbers=_assignees(call) or [])
    url = shapes.item_url(call.simulator, project, issue)
    noteables.mention(call.simulator, project, issue, call.me, issue.description, url=url)
    hooks.item_changed(call.simulator, project, issue, call.me, action="open")
    return JSONResponse(shapes.issue(call.simulator, project, issue), status_code=201)


@api.put(PATH + "/{iid}")
def update_issue(call: Call) -> Response:
    """Change an issue: its author, its assignees, or a Planner and up."""
    project = call.project()
    issue = call.issue(project)
    me = call.me
    if me.id not in {issue.author_id, *issue.assignee_ids}:
        call.require(project, Access.PLANNER)
    _check_title(call, needed=False)
    before = noteables.snapshot(project, issue)
    keep_common(call, project, issue)
    if (confidential := call.flag("confidential")) is not None:
        issue.confidential = confidential
    if call.has("due_date"):
        issue.due_date = call.text("due_date") or None
    if (numbers := _assignees(call)) is not None:
        noteables.set_people(call.simulator, project, issue, me, field="assignee_ids", numbers=numbers)
    action = "update"
    if event := call.text("state_event"):
        action = noteables.set_state(call.simulator, issue, me, event) or action
    issue.updated_at, issue.updated_by_id = call.state.now(), me.id
    changes = noteables.differences(call.simulator, before, noteables.snapshot(project, issue))
    hooks.item_changed(call.simulator, project, issue, me, action=action, changes=changes)
    return JSONResponse(shapes.issue(call.simulator, project, issue))


@api.delete(PATH + "/{iid}")
def delete_issue(call: Call) -> Response:
    """Remove an issue; for Owners."""
    project = call.project(Access.OWNER)
    issue = call.issue(project)
    project.issues.remove(issue)
    call.state.todos = [todo for todo in call.state.todos if todo.target is not issue]
    call.state.issue_links = [link for link in call.state.issue_links if issue not in (link.source, link.target)]
    return no_content()


@api.get(PATH + "/{iid}/links")
def list_links(call: Call) -> Response:
    """The issues this one is related to, those left out that the caller may not read."""
    issue = call.issue(call.project())
    links = [link for link in call.state.issue_links if issue in (link.source, link.target) and _is_readable(call, link)]
    return JSONResponse([shapes.linked_issue(call.simulator, link, issue) for link in links])


@api.post(PATH + "/{iid}/links")
def create_link(call: Call) -> Response:
    """Relate this issue to another."""
    project = call.project(Access.GUEST)
    issue = call.issue(project)
    other_project = call.state.find_project(call.needed("target_project_id"))
    number = call.number("target_issue_iid")
    if not auth.can_see(call.me, other_project) or number is None:
        raise not_found()
    other = find_issue(other_project, number)
    if any({link.source.id, link.target.id} == {issue.id, other.id} for link in call.state.issue_links):
        raise conflict("Issue(s) already assigned")
    kind = call.text("link_type") or "relates_to"
    if kind not in LINK_TYPES:
        raise bad_parameter("link_type does not have a valid value")
    link = IssueLink(call.state.next_id("issue_link"), issue, other, kind, call.state.now())
    call.state.issue_links.append(link)
    return JSONResponse(shapes.issue_link(call.simulator, link), status_code=201)


@api.get(PATH + "/{iid}/links/{link_id}")
def get_link(call: Call) -> Response:
    """One relation."""
    return JSONResponse(shapes.issue_link(call.simulator, _link(call, call.issue(call.project()))))


@api.delete(PATH + "/{iid}/links/{link_id}")
def delete_link(call: Call) -> Response:
    """End a relation."""
    link = _link(call, call.issue(call.project(Access.GUEST)))
    call.state.issue_links.remove(link)
    return JSONResponse(shapes.issue_link(call.simulator, link))


@api.get(PATH + "/{iid}/resource_label_events")
def label_events(call: Call) -> Response:
    """Who set which label when."""
    return _events(call, "label")


@api.get(PATH + "/{iid}/resource_state_events")
def state_events(call: Call) -> Response:
    """Who closed and reopened when."""
    return _events(call, "state")


@api.get(PATH + "/{iid}/participants")
def participants(call: Call) -> Response:
    """Everybody who wrote in the issue."""
    issue = call.issue(call.project())
    numbers = [issue.author_id, *issue.assignee_ids, *(note.author_id for note in issue.notes if not note.system)]
    return page(call, people.users_by_id(call.simulator, list(dict.fromkeys(numbers))), lambda user: user)


def _events(call: Call, kind: str) -> Response:
    issue = call.issue(call.project())
    events = [event for event in issue.events if event.kind == kind]
    return page(call, events, lambda event: shapes.resource_event(call.simulator, issue, event))


def _is_readable(call: Call, link: IssueLink) -> bool:
    projects = call.state.projects
    ends = [(projects[item.project_id], item) for item in (link.source, link.target)]
    return all(auth.can_see(call.user, project) and auth.can_read_issue(call.user, project, item) for project, item in ends)


def _link(call: Call, issue: Issue) -> IssueLink:
    number = call.segment_number("link_id")
    for link in call.state.issue_links:
        if link.id == number and issue in (link.source, link.target):
            return link
    raise not_found()


def _assignees(call: Call) -> list[int] | None:
    numbers = call.numbers("assignee_ids")
    return call.numbers("assignee_id") if numbers is None else numbers


def _check_title(call: Call, *, needed: bool) -> None:
    title = call.text("title")
    if title is None:
        if needed:
            raise bad_parameter("title is missing")
        return
    if not title.strip():
        raise invalid(title="can't be blank")
    if len(title) > TITLE_LENGTH:
        raise invalid(title=f"is too long (maximum is {TITLE_LENGTH} characters)")
