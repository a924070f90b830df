"""Issues, merge requests, their notes, emoji and to-dos in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.gitlab import auth
from simulators.gitlab.model import Issue, MergeRequest
from simulators.gitlab.shapes.people import label as label_shape
from simulators.gitlab.shapes.people import user_by_id, users_by_id
from simulators.gitlab.shapes.pipelines import full_pipeline, short_pipeline
from simulators.gitlab.shapes.times import api_time

if TYPE_CHECKING:
    from simulators.gitlab.model import Award, Discussion, IssueLink, Note, Project, ResourceEvent, Todo, User
    from simulators.gitlab.simulator import Simulator

NO_TIME = {"time_estimate": 0, "total_time_spent": 0, "human_time_estimate": None, "human_total_time_spent": None}


def item_url(simulator: Simulator, project: Project, item: Issue | MergeRequest) -> str:
    """The page of an issue or merge request."""
    folder = "issues" if isinstance(item, Issue) else "merge_requests"
    return f"{simulator.project_url(project)}/-/{folder}/{item.iid}"


def type_name(item: Issue | MergeRequest) -> str:
    """GitLab's name for the kind of item."""
    return "Issue" if isinstance(item, Issue) else "MergeRequest"


def votes(awards: list[Award]) -> dict[str, int]:
    """Thumbs up and down."""
    return {
        "upvotes": sum(award.name == "thumbsup" for award in awards),
        "downvotes": sum(award.name == "thumbsdown" for award in awards),
    }


def _common(simulator: Simulator, project: Project, item: Issue | MergeRequest) -> dict[str, Any]:
    assignees = users_by_id(simulator, item.assignee_ids)
    mark = "#" if isinstance(item, Issue) else "!"
    return {
        "id": item.id,
        "iid": item.iid,
        "project_id": project.id,
        "title": item.title,
        "description": item.description,
        "state": item.state,
        "created_at": api_time(item.created_at),
        "updated_at": api_time(item.updated_at),
        "closed_at": api_time(item.closed_at),
        "closed_by": user_by_id(simulator, item.closed_by_id),
        "labels": list(item.labels),
        "milestone": None,
        "author": user_by_id(simulator, item.author_id),
        "assignees": assignees,
        "assignee": assignees[0] if assignees else None,
        "user_notes_count": sum(not note.system for note in item.notes),
        **votes(item.awards),
        "discussion_locked": item.discussion_locked or None,
        "web_url": item_url(simulator, project, item),
        "time_stats": NO_TIME,
        "task_completion_status": {
            "count": item.description.count("- [ ]") + item.description.count("- [x]"),
            "completed_count": item.description.count("- [x]"),
        },
        "references": {"short": f"{mark}{item.iid}", "relative": f"{mark}{item.iid}", "full": f"{project.path}{mark}{item.iid}"},
        "imported": False,
        "imported_from": "none",
    }


def issue(simulator: Simulator, project: Project, item: Issue) -> dict[str, Any]:
    """An issue."""
    base = f"{simulator.url}/api/v4/projects/{project.id}"
    own = f"{base}/issues/{item.iid}"
    return {
        **_common(simulator, project, item),
        "confidential": item.confidential,
        "due_date": item.due_date,
        "issue_type": item.issue_type,
        "type": item.issue_type.upper(),
        "weight": None,
        "has_tasks": "- [" in item.description,
        "merge_requests_count": 0,
        "blocking_issues_count": 0,
        "moved_to_id": None,
        "service_desk_reply_to": None,
        "severity": "UNKNOWN",
        "_links": {"self": own, "notes": f"{own}/notes", "award_emoji": f"{own}/award_emoji", "project": base},
    }


def issue_link(simulator: Simulator, item: IssueLink) -> dict[str, Any]:
    """A relation, with both of its issues."""
    state = simulator.state
    return {
        "source_issue": issue(simulator, state.projects[item.source.project_id], item.source),
        "target_issue": issue(simulator, state.projects[item.target.project_id], item.target),
        "link_type": item.kind,
    }


def linked_issue(simulator: Simulator, item: IssueLink, seen_from: Issue) -> dict[str, Any]:
    """The other issue of a relation."""
    other = item.target if item.source is seen_from else item.source
    project = simulator.state.projects[other.project_id]
    at = api_time(item.created_at)
    extra = {"issue_link_id": item.id, "link_type": item.kind, "link_created_at": at, "link_updated_at": at}
    return {**issue(simulator, project, other), **extra}


def merge_request(simulator: Simulator, project: Project, item: MergeRequest) -> dict[str, Any]:
    """A merge request in a list."""
    status = simulator.merge_status(project, item)
    return {
        **_common(simulator, project, item),
        "merged_by": user_by_id(simulator, item.merged_by_id),
        "merge_user": user_by_id(simulator, item.merged_by_id),
        "merged_at": api_time(item.merged_at),
        "prepared_at": api_time(item.created_at),
        "target_branch": item.target_branch,
        "source_branch": item.source_branch,
        "reviewers": users_by_id(simulator, item.reviewer_ids),
        "source_project_id": project.id,
        "target_project_id": project.id,
        "draft": item.draft,
        "work_in_progress": item.draft,
        "merge_when_pipeline_succeeds": False,
        "merge_status": "can_be_merged" if status in {"mergeable", "draft_status"} else "cannot_be_merged",
        "detailed_merge_status": status,
        "has_conflicts": status == "conflict",
        "blocking_discussions_resolved": all_resolved(item),
        "sha": item.head_sha,
        "merge_commit_sha": item.merge_commit_sha,
        "squash_commit_sha": None,
        "squash": item.squash,
        "squash_on_merge": item.squash,
        "should_remove_source_branch": None,
        "force_remove_source_branch": item.remove_source_branch,
        "reference": f"!{item.iid}",
        "merge_after": None,
        "approvals_before_merge": None,
    }


