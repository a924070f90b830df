"""Which hook hears of what.

The law of this module: each happening has one function, which builds the body once and gives it to every hook
of the project that asked for that kind of event. Callers hold the state's lock.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from simulators.gitlab import payloads, payloads_ci
from simulators.gitlab.model import Issue, MergeRequest

if TYPE_CHECKING:
    from simulators.gitlab.model import Award, Discussion, Hook, Job, Note, Pipeline, Project, User
    from simulators.gitlab.repositories import Commit
    from simulators.gitlab.simulator import Simulator

# Option of the hook, and the value of X-Gitlab-Event that goes with it.
EVENT_NAMES = {
    "push_events": "Push Hook",
    "tag_push_events": "Tag Push Hook",
    "issues_events": "Issue Hook",
    "confidential_issues_events": "Confidential Issue Hook",
    "note_events": "Note Hook",
    "confidential_note_events": "Confidential Note Hook",
    "merge_requests_events": "Merge Request Hook",
    "job_events": "Job Hook",
    "pipeline_events": "Pipeline Hook",
    "emoji_events": "Emoji Hook",
}


def _fire(simulator: Simulator, project: Project, trigger: str, payload: dict[str, Any], *, branch: str = "") -> None:
    for hook in project.hooks:
        if hook.options.get(trigger) and _wants_branch(hook, branch):
            simulator.deliveries.send(hook, trigger, payload, name=EVENT_NAMES[trigger])


def _wants_branch(hook: Hook, branch: str) -> bool:
    pattern = hook.options.get("push_events_branch_filter") or ""
    return not branch or not pattern or fnmatchcase(branch, pattern)


def _anyone(project: Project, trigger: str) -> bool:
    """Whether a body has to be built at all: building one may ask git."""
    return any(hook.options.get(trigger) for hook in project.hooks)


def pushed(
    simulator: Simulator, project: Project, actor: User, *, ref: str, before: str, after: str, commits: list[Commit]
) -> None:
    """A branch or tag moved."""
    trigger = "tag_push_events" if ref.startswith("refs/tags/") else "push_events"
    if _anyone(project, trigger):
        body = payloads.push(simulator, project, actor, ref=ref, before=before, after=after, commits=commits)
        _fire(simulator, project, trigger, body, branch=ref.removeprefix("refs/heads/"))


def item_changed(
    simulator: Simulator,
    project: Project,
    item: Issue | MergeRequest,
    actor: User,
    *,
    action: str,
    changes: dict[str, Any] | None = None,
    extra: dict[str, Any] | None = None,
) -> None:
    """An issue or merge request was opened, updated, closed, reopened, approved or merged."""
    trigger = "merge_requests_events"
    if isinstance(item, Issue):
        trigger = "confidential_issues_events" if item.confidential else "issues_events"
    if _anyone(project, trigger):
        body = payloads.item_event(simulator, project, item, actor, action=action, changes=changes or {}, extra=extra)
        _fire(simulator, project, trigger, body)


def noted(
    simulator: Simulator,
    project: Project,
    item: Issue | MergeRequest,
    thread: Discussion,
    note: Note,
    *,
    actor: User,
    action: str,
) -> None:
    """A comment was created or updated. GitLab tells of no deletion, and of no system note."""
    if note.system:
        return
    private = note.internal or (isinstance(item, Issue) and item.confidential)
    trigger = "confidential_note_events" if private else "note_events"
    if _anyone(project, trigger):
        body = payloads.note_event(simulator, project, item, thread, note, actor=actor, action=action)
        _fire(simulator, project, trigger, body)


def awarded(
    simulator: Simulator, project: Project, item: Issue | MergeRequest, note: Note | None, award: Award, *, action: str
) -> None:
    """An emoji was given or taken back."""
    if _anyone(project, "emoji_events"):
        body = payloads.emoji_event(simulator, project, item, note, award, action=action)
        _fire(simulator, project, "emoji_events", body)


def pipeline_changed(simulator: Simulator, project: Project, pipeline: Pipeline) -> None:
    """A pipeline has another status."""
    if _anyone(project, "pipeline_events"):
        _fire(simulator, project, "pipeline_events", payloads_ci.pipeline_event(simulator, project, pipeline))


def job_changed(simulator: Simulator, project: Project, pipeline: Pipeline, job: Job) -> None:
    """A job has another status."""
    if _anyone(project, "job_events"):
        _fire(simulator, project, "job_events", payloads_ci.job_event(simulator, project, pipeline, job))
