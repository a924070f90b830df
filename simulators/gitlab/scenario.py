"""What a scenario puts into the GitLab stand-in before anyone speaks to it: users, projects, repositories, issues, hooks.

Values and reading only. Creating repositories and rows from them belongs to the stand-in. The written form, with its keys and
defaults, is in `scenario_file`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from simulators.gitlab.scenario_file import (
    WrittenCommit,
    WrittenGitLab,
    WrittenProject,
    read_written,
)
from simulators.scenario_variables import ScenarioError, Settings, read_settings, render

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Scenario", "ScenarioError", "load_scenario"]

TEMPLATE_SUFFIX = ".j2"
_NOT_CONTENT = frozenset(["__pycache__", ".git", ".DS_Store"])
"""Left behind by running the project by hand; never part of a repository."""


@dataclass(frozen=True)
class ScenarioUser:
    """Somebody who can speak to the stand-in with `token`. `id` None lets the stand-in count."""

    username: str
    name: str
    token: str
    id: int | None = None
    bot: bool = False
    admin: bool = False
    state: str = "active"


@dataclass(frozen=True)
class ScenarioCommit:
    """One commit on a branch, made from `start_branch` where that is named; a file that is None is deleted."""

    branch: str
    start_branch: str | None
    message: str
    author: str
    files: dict[str, bytes | None]


@dataclass(frozen=True)
class ScenarioMergeRequest:
    """An open merge request."""

    source_branch: str
    target_branch: str
    title: str
    description: str
    author: str


@dataclass(frozen=True)
class ScenarioIssue:
    """An open issue."""

    title: str
    description: str
    author: str
    labels: list[str]


@dataclass(frozen=True)
class ScenarioHook:
    """A project hook; `events` are GitLab's words without `_events` (`note`, `pipeline`, `push` …)."""

    url: str
    signing_token: str | None
    token: str | None
    events: list[str]


@dataclass(frozen=True)
class ScenarioProject:
    """A project; `files` are its first commit, access levels are GitLab's numbers (30 Developer, 40 Maintainer)."""

    path: str
    name: str
    visibility: str
    default_branch: str
    members: dict[str, int]
    files: dict[str, bytes]
    commits: list[ScenarioCommit]
    merge_requests: list[ScenarioMergeRequest]
    issues: list[ScenarioIssue]
    hooks: list[ScenarioHook]
    variables: dict[str, str]
    protected_branches: dict[str, int]


@dataclass(frozen=True)
class Scenario:
    """A scenario ready to be put into the stand-in; `variables` and `seed` say which of its variations this is."""

    users: list[ScenarioUser]
    projects: list[ScenarioProject]
    variables: dict[str, str]
    seed: int = 0
    description: str = field(default="", compare=False)


def load_scenario(path: Path, *, seed: int | None, overrides: Mapping[str, str]) -> Scenario:
    """Read a scenario's directory with its variables drawn and its files rendered.

    Args:
        path: the directory that holds `scenario.yaml`, or such a file.
        seed: repeats an earlier variation; None draws one, named in the result.
        overrides: variables to set instead of drawing.

    Raises:
        ScenarioError: naming file and key, and what is allowed.
    """
    settings = read_settings(path, seed=seed, overrides=overrides)
    written = read_written(settings)
    return Scenario(
        users=[ScenarioUser(**user.model_dump()) for user in written.users],
        projects=[_project(project, settings=settings, written=written) for project in written.projects],
        variables=dict(settings.variables),
        seed=settings.seed,
        description=settings.description,
    )


def _project(project: WrittenProject, *, settings: Settings, written: WrittenGitLab) -> ScenarioProject:
    author = written.users[0].username if written.users else ""
    return ScenarioProject(
        path=project.path,
        name=project.name or project.path.rpartition("/")[2],
        visibility=project.visibility,
        default_branch=project.default_branch,
        members=project.members,
        files=_folders(project.files, settings=settings),
        commits=[_commit(commit, settings=settings, author=author) for commit in project.commits],
        merge_requests=[
            ScenarioMergeRequest(
                source_branch=item.source_branch,
                target_branch=item.target_branch or project.default_branch,
                title=item.title,
                description=item.description,
                author=item.author,
            )
            for item in project.merge_requests
        ],
        issues=[ScenarioIssue(**item.model_dump()) for item in project.issues],
        hooks=[ScenarioHook(**item.model_dump()) for item in project.hooks],
        variables=project.variables,
        protected_branches=project.protected_branches if project.protected_branches is not None else {project.default_branch: 40},
    )


def _commit(commit: WrittenCommit, *, settings: Settings, author: str) -> ScenarioCommit:
    files: dict[str, bytes | None] = {**_folders(commit.files, settings=settings)}
    files |= {path: text.encode() for path, text in commit.contents.items()}
    files |= dict.fromkeys(commit.delete)
    return ScenarioCommit(
        branch=commit.branch,
        start_branch=commit.start_branch,
        message=commit.message,
        author=commit.author or author,
        files=files,
    )


def _folders(names: list[str], *, settings: Settings) -> dict[str, bytes]:
    """The files of several directories, where a later one wins."""
    files: dict[str, bytes] = {}
    for name in names:
        files |= _folder(settings.folder / name, settings=settings)
    return dict(sorted(files.items()))


def _folder(folder: Path, *, settings: Settings) -> dict[str, bytes]:
    """A directory's files by their path in the repository: names rendered, `.j2` files rendered and their suffix dropped."""
    if not folder.is_dir():
        raise ScenarioError(f"{settings.file}: gitlab.projects: there is no directory {folder}; files names directories beside it")
    found = (file for file in folder.rglob("*") if file.is_file() and not _NOT_CONTENT & set(file.parts))
    return dict(_file(file, folder=folder, settings=settings) for file in found)


def _file(file: Path, *, folder: Path, settings: Settings) -> tuple[str, bytes]:
    path = render(file.relative_to(folder).as_posix(), variables=settings.variables, where=str(file))
    content = file.read_bytes()
    if not path.endswith(TEMPLATE_SUFFIX):
        return path, content
    text = render(content.decode(), variables=settings.variables, where=str(file))
    return path.removesuffix(TEMPLATE_SUFFIX), text.encode()
