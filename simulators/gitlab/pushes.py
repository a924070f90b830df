"""What follows when a ref moves, whoever moved it and how.

The law of this module: the API's commits, a merge and a `git push` all end here, so that none of them can
forget a hook, a merge request or a pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulators.gitlab import hooks, noteables
from simulators.gitlab.pipelines import Occasion, create_pipeline
from simulators.gitlab.repositories import ZERO_SHA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulators.gitlab.model import MergeRequest, Project, User
    from simulators.gitlab.repositories import Commit
    from simulators.gitlab.simulator import Simulator

MOST_COMMITS = 1000  # a push of a whole history is told by its newest part


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """A ref that moved; all zeros for "was not there" and "is gone"."""

    ref: str
    old: str
    new: str


def after_push(simulator: Simulator, project: Project, actor: User, updates: Sequence[RefUpdate]) -> None:
    """Tell hooks, renew merge requests and make pipelines. Holds the state's lock."""
    with simulator.state.lock:
        project.last_activity_at = simulator.state.now()
        for update in updates:
            _follow(simulator, project, actor, update)


def _follow(simulator: Simulator, project: Project, actor: User, update: RefUpdate) -> None:
    commits = [] if update.new == ZERO_SHA else _new_commits(simulator, project, update)
    hooks.pushed(simulator, project, actor, ref=update.ref, before=update.old, after=update.new, commits=commits[::-1])
    if not update.ref.startswith("refs/heads/") or update.new == ZERO_SHA:
        return
    branch = update.ref.removeprefix("refs/heads/")
    requests = [item for item in project.merge_requests if item.source_branch == branch and item.state == "opened"]
    for item in requests:
        _renew(simulator, project, actor, item, update=update, commits=commits)
    create_pipeline(simulator, project, actor, Occasion(ref=branch, sha=update.new, source="push", before=update.old))
    for item in requests:
        create_merge_request_pipeline(simulator, project, actor, item, before=update.old)


def create_merge_request_pipeline(
    simulator: Simulator, project: Project, actor: User, item: MergeRequest, *, before: str = ZERO_SHA
) -> None:
    """The pipeline of a merge request, where the configuration's rules want one."""
    occasion = Occasion(
        ref=item.source_branch,
        sha=item.head_sha,
        source="merge_request_event",
        before=before,
        merge_request_iid=item.iid,
    )
    create_pipeline(simulator, project, actor, occasion)


def _new_commits(simulator: Simulator, project: Project, update: RefUpdate) -> list[Commit]:
    """Commits that came, newest first; of a new branch those the default branch lacks."""
    repository = simulator.repository(project)
    known: str | None = update.old
    if update.old == ZERO_SHA:
        default = repository.branch_sha(project.default_branch)
        known = None if default == update.new else default
    return repository.log(update.new, exclude=known, limit=MOST_COMMITS)


def _renew(
    simulator: Simulator,
    project: Project,
    actor: User,
    item: MergeRequest,
    *,
    update: RefUpdate,
    commits: list[Commit],
) -> None:
    """Bring a merge request to the new head of its source branch; approvals were given to the old one."""
    noteables.refresh_diff_refs(simulator, project, item, head=update.new)
    item.approved_by_ids.clear()
    listing = "".join(f"<li>{commit.sha[:8]} - {commit.title}</li>" for commit in commits[::-1])
    count = f"{len(commits)} commit" + ("" if len(commits) == 1 else "s")
    noteables.system_note(simulator, item, actor, f"added {count}\n\n<ul>{listing}</ul>")
    hooks.item_changed(simulator, project, item, actor, action="update", extra={"oldrev": update.old})
