"""Acts on issues and merge requests: comments, states, labels, to-dos.

The law of this module: each act changes the records, writes GitLab's system note, makes the to-dos and tells
the hooks, in that order. Who may act was decided before. Callers hold the state's lock.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from simulators.gitlab import auth, hooks
from simulators.gitlab.errors import bad_parameter
from simulators.gitlab.model import Discussion, Issue, Label, MergeRequest, Note, ResourceEvent, Todo
from simulators.gitlab.shapes.noteables import item_url
from simulators.gitlab.shapes.times import hook_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulators.gitlab.model import Project, User
    from simulators.gitlab.simulator import Simulator

LABEL_COLOR = "#6699cc"  # GitLab's colour for a label that was only named
# A backslash before the sign makes no reference, unless it is itself escaped.
_MENTION = re.compile(r"(?<![\w@/\\])(?:\\\\)*@([A-Za-z0-9_][A-Za-z0-9_.-]*[A-Za-z0-9_-]|[A-Za-z0-9_])")
_NOT_PROSE = re.compile(r"```.*?```|`[^`\n]*`|<!--.*?-->", re.DOTALL)


def add_note(
    simulator: Simulator,
    project: Project,
    item: Issue | MergeRequest,
    author: User,
    body: str,
    *,
    internal: bool = False,
    thread: Discussion | None = None,
    new_thread: bool = False,
    position: dict[str, Any] | None = None,
) -> tuple[Discussion, Note]:
    """Write a comment: alone, as the start of a thread, or as a reply in `thread`."""
    now = simulator.state.now()
    note = Note(simulator.state.next_id("note"), body, author.id, now, now, internal=internal, position=position)
    if thread is None:
        thread = Discussion(simulator.state.random_hex(), individual=not new_thread, notes=[])
        item.discussions.append(thread)
    thread.notes.append(note)
    item.updated_at = now
    mention(simulator, project, item, author, body, url=f"{item_url(simulator, project, item)}#note_{note.id}")
    hooks.noted(simulator, project, item, thread, note, actor=author, action="create")
    return thread, note


def edit_note(
    simulator: Simulator, project: Project, item: Issue | MergeRequest, thread: Discussion, note: Note, *, actor: User, body: str
) -> None:
    """Change a comment's text. Its author stays, whoever edits; the hook names the editor."""
    if note.body == body:
        return
    note.body, note.updated_at = body, simulator.state.now()
    hooks.noted(simulator, project, item, thread, note, actor=actor, action="update")


def system_note(simulator: Simulator, item: Issue | MergeRequest, actor: User, body: str) -> None:
    """What GitLab itself writes below an item."""
    now = simulator.state.now()
    note = Note(simulator.state.next_id("note"), body, actor.id, now, now, system=True)
    item.discussions.append(Discussion(simulator.state.random_hex(), individual=True, notes=[note]))


def mention(simulator: Simulator, project: Project, item: Issue | MergeRequest, author: User, text: str, *, url: str) -> None:
    """A to-do for everybody a text names who may see the item; directly addressed at the start of a line."""
    prose = _NOT_PROSE.sub("", text)
    direct = {_MENTION.match(line.strip()) for line in prose.splitlines()}
    addressed = {match.group(1).lower() for match in direct if match}
    for name in dict.fromkeys(found.group(1).lower() for found in _MENTION.finditer(prose)):
        user = simulator.state.user_by_username(name)
        action = "directly_addressed" if name in addressed else "mentioned"
        if user is not None and _may_see(user, project, item):
            add_todo(simulator, project, item, user, author, action=action, body=text, url=url)


def _may_see(user: User, project: Project, item: Issue | MergeRequest) -> bool:
    if isinstance(item, Issue):
        return auth.can_see(user, project) and auth.can_read_issue(user, project, item)
    return auth.can_read_code(user, project)


def add_todo(
    simulator: Simulator,
    project: Project,
    item: Issue | MergeRequest,
    user: User,
    author: User,
    *,
    action: str,
    body: str,
    url: str,
) -> None:
    """Something to do for `user`; what one does oneself makes none."""
    if user.id == author.id and action != "marked":
        return
    state = simulator.state
    state.todos.append(Todo(state.next_id("todo"), user.id, author.id, project.id, action, item, body, url, state.now()))


def ensure_labels(simulator: Simulator, project: Project, names: Iterable[str]) -> list[str]:
    """The names, without doubles, each with its label: GitLab makes those that are missing."""
    kept = list(dict.fromkeys(names))
    known = {label.name for label in project.labels}
    for name in kept:
        if name not in known:
            project.labels.append(Label(simulator.state.next_id("label"), name, LABEL_COLOR, "", simulator.state.now()))
    return kept


