"""Commits, branches and differences in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.gitlab import auth
from simulators.gitlab.shapes.pipelines import short_pipeline
from simulators.gitlab.shapes.times import api_time, git_time

if TYPE_CHECKING:
    from simulators.gitlab.diffs import FileDiff
    from simulators.gitlab.model import CommitComment, CommitStatus, Project, ProtectedBranch, User
    from simulators.gitlab.repositories import Commit, TreeEntry
    from simulators.gitlab.simulator import Simulator

LEVEL_NAMES = {0: "No one", 30: "Developers + Maintainers", 40: "Maintainers", 50: "Owners"}


def commit(simulator: Simulator, project: Project, item: Commit) -> dict[str, Any]:
    """A commit in a list."""
    return {
        "id": item.sha,
        "short_id": item.sha[:8],
        "created_at": git_time(item.committed_date),
        "parent_ids": list(item.parents),
        "title": item.title,
        "message": item.message,
        "author_name": item.author_name,
        "author_email": item.author_email,
        "authored_date": git_time(item.authored_date),
        "committer_name": item.committer_name,
        "committer_email": item.committer_email,
        "committed_date": git_time(item.committed_date),
        "trailers": {},
        "extended_trailers": {},
        "web_url": f"{simulator.project_url(project)}/-/commit/{item.sha}",
    }


def full_commit(simulator: Simulator, project: Project, item: Commit, changes: list[FileDiff]) -> dict[str, Any]:
    """A commit by itself, with its numbers and its last pipeline."""
    pipelines = [pipeline for pipeline in project.pipelines if pipeline.sha == item.sha]
    additions, deletions = sum(file.additions for file in changes), sum(file.deletions for file in changes)
    return {
        **commit(simulator, project, item),
        "stats": {"additions": additions, "deletions": deletions, "total": additions + deletions},
        "status": pipelines[-1].status if pipelines else None,
        "project_id": project.id,
        "last_pipeline": short_pipeline(simulator, project, pipelines[-1]) if pipelines else None,
    }


def commit_comment(simulator: Simulator, item: CommitComment) -> dict[str, Any]:
    """A comment on a commit; it has no id of its own."""
    from simulators.gitlab.shapes.people import user_by_id

    return {
        "note": item.note,
        "path": item.path,
        "line": item.line,
        "line_type": item.line_type,
        "author": user_by_id(simulator, item.author_id),
        "created_at": api_time(item.created_at),
    }


def commit_status(simulator: Simulator, item: CommitStatus) -> dict[str, Any]:
    """A status that was reported for a commit."""
    from simulators.gitlab.shapes.people import user_by_id

    return {
        "id": item.id,
        "sha": item.sha,
        "ref": item.ref,
        "status": item.status,
        "name": item.name,
        "target_url": item.target_url,
        "description": item.description,
        "created_at": api_time(item.created_at),
        "started_at": None,
        "finished_at": api_time(item.created_at),
        "allow_failure": False,
        "coverage": None,
        "author": user_by_id(simulator, item.author_id),
    }


def file_diff(item: FileDiff) -> dict[str, Any]:
    """What happened to one file."""
    return {
        "diff": item.text,
        "collapsed": False,
        "too_large": False,
        "new_path": item.new_path,
        "old_path": item.old_path,
        "a_mode": item.a_mode,
        "b_mode": item.b_mode,
        "new_file": item.kind == "A",
        "renamed_file": item.kind == "R",
        "deleted_file": item.kind == "D",
        "generated_file": False,
    }


def tree_entry(item: TreeEntry) -> dict[str, Any]:
    """A file or folder of a tree."""
    return {"id": item.sha, "name": item.name, "type": item.kind, "path": item.path, "mode": item.mode}


def branch(simulator: Simulator, project: Project, name: str, head: Commit, *, user: User | None, merged: bool) -> dict[str, Any]:
    """A branch, with what the caller may do to it."""
    rule = auth.protection_of(project, name)
    return {
        "name": name,
        "commit": commit(simulator, project, head),
        "merged": merged,
        "protected": rule is not None,
        "developers_can_push": rule is not None and 0 < rule.push_level <= 30,  # noqa: PLR2004 - GitLab's Developer
        "developers_can_merge": rule is not None and 0 < rule.merge_level <= 30,  # noqa: PLR2004
        "can_push": auth.can_push(user, project, name),
        "default": name == project.default_branch,
        "web_url": f"{simulator.project_url(project)}/-/tree/{name}",
    }


def protected_branch(item: ProtectedBranch) -> dict[str, Any]:
    """The rule that protects a branch."""
    return {
        "id": item.id,
        "name": item.name,
        "push_access_levels": [_level(item.id, item.push_level)],
        "merge_access_levels": [_level(item.id, item.merge_level)],
        "allow_force_push": item.allow_force_push,
        "unprotect_access_levels": [],
        "code_owner_approval_required": False,
        "inherited": False,
    }


def _level(number: int, level: int) -> dict[str, Any]:
    return {
        "id": number,
        "access_level": level,
        "access_level_description": LEVEL_NAMES.get(level, str(level)),
        "user_id": None,
        "group_id": None,
        "deploy_key_id": None,
    }
