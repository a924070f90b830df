"""GitLab's JSON in our words.

The law of this module: one pure function per thing, from the object that GitLab sends to the domain's value. A missing or wrong
field raises KeyError, TypeError or ValueError, which the forge reports as an answer that could not be read.

Source of the fields: GitLab docs, api/users, api/projects, api/members, api/branches, api/pipelines, api/jobs, api/merge_requests,
api/notes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from duo_flows.domain.people import AccessLevel, Branch, Person, Project
from duo_flows.domain.pipelines import Commit, FileDiff, Job, MergeRequest, Note, NoteTarget, Pipeline, TreeEntry

# As long as a release with a suffix gets, with room.
_VERSION_MAX_LENGTH = 64


def person(data: dict[str, Any]) -> Person:
    """Return a user. Only the user's own record has `bot`; where a user is merely mentioned `is_bot` is False."""
    return Person(
        id=data["id"],
        username=data["username"],
        name=data.get("name") or "",
        is_active=data.get("state") == "active",
        is_bot=bool(data.get("bot", False)),
    )


def person_or_none(data: dict[str, Any] | None) -> Person | None:
    """Return a user who may be missing (a deleted account)."""
    return person(data) if data else None


def access_level(member: dict[str, Any]) -> AccessLevel:
    """Return what a member may do; NONE unless both the account and the membership are active.

    A level that we do not know counts as the next lower one that we do.
    """
    if member.get("state") != "active" or member.get("membership_state", "active") != "active":
        return AccessLevel.NONE
    return max(level for level in AccessLevel if level <= max(0, int(member["access_level"])))


def version(data: dict[str, Any]) -> str:
    """Return GitLab's version, cut to what a version is long."""
    return str(data.get("version") or "")[:_VERSION_MAX_LENGTH]


def project(data: dict[str, Any]) -> Project:
    """Return a project; `default_branch` is empty while its repository is."""
    return Project(
        id=data["id"],
        path=data["path_with_namespace"],
        default_branch=data.get("default_branch") or "",
        web_url=data["web_url"],
        clone_url=data["http_url_to_repo"],
        visibility=data.get("visibility") or "private",
    )


def branch(data: dict[str, Any]) -> Branch:
    """Return a branch."""
    return Branch(
        name=data["name"],
        sha=data["commit"]["id"],
        is_protected=data["protected"],
        developers_can_push=bool(data.get("developers_can_push", False)) or not data["protected"],
    )


def commit(data: dict[str, Any]) -> Commit:
    """Return a commit; GitLab gives the whole message."""
    return Commit(
        sha=data["id"],
        message=data["message"],
        author_name=data.get("author_name") or "",
        author_email=data.get("author_email") or "",
    )


def tree_entry(data: dict[str, Any]) -> TreeEntry:
    """Return a name in a folder."""
    return TreeEntry(path=data["path"], type=data["type"])


def pipeline(data: dict[str, Any]) -> Pipeline:
    """Return a pipeline; in a list GitLab leaves its user out."""
    return Pipeline(
        id=data["id"],
        project_id=data["project_id"],
        ref=data["ref"],
        sha=data["sha"],
        status=data["status"],
        source=data.get("source") or "push",
        web_url=data.get("web_url") or "",
        user=person_or_none(data.get("user")),
    )


def job(data: dict[str, Any], *, is_bridge: bool = False) -> Job:
    """Return a job or, with `is_bridge`, a trigger job."""
    return Job(
        id=data["id"],
        name=data["name"],
        stage=data["stage"],
        status=data["status"],
        allow_failure=bool(data.get("allow_failure", False)),
        failure_reason=data.get("failure_reason") or "",
        web_url=data.get("web_url") or "",
        is_bridge=is_bridge,
        downstream_pipeline_id=(data.get("downstream_pipeline") or {}).get("id"),
    )


def newest_tries(jobs: list[Job]) -> tuple[Job, ...]:
    """Return the jobs without those of which a later try is there, in their order."""
    newest: dict[str, int] = {}
    for each in jobs:
        newest[each.name] = max(each.id, newest.get(each.name, 0))
    return tuple(each for each in jobs if each.id == newest[each.name])


def merge_request(data: dict[str, Any]) -> MergeRequest:
    """Return a merge request. Its head is empty where the source branch is gone before GitLab knew it."""
    return MergeRequest(
        project_id=data["project_id"],
        iid=data["iid"],
        title=data["title"],
        description=data.get("description") or "",
        state=data["state"],
        source_branch=data["source_branch"],
        target_branch=data["target_branch"],
        # Null where the fork is gone; there is no project 0, so that every check against it refuses.
        source_project_id=data.get("source_project_id") or 0,
        sha=data.get("sha") or "",
        author=person_or_none(data.get("author")),
        web_url=data.get("web_url") or "",
    )


def file_diff(data: dict[str, Any]) -> FileDiff:
    """Return a changed file; the diff is empty where GitLab found it too large."""
    return FileDiff(
        old_path=data["old_path"],
        new_path=data["new_path"],
        diff=data.get("diff") or "",
        is_new=bool(data.get("new_file", False)),
        is_deleted=bool(data.get("deleted_file", False)),
    )


def note(data: dict[str, Any], *, target: NoteTarget, discussion_id: str = "") -> Note:
    """Return a comment, its times exactly as GitLab has them: that they differ is how an edit shows."""
    return Note(
        id=data["id"],
        target=target,
        author=person(data["author"]),
        body=data.get("body") or "",
        created_at=datetime.fromisoformat(data["created_at"]),
        updated_at=datetime.fromisoformat(data["updated_at"]),
        is_system=bool(data.get("system", False)),
        is_internal=bool(data.get("internal", data.get("confidential", False))),
        discussion_id=discussion_id or data.get("discussion_id") or "",
    )
