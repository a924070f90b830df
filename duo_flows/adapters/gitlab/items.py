"""Issues and merge requests as they are written: GitLab's fields for what is to be, and how one is made once.

The law of this module: what is sent and what comes back. What an item says is decided elsewhere; its text is made harmless here,
where every description passes.

Source of the fields: GitLab docs, api/issues, api/merge_requests, api/issue_links.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import gitlab

from duo_flows.domain.errors import Refused
from duo_flows.domain.forge_writer import Item, ItemChanges, LinkKind, NewIssue, NewItem, NewMergeRequest
from duo_flows.domain.pipelines import NoteTarget, TargetKind

from .client import Client
from .comments import harmless, has_mark, mark_at_start, marked_body, without_marks

_CONFLICT = 409

# GitLab's way to say nobody: an empty list is lost on the way in some versions.
_NOBODY = (0,)


@dataclass(frozen=True)
class Own:
    """How an item of ours is known: its mark, and the account that wrote it, since anybody can write a mark."""

    mark: str
    account_id: int


def item_path(target: NoteTarget) -> str:
    """Return the REST path of an issue or merge request."""
    return f"/projects/{target.project_id}/{target.kind}/{target.iid}"


def item(data: dict[str, Any], *, kind: TargetKind) -> Item:
    """Return an issue or merge request."""
    return Item(
        target=NoteTarget(project_id=data["project_id"], kind=kind, iid=data["iid"]),
        title=data["title"],
        description=data.get("description") or "",
        state=data["state"],
        web_url=data.get("web_url") or "",
        author_id=(data.get("author") or {}).get("id") or 0,
        labels=tuple(data.get("labels") or ()),
        assignee_ids=_ids(data.get("assignees")),
        reviewer_ids=_ids(data.get("reviewers")),
        is_confidential=bool(data.get("confidential", False)),
        due_date=data.get("due_date") or "",
        source_branch=data.get("source_branch") or "",
        target_branch=data.get("target_branch") or "",
    )


def _ids(people: Iterable[dict[str, Any]] | None) -> tuple[int, ...]:
    return tuple(sorted(person["id"] for person in people or ()))


def merge_request_once(client: Client, project_id: int, new: NewMergeRequest, *, own: Own) -> Item:
    """Return the account's merge request with this mark, made if there is none.

    GitLab itself lets no second open one join the same branches, so that two writers at once make one.

    Raises:
        Refused: another one joins them.
    """
    path = f"/projects/{project_id}/merge_requests"
    query = {"source_branch": new.source_branch, "author_id": own.account_id, "state": "all", "order_by": "created_at"}
    if found := _marked(client, path, query, own, TargetKind.MERGE_REQUEST):
        return found[0]
    sent = {
        **_fields_of(new, mark=own.mark),
        "source_branch": new.source_branch,
        "target_branch": new.target_branch,
        **_given({"reviewer_ids": list(new.reviewer_ids) or None}),
        **_given({"remove_source_branch": new.remove_source_branch, "squash": new.squash}),
    }
    try:
        return item(client.create(path, sent), kind=TargetKind.MERGE_REQUEST)
    except gitlab.GitlabHttpError as error:
        if error.response_code != _CONFLICT:
            raise
    if found := _marked(client, path, query, own, TargetKind.MERGE_REQUEST):
        return found[0]
    raise Refused(
        f"Another open merge request joins {new.source_branch!r} to {new.target_branch!r} already; update that one.",
        code="merge_request_exists",
    )


def issue_once(client: Client, project_id: int, new: NewIssue, *, own: Own, since: datetime) -> Item:
    """Return the account's issue with this mark, made if there is none.

    Two writers that did not see each other both look again; the later issue is closed, since only owners can delete one.
    """
    path = f"/projects/{project_id}/issues"
    # By author and time, not by `search`: GitLab's search does not promise to find what stands in a comment of HTML.
    query = {
        "author_id": own.account_id,
        "state": "all",
        "scope": "all",
        "created_after": since.isoformat(),
        "order_by": "created_at",
    }
    if found := _marked(client, path, query, own, TargetKind.ISSUE):
        return found[0]
    sent = {
        **_fields_of(new, mark=own.mark),
        "confidential": new.is_confidential,
        "issue_type": new.issue_type,
        **_given({"due_date": new.due_date or None}),
    }
    made = item(client.create(path, sent), kind=TargetKind.ISSUE)
    found = _marked(client, path, query, own, TargetKind.ISSUE)
    for extra in found[1:]:
        if extra.state == "opened":
            client.change(item_path(extra.target), {"state_event": "close"})
    return found[0] if found else made


def _fields_of(new: NewItem, *, mark: str) -> dict[str, Any]:
    return {
        "title": new.title,
        "description": marked_body(new.description, marker=mark),
        **_given({"labels": ",".join(new.labels) or None, "assignee_ids": list(new.assignee_ids) or None}),
    }


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _marked(client: Client, path: str, query: dict[str, Any], own: Own, kind: TargetKind) -> list[Item]:
    """Return the account's items with the mark, first made first."""
    shown = (item(data, kind=kind) for data in client.every(path, **query))
    found = [each for each in shown if each.author_id == own.account_id and has_mark(each.description, marker=own.mark)]
    return sorted(found, key=lambda each: each.target.iid)


