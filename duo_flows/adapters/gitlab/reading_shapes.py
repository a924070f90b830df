"""GitLab's JSON of what agents read, in our words: issues, threads, commits, findings, jobs.

The law of this module: one pure function per thing, from the object that GitLab sends to the domain's value. A missing or wrong
field raises KeyError, TypeError or ValueError, which the reader reports as an answer that could not be read.

Source of the fields: GitLab docs, api/issues, api/issue_links, api/discussions, api/commits, api/merge_requests, api/search,
api/jobs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from duo_flows.domain.commits import BlobHit, CommitComment, CommitDetail
from duo_flows.domain.discussions import Discussion, NotePosition, ThreadNote
from duo_flows.domain.issues import Issue, LinkedIssue
from duo_flows.domain.merge_requests import MergeRequestDetail
from duo_flows.domain.people import Person
from duo_flows.domain.pipelines import NoteTarget
from duo_flows.domain.running_jobs import Downstream, JobRecord

from . import shapes


def issue(data: dict[str, Any]) -> Issue:
    """Return an issue."""
    return Issue(
        project_id=data["project_id"],
        iid=data["iid"],
        title=data["title"],
        description=data.get("description") or "",
        state=data["state"],
        kind=data.get("issue_type") or "issue",
        # What does not say that it may be shown to everybody is taken for confidential.
        is_confidential=bool(data.get("confidential", True)),
        labels=_labels(data),
        author=shapes.person_or_none(data.get("author")),
        assignees=_people(data.get("assignees")),
        due_date=data.get("due_date") or "",
        created_at=_time(data["created_at"]),
        updated_at=_time(data["updated_at"]),
        closed_at=_time_or_none(data.get("closed_at")),
        web_url=data.get("web_url") or "",
    )


def linked_issue(data: dict[str, Any]) -> LinkedIssue:
    """Return an issue as a relation shows it."""
    return LinkedIssue(issue=issue(data), link_type=data.get("link_type") or "relates_to")


def discussion(data: dict[str, Any], *, target: NoteTarget) -> Discussion:
    """Return a thread."""
    return Discussion(id=data["id"], notes=tuple(_thread_note(note, target, data["id"]) for note in data["notes"]))


def _thread_note(data: dict[str, Any], target: NoteTarget, discussion_id: str) -> ThreadNote:
    place = data.get("position")
    return ThreadNote(
        **shapes.note(data, target=target, discussion_id=discussion_id).model_dump(),
        position=_position(place) if place else None,
        is_resolvable=bool(data.get("resolvable", False)),
        is_resolved=bool(data.get("resolved", False)),
        resolved_by=shapes.person_or_none(data.get("resolved_by")),
    )


def _position(data: dict[str, Any]) -> NotePosition:
    """Return where in a diff a comment stands; on an image it has no lines."""
    new_path, old_path = data.get("new_path") or "", data.get("old_path") or ""
    return NotePosition(
        old_path=old_path or new_path, new_path=new_path or old_path, old_line=data.get("old_line"), new_line=data.get("new_line")
    )


def merge_request(data: dict[str, Any]) -> MergeRequestDetail:
    """Return a merge request; in a list GitLab leaves its head's pipeline out."""
    pipeline = data.get("head_pipeline") or {}
    return MergeRequestDetail(
        **shapes.merge_request(data).model_dump(),
        labels=_labels(data),
        assignees=_people(data.get("assignees")),
        reviewers=_people(data.get("reviewers")),
        is_draft=bool(data.get("draft", False)),
        merge_status=data.get("detailed_merge_status") or "",
        head_pipeline_id=pipeline.get("id"),
        head_pipeline_status=pipeline.get("status") or "",
        created_at=_time(data["created_at"]),
        updated_at=_time(data["updated_at"]),
        merged_at=_time_or_none(data.get("merged_at")),
    )


def commit(data: dict[str, Any]) -> CommitDetail:
    """Return a commit; what it counts stands only in one that was asked for by itself."""
    stats = data.get("stats") or {}
    return CommitDetail(
        **shapes.commit(data).model_dump(),
        authored_at=_time(data["authored_date"]),
        committed_at=_time(data["committed_date"]),
        parents=tuple(data.get("parent_ids") or ()),
        additions=stats.get("additions"),
        deletions=stats.get("deletions"),
        web_url=data.get("web_url") or "",
    )


def commit_comment(data: dict[str, Any]) -> CommitComment:
    """Return a comment on a commit."""
    return CommitComment(
        author=(data.get("author") or {}).get("username") or "",
        body=data.get("note") or "",
        path=data.get("path") or "",
        line=data.get("line"),
        created_at=_time_or_none(data.get("created_at")),
    )


def blob_hit(data: dict[str, Any]) -> BlobHit:
    """Return a part of a file that was found."""
    return BlobHit(path=data["path"], ref=data.get("ref") or "", start_line=data.get("startline") or 1, text=data.get("data") or "")


def job_record(data: dict[str, Any]) -> JobRecord:
    """Return a job with its pipeline."""
    pipeline = data["pipeline"]
    return JobRecord(
        id=data["id"],
        name=data["name"],
        stage=data["stage"],
        status=data["status"],
        ref=data.get("ref") or pipeline.get("ref") or "",
        sha=pipeline.get("sha") or "",
        pipeline_id=pipeline["id"],
        web_url=data.get("web_url") or "",
    )


def downstream(data: dict[str, Any]) -> Downstream:
    """Return a trigger job with the pipeline it started, if it did."""
    started = data.get("downstream_pipeline") or {}
    return Downstream(
        bridge_id=data["id"],
        bridge_name=data["name"],
        bridge_status=data["status"],
        failure_reason=data.get("failure_reason") or "",
        pipeline_id=started.get("id"),
        project_id=started.get("project_id"),
        pipeline_status=started.get("status") or "",
        web_url=started.get("web_url") or "",
    )


def _labels(data: dict[str, Any]) -> tuple[str, ...]:
    return tuple(data.get("labels") or ())


def _people(data: list[dict[str, Any]] | None) -> tuple[Person, ...]:
    return tuple(shapes.person(one) for one in data or ())


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _time_or_none(text: str | None) -> datetime | None:
    return _time(text) if text else None
