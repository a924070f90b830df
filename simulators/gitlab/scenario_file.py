"""The `gitlab:` section of `scenario.yaml` as it is written: every key, its type and its default, and how a mistake is told.

Nothing here reads the repositories' files; `scenario` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from simulators.scenario_variables import ScenarioError, rendered

if TYPE_CHECKING:
    from simulators.scenario_variables import Settings

ACCESS_LEVELS = {
    "no_one": 0,
    "minimal": 5,
    "guest": 10,
    "planner": 15,
    "reporter": 20,
    "developer": 30,
    "maintainer": 40,
    "owner": 50,
}
"""GitLab's roles and their numbers. `no_one` is for protected branches."""

HOOK_EVENTS = (
    "push",
    "tag_push",
    "issues",
    "confidential_issues",
    "merge_requests",
    "note",
    "confidential_note",
    "job",
    "pipeline",
    "emoji",
)


def _access_level(value: Any) -> Any:
    """A role's name or number, as its number."""
    level = ACCESS_LEVELS.get(value.lower(), value) if isinstance(value, str) else value
    if level not in ACCESS_LEVELS.values():
        roles = ", ".join(f"{name} ({number})" for name, number in ACCESS_LEVELS.items())
        raise ValueError(f"{value!r} is no role; allowed are {roles}")
    return level


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


AccessLevel = Annotated[int, BeforeValidator(_access_level)]
Folders = Annotated[list[str], BeforeValidator(_one_or_many)]
Text = Annotated[str, BeforeValidator(_text)]


class Written(BaseModel):
    """A mapping in the file. Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WrittenUser(Written):
    """`token` authenticates the user at the stand-in."""

    username: str
    name: Text
    token: Text
    id: int | None = None
    bot: bool = False
    admin: bool = False
    state: Literal["active", "blocked", "deactivated"] = "active"


class WrittenCommit(Written):
    """Files from directories and from the text itself, and files to delete."""

    branch: str
    message: str
    author: str | None = None
    start_branch: str | None = None
    files: Folders = []
    contents: dict[str, str] = {}
    delete: list[str] = []


class WrittenMergeRequest(Written):
    """`target_branch` defaults to the project's default branch."""

    source_branch: str
    title: str
    author: str
    target_branch: str | None = None
    description: str = ""


class WrittenIssue(Written):
    """An open issue."""

    title: str
    author: str
    description: str = ""
    labels: list[str] = []


class WrittenHook(Written):
    """`signing_token` signs (Standard Webhooks), `token` is sent as X-Gitlab-Token."""

    url: str
    signing_token: str | None = None
    token: str | None = None
    events: list[Literal[HOOK_EVENTS]] = Field(default_factory=lambda: list(HOOK_EVENTS))  # type: ignore[valid-type]  # one list of words for docs, check and default


class WrittenProject(Written):
    """`protected_branches` defaults to the default branch, where Maintainers may push."""

    path: str = Field(pattern=r"^[\w.-]+(/[\w.-]+)+$")
    name: str | None = None
    visibility: Literal["private", "internal", "public"] = "private"
    default_branch: str = "main"
    members: dict[str, AccessLevel] = {}
    files: Folders = []
    commits: list[WrittenCommit] = []
    merge_requests: list[WrittenMergeRequest] = []
    issues: list[WrittenIssue] = []
    hooks: list[WrittenHook] = []
    variables: dict[str, Text] = {}
    protected_branches: dict[str, AccessLevel] | None = None


class WrittenGitLab(Written):
    """The whole section."""

    users: list[WrittenUser] = []
    projects: list[WrittenProject] = []


def read_written(settings: Settings) -> WrittenGitLab:
    """Render and check the section.

    Raises:
        ScenarioError: every mistake, each with its key and what is allowed.
    """
    where = f"{settings.file}: gitlab"
    section = rendered(dict(settings.gitlab), variables=settings.variables, where=where)
    try:
        written = WrittenGitLab.model_validate(section)
    except ValidationError as error:
        raise ScenarioError("\n".join(_mistake(item, where=where) for item in error.errors())) from error
    _check_names(written, where=where)
    return written


def _mistake(item: Any, *, where: str) -> str:
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"{where}.{key}: is no key of a scenario; allowed here are {', '.join(_allowed_keys(item['loc']))}"
    return f"{where}.{key}: {item['msg'].removeprefix('Value error, ')}"


_BY_KEY: dict[str, type[Written]] = {
    "users": WrittenUser,
    "projects": WrittenProject,
    "commits": WrittenCommit,
    "merge_requests": WrittenMergeRequest,
    "issues": WrittenIssue,
    "hooks": WrittenHook,
}


def _allowed_keys(location: tuple[Any, ...]) -> list[str]:
    lists = [part for part in location[:-1] if part in _BY_KEY]
    return sorted((_BY_KEY[lists[-1]] if lists else WrittenGitLab).model_fields)


def _check_names(written: WrittenGitLab, *, where: str) -> None:
    """Refuse names of people that the section does not introduce."""
    known = {user.username for user in written.users}
    for index, project in enumerate(written.projects):
        named = set(project.members)
        named |= {commit.author for commit in project.commits if commit.author}
        named |= {request.author for request in project.merge_requests} | {issue.author for issue in project.issues}
        if named - known:
            raise ScenarioError(
                f"{where}.projects.{index}: {', '.join(sorted(named - known))} is no user of this scenario; "
                f"users are {', '.join(sorted(known)) or 'none'}"
            )
