"""What a model is told of GitLab's things: each as a heading that says what it is, and then the words of whoever wrote it.

The law of this module: pure. A heading is ours; everything below it is data.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from duo_flows.domain.commits import CommitDetail
from duo_flows.domain.discussions import Discussion, ThreadNote
from duo_flows.domain.issues import Issue
from duo_flows.domain.merge_requests import MergeRequestDetail
from duo_flows.domain.people import Person
from duo_flows.domain.pipelines import FileDiff

# The id by which most people and tools name a commit.
_SHORT_SHA = 12


def told_issue(issue: Issue) -> str:
    """Return an issue with its description."""
    marks = ", ".join([issue.state, *(["confidential"] if issue.is_confidential else [])])
    facts = [
        f"by {_name(issue.author)}, {_time(issue.created_at)}, changed {_time(issue.updated_at)}",
        *_named("labels", issue.labels),
        *_named("assignees", (_name(person) for person in issue.assignees)),
        *_named("due", (issue.due_date,)),
    ]
    head = f"{issue.kind.capitalize()} #{issue.iid} ({marks}): {issue.title}"
    return f"{head}\n{'; '.join(facts)}\n{issue.web_url}\n\n{issue.description}"


def told_issue_line(issue: Issue) -> str:
    """Return an issue in one line of a list."""
    marks = ", ".join([issue.state, *(["confidential"] if issue.is_confidential else []), *issue.labels])
    return f"#{issue.iid} {issue.title} ({marks}; by {_name(issue.author)}, {_time(issue.created_at)})"


def told_merge_request(found: MergeRequestDetail) -> str:
    """Return a merge request with its description."""
    marks = ", ".join([found.state, *(["draft"] if found.is_draft else [])])
    pipeline = f"{found.head_pipeline_id} ({found.head_pipeline_status})" if found.head_pipeline_id else ""
    facts = [
        f"{found.source_branch} into {found.target_branch}",
        f"head {found.sha}",
        f"by {_name(found.author)}, {_time(found.created_at)}",
        *_named("labels", found.labels),
        *_named("assignees", (_name(person) for person in found.assignees)),
        *_named("reviewers", (_name(person) for person in found.reviewers)),
        *_named("merge status", (found.merge_status,)),
        *_named("head pipeline", (pipeline,)),
    ]
    return f"Merge request !{found.iid} ({marks}): {found.title}\n{'; '.join(facts)}\n{found.web_url}\n\n{found.description}"


def told_merge_request_line(found: MergeRequestDetail) -> str:
    """Return a merge request in one line of a list."""
    marks = ", ".join([found.state, *(["draft"] if found.is_draft else []), *found.labels])
    branches = f"{found.source_branch} into {found.target_branch}"
    return f"!{found.iid} {found.title} ({marks}; {branches}; by {_name(found.author)}, {_time(found.created_at)})"


def told_discussion(thread: Discussion) -> str:
    """Return a thread: where it stands, whether it is resolved, and its comments."""
    head = [f"Thread {thread.id}"]
    if thread.is_resolvable:
        head.append("resolved" if thread.is_resolved else "not resolved")
    first = thread.notes[0]
    if first.position:
        line = f"line {first.position.new_line}" if first.position.new_line else f"old line {first.position.old_line}"
        head.append(f"at {first.position.new_path}, {line}")
    return "\n".join([", ".join(head), *(told_note(note) for note in thread.notes)])


def told_note(note: ThreadNote) -> str:
    """Return one comment."""
    marks = " (internal)" if note.is_internal else ""
    return f"Comment {note.id} by {_name(note.author)}{marks}, {_time(note.created_at)}:\n{note.body}"


def told_commit(commit: CommitDetail) -> str:
    """Return a commit with its message."""
    facts = [
        f"by {commit.author_name} <{commit.author_email}>",
        _time(commit.authored_at),
        *_named("parents", (sha[:_SHORT_SHA] for sha in commit.parents)),
        *([f"+{commit.additions} -{commit.deletions} lines"] if commit.additions is not None else []),
    ]
    return f"Commit {commit.sha}\n{'; '.join(facts)}\n\n{commit.message}"


def told_commit_line(commit: CommitDetail) -> str:
    """Return a commit in one line of a list."""
    return f"{commit.sha[:_SHORT_SHA]} {_time(commit.committed_at)} {commit.author_name}: {commit.title}"


def told_diffs(diffs: Iterable[FileDiff]) -> str:
    """Return changed files as one diff; a file whose diff GitLab does not give says so."""
    return "\n".join(
        f"--- {diff.old_path}\n+++ {diff.new_path}\n{diff.diff or '(no diff: binary, too large, or only renamed)'}"
        for diff in diffs
    )


def told_list(heading: str, lines: Iterable[str], *, page: int = 1, is_full: bool = False) -> str:
    """Return a list below its heading, with how to read on where the page is full."""
    rows = list(lines)
    more = [f"[page {page} is full; ask for page={page + 1} to read on]"] if is_full else []
    return "\n".join([f"{heading}:" if rows else f"{heading}: none", *rows, *more])


def _named(what: str, values: Iterable[str]) -> list[str]:
    given = [value for value in values if value]
    return [f"{what}: {', '.join(given)}"] if given else []


def _name(person: Person | None) -> str:
    return f"@{person.username}" if person else "somebody"


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")