def set_labels(simulator: Simulator, project: Project, item: Issue | MergeRequest, actor: User, names: Iterable[str]) -> None:
    """Give an item exactly these labels, and remember who added and removed which."""
    wanted = ensure_labels(simulator, project, names)
    by_name = {label.name: label for label in project.labels}
    for action, changed in (
        ("add", [name for name in wanted if name not in item.labels]),
        ("remove", [name for name in item.labels if name not in wanted]),
    ):
        for name in changed:
            _record(simulator, item, actor, kind="label", action=action, label=by_name.get(name))
    item.labels = wanted


def _record(
    simulator: Simulator, item: Issue | MergeRequest, actor: User, *, kind: str, action: str, label: Label | None = None
) -> None:
    state = simulator.state
    item.events.append(ResourceEvent(state.next_id("resource_event"), actor.id, state.now(), kind, action, label))


def set_people(
    simulator: Simulator, project: Project, item: Issue | MergeRequest, actor: User, *, field: str, numbers: list[int]
) -> None:
    """Set assignees or reviewers (`field` is `assignee_ids` or `reviewer_ids`); those who come get a to-do."""
    users = simulator.state.users
    known = [number for number in dict.fromkeys(numbers) if number in users and auth.can_see(users[number], project)]
    added = [number for number in known if number not in getattr(item, field)]
    removed = [number for number in getattr(item, field) if number not in known]
    setattr(item, field, known)
    action, verb, undo = {
        "assignee_ids": ("assigned", "assigned to", "unassigned"),
        "reviewer_ids": ("review_requested", "requested review from", "removed review request for"),
    }[field]
    for number in added:
        url = item_url(simulator, project, item)
        add_todo(simulator, project, item, users[number], actor, action=action, body=item.title, url=url)
    for words, changed in ((verb, added), (undo, removed)):
        if changed:
            names = " and ".join(f"@{users[number].username}" for number in changed)
            system_note(simulator, item, actor, f"{words} {names}")


def set_state(simulator: Simulator, item: Issue | MergeRequest, actor: User, event: str) -> str | None:
    """Close or reopen; the hook's action, or `None` when nothing changed.

    Raises:
        ApiError: 400 for another word.
    """
    if event not in {"close", "reopen"}:
        raise bad_parameter("state_event does not have a valid value")
    target = "closed" if event == "close" else "opened"
    if item.state in {target, "merged"}:
        return None
    item.state = target
    item.closed_at = simulator.state.now() if target == "closed" else None
    item.closed_by_id = actor.id if target == "closed" else None
    _record(simulator, item, actor, kind="state", action="closed" if target == "closed" else "reopened")
    system_note(simulator, item, actor, "closed" if target == "closed" else "reopened")
    if target == "closed":
        for todo in simulator.state.todos:
            if todo.target is item and todo.user_id == actor.id:
                todo.state = "done"
    return event


def snapshot(project: Project, item: Issue | MergeRequest) -> dict[str, Any]:
    """The fields a hook's `changes` compares."""
    from simulators.gitlab.payloads import labels

    fields: dict[str, Any] = {
        "title": item.title,
        "description": item.description,
        "state_id": {"opened": 1, "closed": 2, "merged": 3}[item.state],
        "closed_at": hook_time(item.closed_at),
        "labels": labels(project, item.labels),
        "assignees": list(item.assignee_ids),
        "updated_by_id": item.updated_by_id,
        "updated_at": hook_time(item.updated_at),
        "discussion_locked": item.discussion_locked,
    }
    if isinstance(item, Issue):
        return {**fields, "confidential": item.confidential, "due_date": item.due_date}
    return {**fields, "draft": item.draft, "reviewers": list(item.reviewer_ids), "target_branch": item.target_branch}


def differences(simulator: Simulator, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What changed between two snapshots, in the form of a hook."""
    changed = {name: (value, after[name]) for name, value in before.items() if value != after[name]}
    for name in ("assignees", "reviewers"):
        if name in changed:
            changed[name] = (_people(simulator, changed[name][0]), _people(simulator, changed[name][1]))
    return {name: {"previous": previous, "current": current} for name, (previous, current) in changed.items()}


def _people(simulator: Simulator, numbers: list[int]) -> list[dict[str, Any]]:
    from simulators.gitlab.payloads import user

    return [user(simulator, simulator.state.users[number]) for number in numbers]


def refresh_diff_refs(simulator: Simulator, project: Project, item: MergeRequest, *, head: str) -> None:
    """Bring a merge request to a head: its diff is from where its branch left the target."""
    repository = simulator.repository(project)
    target = repository.branch_sha(item.target_branch)
    item.head_sha = head
    if target is not None:
        item.start_sha = target
        item.base_sha = repository.merge_base(target, head) or target
    item.updated_at = simulator.state.now()