def fields_to_change(present: Item, changes: ItemChanges) -> dict[str, Any]:
    """Return what to send; empty where everything is as wanted already. What GitLab does not show is always sent."""
    wanted = {
        "title": (changes.title, present.title),
        "description": (_description(present, changes), present.description),
        "state_event": (changes.state_event, {"closed": "close", "opened": "reopen"}.get(present.state)),
        "target_branch": (changes.target_branch, present.target_branch),
        "confidential": (changes.confidential, present.is_confidential),
        "due_date": (changes.due_date, present.due_date),
        "assignee_ids": (_people(changes.assignee_ids), _people(present.assignee_ids)),
        "reviewer_ids": (_people(changes.reviewer_ids), _people(present.reviewer_ids)),
        "discussion_locked": (changes.discussion_locked, None),
        "remove_source_branch": (changes.remove_source_branch, None),
        "squash": (changes.squash, None),
    }
    fields = {name: new for name, (new, old) in wanted.items() if new is not None and new != old}
    return {**fields, **_labels(changes, present)}


def _description(present: Item, changes: ItemChanges) -> str | None:
    if changes.description is None:
        return None
    text, mark = without_marks(changes.description), mark_at_start(present.description)
    return marked_body(text, marker=mark) if mark else harmless(text)


def _labels(changes: ItemChanges, present: Item) -> dict[str, str]:
    """Return the labels that come and go, by GitLab's own fields: what others change meanwhile stays as they want it."""
    added, removed = set(changes.add_labels) - set(changes.remove_labels), set(changes.remove_labels)
    now = set(present.labels)
    if changes.labels is not None:
        wanted = (set(changes.labels) | added) - removed
        return {"labels": ",".join(sorted(wanted))} if wanted != now else {}
    fields = {"add_labels": added - now, "remove_labels": removed & now}
    return {name: ",".join(sorted(labels)) for name, labels in fields.items() if labels}


def _people(ids: tuple[int, ...] | None) -> list[int] | None:
    return None if ids is None else sorted(set(ids)) or list(_NOBODY)


def link_once(client: Client, project_id: int, iid: int, *, to: int, kind: LinkKind) -> str:
    """Return how the issues are related, related if they were not. One relation joins two issues, says GitLab itself."""
    path = f"/projects/{project_id}/issues/{iid}/links"
    if found := _link(client, path, project_id, to):
        return found
    try:
        client.create(path, {"target_project_id": project_id, "target_issue_iid": to, "link_type": kind})
    except gitlab.GitlabHttpError as error:
        if error.response_code != _CONFLICT:
            raise
    return _link(client, path, project_id, to) or kind


def _link(client: Client, path: str, project_id: int, to: int) -> str:
    found = (data for data in client.every(path) if (data["project_id"], data["iid"]) == (project_id, to))
    return next((str(data.get("link_type") or "relates_to") for data in found), "")
