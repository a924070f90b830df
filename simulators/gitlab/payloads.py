"""The bodies of webhooks.

The law of this module: records in, GitLab's JSON out; it sends nothing and chooses no hook. The forms were
checked against recorded payloads; times are in the hooks' own form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.gitlab.model import Issue, MergeRequest
from simulators.gitlab.repositories import ZERO_SHA
from simulators.gitlab.shapes.noteables import all_resolved, item_url, note_kind, type_name
from simulators.gitlab.shapes.people import VISIBILITY_LEVELS
from simulators.gitlab.shapes.times import hook_time

if TYPE_CHECKING:
    from simulators.gitlab.model import Award, Discussion, Note, Project, User
    from simulators.gitlab.repositories import Commit
    from simulators.gitlab.simulator import Simulator

COMMITS_SHOWN = 20  # a push hook lists the newest twenty commits and counts the rest
STATE_IDS = {"opened": 1, "closed": 2, "merged": 3, "locked": 4}


def user(simulator: Simulator, item: User) -> dict[str, Any]:
    """The actor of an event. GitLab hides the address in hooks."""
    return {
        "id": item.id,
        "name": item.name,
        "username": item.username,
        "avatar_url": f"{simulator.url}/-/avatar/{item.id}.svg",
        "email": "[REDACTED]",
    }


def _users(simulator: Simulator, numbers: list[int]) -> list[dict[str, Any]]:
    known = simulator.state.users
    return [user(simulator, known[number]) for number in numbers if number in known]


def project(simulator: Simulator, item: Project) -> dict[str, Any]:
    """The project of an event."""
    web_url = simulator.project_url(item)
    return {
        "id": item.id,
        "name": item.name,
        "description": item.description,
        "web_url": web_url,
        "avatar_url": None,
        "git_ssh_url": f"git@127.0.0.1:{item.path}.git",
        "git_http_url": f"{web_url}.git",
        "namespace": item.path.rpartition("/")[0],
        "visibility_level": VISIBILITY_LEVELS[item.visibility],
        "path_with_namespace": item.path,
        "default_branch": item.default_branch,
        "ci_config_path": None,
        "homepage": web_url,
        "url": f"{web_url}.git",
        "ssh_url": f"git@127.0.0.1:{item.path}.git",
        "http_url": f"{web_url}.git",
    }


def repository(simulator: Simulator, item: Project) -> dict[str, Any]:
    """The repository of an event: an older, shorter form of the project."""
    web_url = simulator.project_url(item)
    return {"name": item.name, "url": f"{web_url}.git", "description": item.description, "homepage": web_url}


def commit(simulator: Simulator, of: Project, item: Commit) -> dict[str, Any]:
    """A commit of an event."""
    return {
        "id": item.sha,
        "message": item.message,
        "title": item.title,
        "timestamp": item.committed_date,
        "url": f"{simulator.project_url(of)}/-/commit/{item.sha}",
        "author": {"name": item.author_name, "email": "[REDACTED]"},
    }


def labels(of: Project, names: list[str]) -> list[dict[str, Any]]:
    """The labels of an item."""
    return [
        {
            "id": label.id,
            "title": label.name,
            "color": label.color,
            "project_id": of.id,
            "created_at": hook_time(label.created_at),
            "updated_at": hook_time(label.created_at),
            "template": False,
            "description": label.description,
            "type": "ProjectLabel",
            "group_id": None,
        }
        for label in of.labels
        if label.name in names
    ]


def push(
    simulator: Simulator, of: Project, actor: User, *, ref: str, before: str, after: str, commits: list[Commit]
) -> dict[str, Any]:
    """A push to one ref. `commits` are the new ones, oldest first."""
    kind = "tag_push" if ref.startswith("refs/tags/") else "push"
    git = simulator.repository(of)
    shown = []
    for item in commits[-COMMITS_SHOWN:]:
        kinds = git.changed_kinds(item.sha)
        shown.append({**commit(simulator, of, item), **kinds})
    return {
        "object_kind": kind,
        "event_name": kind,
        "before": before,
        "after": after,
        "ref": ref,
        "ref_protected": simulator.is_protected(of, ref),
        "checkout_sha": None if after == ZERO_SHA else after,
        "message": None,
        "user_id": actor.id,
        "user_name": actor.name,
        "user_username": actor.username,
        "user_email": "",
        "user_avatar": f"{simulator.url}/-/avatar/{actor.id}.svg",
        "project_id": of.id,
        "project": project(simulator, of),
        "commits": shown,
        "total_commits_count": len(commits),
        "push_options": {},
        "repository": {
            **repository(simulator, of),
            "git_http_url": f"{simulator.project_url(of)}.git",
            "git_ssh_url": f"git@127.0.0.1:{of.path}.git",
            "visibility_level": VISIBILITY_LEVELS[of.visibility],
        },
    }


def _item(simulator: Simulator, of: Project, item: Issue | MergeRequest) -> dict[str, Any]:
    """What issues and merge requests share as the subject of an event."""
    return {
        "id": item.id,
        "iid": item.iid,
        "title": item.title,
        "description": item.description,
        "author_id": item.author_id,
        "assignee_ids": list(item.assignee_ids),
        "assignee_id": item.assignee_ids[0] if item.assignee_ids else None,
        "created_at": hook_time(item.created_at),
        "updated_at": hook_time(item.updated_at),
        "updated_by_id": item.updated_by_id,
        "last_edited_at": None,
        "last_edited_by_id": None,
        "milestone_id": None,
        "state": item.state,
        "state_id": STATE_IDS[item.state],
        "labels": labels(of, item.labels),
        "time_estimate": 0,
        "total_time_spent": 0,
        "time_change": 0,
        "human_total_time_spent": None,
        "human_time_estimate": None,
        "human_time_change": None,
        "url": item_url(simulator, of, item),
    }


def issue_attributes(simulator: Simulator, of: Project, item: Issue) -> dict[str, Any]:
    """An issue inside an event."""
    return {
        **_item(simulator, of, item),
        "project_id": of.id,
        "closed_at": hook_time(item.closed_at),
        "confidential": item.confidential,
        "discussion_locked": item.discussion_locked or None,
        "due_date": item.due_date,
        "moved_to_id": None,
        "duplicated_to_id": None,
        "relative_position": item.iid,
        "weight": None,
        "severity": "unknown",
        "type": item.issue_type.capitalize(),
    }


def merge_request_attributes(simulator: Simulator, of: Project, item: MergeRequest) -> dict[str, Any]:
    """A merge request inside an event."""
    status = simulator.merge_status(of, item)
    pipeline = simulator.head_pipeline(of, item)
    return {
        **_item(simulator, of, item),
        "target_branch": item.target_branch,
        "source_branch": item.source_branch,
        "source_project_id": of.id,
        "target_project_id": of.id,
        "reviewer_ids": list(item.reviewer_ids),
        "blocking_discussions_resolved": all_resolved(item),
        "draft": item.draft,
        "work_in_progress": item.draft,
        "first_contribution": False,
        "merge_commit_sha": item.merge_commit_sha,
        "merge_error": None,
        "merge_params": {"force_remove_source_branch": "1" if item.remove_source_branch else "0"},
        "merge_status": "cannot_be_merged" if status == "conflict" else "can_be_merged",
        "detailed_merge_status": status,
        "merge_user_id": item.merged_by_id,
        "merge_when_pipeline_succeeds": False,
        "head_pipeline_id": pipeline.id if pipeline else None,
        "prepared_at": hook_time(item.created_at),
        "source": project(simulator, of),
        "target": project(simulator, of),
        "last_commit": commit(simulator, of, simulator.commit_of(of, item.head_sha)),
    }


def item_event(
    simulator: Simulator,
    of: Project,
    item: Issue | MergeRequest,
    actor: User,
    *,
    action: str,
    changes: dict[str, Any],
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """An issue or merge request was opened, changed, closed, reopened or merged."""
    kind = "issue" if isinstance(item, Issue) else "merge_request"
    attributes = issue_attributes(simulator, of, item) if isinstance(item, Issue) else merge_request_attributes(simulator, of, item)
    people = {"assignees": _users(simulator, item.assignee_ids)}
    if isinstance(item, MergeRequest):
        people["reviewers"] = [{**shape, "state": "unreviewed"} for shape in _users(simulator, item.reviewer_ids)]
    return {
        "object_kind": kind,
        "event_type": "confidential_issue" if isinstance(item, Issue) and item.confidential else kind,
        "user": user(simulator, actor),
        "project": project(simulator, of),
        "object_attributes": {**attributes, **(extra or {}), "action": action},
        "labels": labels(of, item.labels),
        "changes": changes,
        "repository": repository(simulator, of),
        **people,
    }


def note_event(
    simulator: Simulator,
    of: Project,
    item: Issue | MergeRequest,
    thread: Discussion,
    note: Note,
    *,
    actor: User,
    action: str,
) -> dict[str, Any]:
    """A comment was written, or edited by `actor`, who may not be its author."""
    private = note.internal or (isinstance(item, Issue) and item.confidential)
    subject = (
        {"issue": issue_attributes(simulator, of, item)}
        if isinstance(item, Issue)
        else {"merge_request": merge_request_attributes(simulator, of, item)}
    )
    return {
        "object_kind": "note",
        "event_type": "confidential_note" if private else "note",
        "user": user(simulator, actor),
        "project_id": of.id,
        "project": project(simulator, of),
        "object_attributes": {
            **note_attributes(simulator, of, item, note),
            "discussion_id": thread.id,
            "type": note_kind(thread),
            "action": action,
        },
        "repository": repository(simulator, of),
        **subject,
    }


def note_attributes(simulator: Simulator, of: Project, item: Issue | MergeRequest, note: Note) -> dict[str, Any]:
    """A comment inside an event."""
    return {
        "id": note.id,
        "note": note.body,
        "description": note.body,
        "noteable_type": type_name(item),
        "noteable_id": item.id,
        "author_id": note.author_id,
        "project_id": of.id,
        "created_at": hook_time(note.created_at),
        "updated_at": hook_time(note.updated_at),
        "updated_by_id": None,
        "attachment": None,
        "line_code": None,
        "commit_id": None,
        "position": note.position,
        "original_position": note.position,
        "change_position": None,
        "resolved_at": None,
        "resolved_by_id": note.resolved_by_id,
        "resolved_by_push": None,
        "st_diff": None,
        "system": note.system,
        "internal": note.internal,
        "url": f"{item_url(simulator, of, item)}#note_{note.id}",
    }


def emoji_event(
    simulator: Simulator, of: Project, item: Issue | MergeRequest, note: Note | None, award: Award, *, action: str
) -> dict[str, Any]:
    """An emoji was given (`award`) or taken back (`revoke`)."""
    actor = simulator.state.users[award.user_id]
    awarded_on = item_url(simulator, of, item) + (f"#note_{note.id}" if note else "")
    subject = "issue" if isinstance(item, Issue) else "merge_request"
    attributes = issue_attributes(simulator, of, item) if isinstance(item, Issue) else merge_request_attributes(simulator, of, item)
    event = {
        "object_kind": "emoji",
        "event_type": action,
        "user": user(simulator, actor),
        "project_id": of.id,
        "project": project(simulator, of),
        "object_attributes": {
            "id": award.id,
            "user_id": award.user_id,
            "name": award.name,
            "awardable_type": "Note" if note else type_name(item),
            "awardable_id": note.id if note else item.id,
            "created_at": hook_time(award.created_at),
            "updated_at": hook_time(award.created_at),
            "action": action,
            "awarded_on_url": awarded_on,
        },
        subject: attributes,
    }
    return {**event, "note": note_attributes(simulator, of, item, note)} if note else event
