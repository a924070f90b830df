"""A scenario becomes records and repositories.

The law of this module: it runs once, before the server answers anybody. What it makes fires no hook and
announces nothing; only pipelines of the seeded branches run, as if they had just been pushed.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from simulators.gitlab import noteables
from simulators.gitlab.commits import CommitRequest, Person, write_commit
from simulators.gitlab.model import Issue, MergeRequest, Project, ProtectedBranch, User
from simulators.gitlab.pipelines import Occasion, create_pipeline
from simulators.gitlab.pushes import create_merge_request_pipeline
from simulators.gitlab.repositories import ZERO_SHA
from simulators.gitlab.webhooks import new_hook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulators.gitlab.scenario import (
        Scenario,
        ScenarioCommit,
        ScenarioIssue,
        ScenarioMergeRequest,
        ScenarioProject,
        ScenarioUser,
    )
    from simulators.gitlab.simulator import Simulator

MAINTAINER = 40


def seed(simulator: Simulator, scenario: Scenario, *, hook_url: str | None) -> None:
    """Make everything a scenario names.

    Args:
        simulator: Fresh, with no records.
        scenario: What to make.
        hook_url: Where all hooks go instead of the scenario's own addresses.
    """
    with simulator.state.lock:
        for user in scenario.users:
            _user(simulator, user)
        for project in scenario.projects:
            _project(simulator, project, hook_url=hook_url)


def _user(simulator: Simulator, written: ScenarioUser) -> None:
    state = simulator.state
    number = state.next_id("user") if written.id is None else state.reserve_id("user", written.id)
    state.users[number] = User(
        number, written.username, written.name, written.token, written.bot, written.admin, written.state, state.now()
    )


def _project(simulator: Simulator, written: ScenarioProject, *, hook_url: str | None) -> None:
    state = simulator.state
    number = state.next_id("project")
    project = Project(
        id=number,
        path=written.path,
        name=written.name,
        visibility=written.visibility,
        default_branch=written.default_branch,
        created_at=state.now(),
        repository_path=simulator.create_repository(number, default_branch=written.default_branch),
        variables=dict(written.variables),
        members={_known(simulator, name).id: level for name, level in written.members.items()},
    )
    state.projects[number] = project
    for name, level in written.protected_branches.items():
        rule = ProtectedBranch(state.next_id("protected_branch"), name, level, level)
        project.protected_branches.append(rule)
    for hook in written.hooks:
        settings: dict[str, Any] = {f"{event.removesuffix('_events')}_events": True for event in hook.events}
        settings = {"push_events": False, **settings, "token": hook.token, "signing_token": hook.signing_token}
        project.hooks.append(new_hook(simulator, project, {**settings, "url": hook_url or hook.url}))
    _fill(simulator, project, written)


def _fill(simulator: Simulator, project: Project, written: ScenarioProject) -> None:
    """The commits, then what stands on them; pipelines last, since their rules ask for merge requests."""
    creator = _creator(simulator, project)
    heads: dict[str, str] = {}
    if written.files:
        _commit_files(
            simulator, project, project.default_branch, None, author=creator, message="Initial commit", files=written.files
        )
        heads[project.default_branch] = ZERO_SHA
    for commit in written.commits:
        _later_commit(simulator, project, commit)
        heads[commit.branch] = ZERO_SHA
    for request in written.merge_requests:
        _merge_request(simulator, project, request)
    for issue in written.issues:
        _issue(simulator, project, issue)
    for branch in heads:
        _pipelines(simulator, project, branch, creator)


def _known(simulator: Simulator, username: str) -> User:
    user = simulator.state.user_by_username(username)
    if user is None:
        raise ValueError(f"the scenario names the user {username!r}, who is not among its users")
    return user


def _creator(simulator: Simulator, project: Project) -> User:
    """The first Maintainer or Owner, else the first user there is."""
    users = simulator.state.users
    first = next((number for number, level in project.members.items() if level >= MAINTAINER), next(iter(users)))
    return users[first]


def _commit_files(
    simulator: Simulator,
    project: Project,
    branch: str,
    parent: str | None,
    *,
    author: User,
    message: str,
    files: Mapping[str, bytes | None],
) -> None:
    repository = simulator.repository(project)
    person = Person(author.name, simulator.email(author))
    request = CommitRequest(branch, parent, message, person, person, simulator.state.now())
    actions = [
        {
            "action": "delete" if content is None else _action(repository.entry(parent, path) if parent else None),
            "file_path": path,
            "content": base64.b64encode(content or b"").decode(),
            "encoding": "base64",
            "execute_filemode": True if (content or b"").startswith(b"#!") else None,
        }
        for path, content in files.items()
    ]
    write_commit(repository, request, actions)


def _action(entry: object) -> str:
    return "create" if entry is None else "update"


def _later_commit(simulator: Simulator, project: Project, written: ScenarioCommit) -> None:
    repository = simulator.repository(project)
    parent = repository.branch_sha(written.branch)
    if parent is None:
        parent = repository.branch_sha(written.start_branch or project.default_branch)
    author = _known(simulator, written.author)
    _commit_files(simulator, project, written.branch, parent, author=author, message=written.message, files=written.files)


def _merge_request(simulator: Simulator, project: Project, written: ScenarioMergeRequest) -> None:
    head = simulator.repository(project).branch_sha(written.source_branch)
    if head is None:
        raise ValueError(f"the scenario has no commit on {written.source_branch!r}, from which it wants to merge")
    now = simulator.state.now()
    item = MergeRequest(
        id=simulator.state.next_id("merge_request"),
        iid=project.next_iid("merge_request"),
        project_id=project.id,
        title=written.title,
        description=written.description,
        author_id=_known(simulator, written.author).id,
        created_at=now,
        updated_at=now,
        source_branch=written.source_branch,
        target_branch=written.target_branch,
        head_sha=head,
        base_sha=head,
        start_sha=head,
    )
    noteables.refresh_diff_refs(simulator, project, item, head=head)
    project.merge_requests.append(item)


def _issue(simulator: Simulator, project: Project, written: ScenarioIssue) -> None:
    now = simulator.state.now()
    issue = Issue(
        id=simulator.state.next_id("issue"),
        iid=project.next_iid("issue"),
        project_id=project.id,
        title=written.title,
        description=written.description,
        author_id=_known(simulator, written.author).id,
        created_at=now,
        updated_at=now,
        labels=noteables.ensure_labels(simulator, project, written.labels),
    )
    project.issues.append(issue)


def _pipelines(simulator: Simulator, project: Project, branch: str, creator: User) -> None:
    sha = simulator.repository(project).branch_sha(branch)
    if sha is None:
        return
    create_pipeline(simulator, project, creator, Occasion(ref=branch, sha=sha, source="push"))
    for item in project.merge_requests:
        if item.source_branch == branch:
            author = simulator.state.users[item.author_id]
            create_merge_request_pipeline(simulator, project, author, item)
