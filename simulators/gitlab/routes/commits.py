"""Commits: reading them, and making them with actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.gitlab import auth
from simulators.gitlab.calls import Api, Call, JSONResponse, Response
from simulators.gitlab.commits import CommitRequest, Person, write_commit
from simulators.gitlab.diffs import diff
from simulators.gitlab.errors import bad_parameter, forbidden, not_found, refused
from simulators.gitlab.model import Access, CommitComment, CommitStatus
from simulators.gitlab.paging import page
from simulators.gitlab.pushes import RefUpdate, after_push
from simulators.gitlab.repositories import ZERO_SHA
from simulators.gitlab.shapes import repository as shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulators.gitlab.model import Project
    from simulators.gitlab.repositories import Commit, Repository

api = Api()
STATES = ("pending", "running", "success", "failed", "canceled", "skipped")


@api.get("/projects/{project_id}/repository/commits")
def list_commits(call: Call) -> Response:
    """Commits of a branch, newest first; `ref_name` may be a range `a..b`."""
    project, git = call.code()
    start, dots, end = (call.text("ref_name") or project.default_branch).partition("..")
    sha = git.resolve(end.lstrip(".") if dots else start)
    if sha is None:
        raise not_found("Commit" if git.refs("refs/heads") else "Repository")
    commits = git.log(sha, exclude=git.resolve(start) if dots else None, path=call.text("path"))
    if author := (call.text("author") or "").lower():
        commits = [commit for commit in commits if author in f"{commit.author_name} <{commit.author_email}>".lower()]
    for bound, keeps in (("since", 1), ("until", -1)):
        if limit := call.text(bound):
            commits = [commit for commit in commits if _keeps(commit, limit, keeps)]
    return page(call, commits, lambda commit: shapes.commit(call.simulator, project, commit))


def _keeps(commit: Commit, limit: str, direction: int) -> bool:
    from datetime import UTC, datetime

    try:
        bound = datetime.fromisoformat(limit)
    except ValueError:
        raise bad_parameter("since is invalid" if direction > 0 else "until is invalid") from None
    bound = bound if bound.tzinfo else bound.replace(tzinfo=UTC)
    return (datetime.fromisoformat(commit.committed_date) - bound).total_seconds() * direction >= 0


@api.get("/projects/{project_id}/repository/commits/{sha}")
def get_commit(call: Call) -> Response:
    """One commit, by sha, branch or tag."""
    project, git = call.code()
    return JSONResponse(_full(call, project, git, call.commit_sha(git, call.segment("sha"), "")))


def _full(call: Call, project: Project, git: Repository, sha: str) -> dict[str, Any]:
    commit = git.commit(sha)
    return shapes.full_commit(call.simulator, project, commit, diff(git, next(iter(commit.parents), None), sha))


@api.get("/projects/{project_id}/repository/commits/{sha}/diff")
def commit_diff(call: Call) -> Response:
    """What a commit changed, against its first parent."""
    _, git = call.code()
    commit = git.commit(call.commit_sha(git, call.segment("sha"), ""))
    return page(call, diff(git, next(iter(commit.parents), None), commit.sha), shapes.file_diff)


@api.get("/projects/{project_id}/repository/commits/{sha}/comments")
def commit_comments(call: Call) -> Response:
    """Comments on a commit, oldest first."""
    project, git = call.code()
    sha = call.commit_sha(git, call.segment("sha"), "")
    found = [comment for comment in project.commit_comments if comment.sha == sha]
    return page(call, found, lambda comment: shapes.commit_comment(call.simulator, comment))


@api.post("/projects/{project_id}/repository/commits/{sha}/comments")
def comment_on_commit(call: Call) -> Response:
    """Comment on a commit, or with `path` and `line` at a line of it."""
    project, git = call.code(Access.REPORTER)
    sha = call.commit_sha(git, call.segment("sha"), "")
    comment = CommitComment(
        sha, call.needed("note"), call.me.id, call.state.now(), call.text("path"), call.number("line"), call.text("line_type")
    )
    project.commit_comments.append(comment)
    return JSONResponse(shapes.commit_comment(call.simulator, comment), status_code=201)


@api.get("/projects/{project_id}/repository/commits/{sha}/refs")
def commit_refs(call: Call) -> Response:
    """Branches that contain a commit."""
    _, git = call.code()
    sha = call.commit_sha(git, call.segment("sha"), "")
    heads = [name for name, head in git.refs("refs/heads").items() if git.is_ancestor(sha, head)]
    return page(call, heads, lambda name: {"type": "branch", "name": name})


@api.get("/projects/{project_id}/repository/commits/{sha}/merge_requests")
def commit_merge_requests(call: Call) -> Response:
    """Merge requests that bring a commit."""
    from simulators.gitlab.shapes.noteables import merge_request

    project, git = call.code()
    sha = call.commit_sha(git, call.segment("sha"), "")
    bringing = [
        item for item in project.merge_requests if git.is_ancestor(sha, item.head_sha) and not git.is_ancestor(sha, item.base_sha)
    ]
    return page(call, bringing, lambda item: merge_request(call.simulator, project, item))


@api.get("/projects/{project_id}/repository/commits/{sha}/statuses")
def list_statuses(call: Call) -> Response:
    """Statuses that outside systems reported for a commit."""
    project, git = call.code()
    sha = call.commit_sha(git, call.segment("sha"), "")
    found = [status for status in project.statuses if status.sha == sha]
    return page(call, found, lambda status: shapes.commit_status(call.simulator, status))


@api.post("/projects/{project_id}/statuses/{sha}")
def report_status(call: Call) -> Response:
    """Report a status for a commit."""
    project, git = call.code(Access.DEVELOPER)
    sha = call.commit_sha(git, call.segment("sha"), "")
    state = call.needed("state")
    if state not in STATES:
        raise bad_parameter("state does not have a valid value")
    status = CommitStatus(
        call.state.next_id("job"),
        sha,
        call.text("ref") or project.default_branch,
        call.text("name") or call.text("context") or "default",
        state,
        call.text("description"),
        call.text("target_url"),
        call.me.id,
        call.state.now(),
    )
    project.statuses.append(status)
    return JSONResponse(shapes.commit_status(call.simulator, status), status_code=201)


@api.post("/projects/{project_id}/repository/commits")
def create_commit(call: Call) -> Response:
    """Make one commit of several actions, on a branch that exists or starts here."""
    branch, message = call.needed("branch"), call.needed("commit_message")
    actions = call.parameters.get("actions")
    if not isinstance(actions, list) or not all(isinstance(action, dict) for action in actions):
        raise bad_parameter("actions is missing" if actions is None else "actions is invalid")
    project, sha = commit_actions(call, branch, message, actions)
    return JSONResponse(_full(call, project, call.simulator.repository(project), sha), status_code=201)


def commit_actions(call: Call, branch: str, message: str, actions: Sequence[dict[str, Any]]) -> tuple[Project, str]:
    """Check the right to push, write the commit, and let follow what follows a push.

    Raises:
        ApiError: 403 when the branch is not the caller's to push to, 400 when it or an action does not fit.
    """
    project, git = call.code()
    if not auth.can_push(call.me, project, branch):
        raise forbidden("You are not allowed to push into this branch")
    parent, before = _parent(call, git, branch)
    author = Person(call.text("author_name") or call.me.name, call.text("author_email") or call.simulator.email(call.me))
    committer = Person(call.me.name, call.simulator.email(call.me))
    request = CommitRequest(branch, parent, message, author, committer, call.state.now(), force=bool(call.flag("force")))
    sha = write_commit(git, request, actions)
    after_push(call.simulator, project, call.me, [RefUpdate(f"refs/heads/{branch}", before, sha)])
    return project, sha


def _parent(call: Call, git: Repository, branch: str) -> tuple[str | None, str]:
    """The commit to build on, and where the branch is now (all zeros: nowhere)."""
    head = git.branch_sha(branch)
    start = call.text("start_sha") or call.text("start_branch")
    if head is not None:
        if start and start != branch and call.flag("force"):
            return call.commit_sha(git, start, ""), head
        if start and start != branch:
            raise refused(f"A branch called '{branch}' already exists. Switch to that branch in order to make changes")
        return head, head
    if not git.is_valid_branch(branch):
        raise refused("Branch name is invalid")
    if not git.refs("refs/heads"):
        return None, ZERO_SHA
    if not start:
        raise refused("You can only create or edit files when you are on a branch")
    sha = git.resolve(start)
    if sha is None:
        raise refused("Cannot find start branch")
    return sha, ZERO_SHA