def all_resolved(item: MergeRequest) -> bool:
    """Whether every thread that can be resolved is."""
    return all(note.resolved for thread in item.discussions if not thread.individual for note in thread.notes if not note.system)


def full_merge_request(simulator: Simulator, project: Project, item: MergeRequest, *, user: User | None) -> dict[str, Any]:
    """A merge request by itself: with its head's pipeline and the commits its diff is between."""
    pipeline = simulator.head_pipeline(project, item)
    return {
        **merge_request(simulator, project, item),
        "subscribed": False,
        "changes_count": str(simulator.changes_count(project, item)),
        "latest_build_started_at": api_time(pipeline.started_at) if pipeline else None,
        "latest_build_finished_at": api_time(pipeline.finished_at) if pipeline else None,
        "first_deployed_to_production_at": None,
        "pipeline": short_pipeline(simulator, project, pipeline) if pipeline else None,
        "head_pipeline": full_pipeline(simulator, project, pipeline) if pipeline else None,
        "diff_refs": {"base_sha": item.base_sha, "head_sha": item.head_sha, "start_sha": item.start_sha},
        "merge_error": None,
        "user": {"can_merge": auth.can_merge(user, project, item.target_branch)},
        "first_contribution": False,
    }


def note(
    simulator: Simulator, project: Project, item: Issue | MergeRequest, entry: Note, kind: str | None = None
) -> dict[str, Any]:
    """A comment. `kind` is GitLab's type of note: `None` for a plain one, `DiscussionNote` in a thread."""
    resolvable = isinstance(item, MergeRequest) and kind is not None and not entry.system
    shape = {
        "id": entry.id,
        "type": kind,
        "body": entry.body,
        "author": user_by_id(simulator, entry.author_id),
        "created_at": api_time(entry.created_at),
        "updated_at": api_time(entry.updated_at),
        "system": entry.system,
        "noteable_id": item.id,
        "noteable_type": type_name(item),
        "project_id": project.id,
        "resolvable": resolvable,
        "confidential": entry.internal,
        "internal": entry.internal,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": item.iid,
        "commands_changes": {},
        "attachment": None,
    }
    if entry.position:
        shape["position"] = entry.position
    if resolvable:
        shape["resolved"] = entry.resolved
        shape["resolved_by"] = user_by_id(simulator, entry.resolved_by_id)
    return shape


def note_kind(thread: Discussion) -> str | None:
    """The type of the notes in a discussion."""
    if thread.individual:
        return None
    return "DiffNote" if thread.notes and thread.notes[0].position else "DiscussionNote"


def discussion(
    simulator: Simulator, project: Project, item: Issue | MergeRequest, thread: Discussion, notes: list[Note]
) -> dict[str, Any]:
    """A thread with those of its notes the caller may read."""
    kind = note_kind(thread)
    return {
        "id": thread.id,
        "individual_note": thread.individual,
        "notes": [note(simulator, project, item, entry, kind) for entry in notes],
    }


def award(simulator: Simulator, item: Award, awardable: tuple[str, int]) -> dict[str, Any]:
    """An emoji that was given to something (its type and id)."""
    return {
        "id": item.id,
        "name": item.name,
        "user": user_by_id(simulator, item.user_id),
        "created_at": api_time(item.created_at),
        "updated_at": api_time(item.created_at),
        "awardable_id": awardable[1],
        "awardable_type": awardable[0],
        "url": None,
    }


def resource_event(simulator: Simulator, item: Issue | MergeRequest, event: ResourceEvent) -> dict[str, Any]:
    """Who set a label or a state, and when."""
    shape = {
        "id": event.id,
        "user": user_by_id(simulator, event.user_id),
        "created_at": api_time(event.created_at),
        "resource_type": type_name(item),
        "resource_id": item.id,
    }
    if event.kind == "state":
        return {**shape, "state": event.action}
    return {**shape, "label": label_shape(event.label) if event.label else None, "action": event.action}


def todo(simulator: Simulator, item: Todo, user: User) -> dict[str, Any]:
    """Something that waits for the user who asks."""
    state = simulator.state
    project = state.projects[item.project_id]
    target = (
        issue(simulator, project, item.target)
        if isinstance(item.target, Issue)
        else full_merge_request(simulator, project, item.target, user=user)
    )
    return {
        "id": item.id,
        "project": {"id": project.id, "name": project.name, "path_with_namespace": project.path},
        "author": user_by_id(simulator, item.author_id),
        "action_name": item.action,
        "target_type": type_name(item.target),
        "target": target,
        "target_url": item.target_url,
        "body": item.body,
        "state": item.state,
        "created_at": api_time(item.created_at),
        "updated_at": api_time(item.created_at),
    }
