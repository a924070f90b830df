"""The repository as a whole: tree, comparison, tags and search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.gitlab import auth
from simulators.gitlab.calls import Api, Call, JSONResponse, PlainTextResponse, Response
from simulators.gitlab.diffs import diff
from simulators.gitlab.errors import bad_parameter, not_found
from simulators.gitlab.paging import keyset_page, page
from simulators.gitlab.shapes import repository as shapes
from simulators.gitlab.shapes.noteables import issue as issue_shape
from simulators.gitlab.shapes.noteables import merge_request as merge_request_shape

if TYPE_CHECKING:
    from simulators.gitlab.model import Project
    from simulators.gitlab.repositories import Repository

api = Api()
CONTEXT_LINES = 2  # what GitLab shows around the first line that was found


@api.get("/projects/{project_id}/repository/tree")
def tree(call: Call) -> Response:
    """Files and folders at a commit; 404 where there is no such folder."""
    project, git = call.code()
    sha = git.resolve(call.text("ref") or project.default_branch)
    if sha is None:
        raise not_found("Tree")
    path = call.text("path") or ""
    entries = git.tree(sha, path=path, recursive=bool(call.flag("recursive")))
    if path.strip("/") and not entries:
        raise not_found("invalid revision or path")
    return keyset_page(call, entries, shapes.tree_entry, key=lambda entry: entry.path, cursor="page_token")


@api.get("/projects/{project_id}/repository/blobs/{sha}/raw")
def raw_blob(call: Call) -> Response:
    """The contents of a blob."""
    _, git = call.code()
    sha = call.segment("sha")
    if not sha.isalnum() or git.git("cat-file", "-t", sha, accept=(0, 128)).strip() != b"blob":
        raise not_found("Blob")
    return PlainTextResponse(git.blob(sha))


@api.get("/projects/{project_id}/repository/compare")
def compare(call: Call) -> Response:
    """What `to` has that `from` lacks."""
    project, git = call.code()
    old, new = git.resolve(call.needed("from")), git.resolve(call.needed("to"))
    if old is None or new is None:
        raise not_found("Ref")
    base = old if call.flag("straight") else git.merge_base(old, new)
    commits = git.log(new, exclude=old)[::-1]
    files = diff(git, base, new)
    return JSONResponse(
        {
            "commit": shapes.commit(call.simulator, project, commits[-1]) if commits else None,
            "commits": [shapes.commit(call.simulator, project, commit) for commit in commits],
            "diffs": [shapes.file_diff(file) for file in files],
            "compare_timeout": False,
            "compare_same_ref": old == new,
            "web_url": f"{call.simulator.project_url(project)}/-/compare/{old}...{new}",
        }
    )


@api.get("/projects/{project_id}/repository/merge_base")
def merge_base(call: Call) -> Response:
    """The commit several refs have in common."""
    project, git = call.code()
    shas = [git.resolve(ref) for ref in call.words("refs") or []]
    if len(shas) < 2 or None in shas:  # noqa: PLR2004 - one has no base in common with itself
        raise not_found("Ref")
    found = git.merge_base(str(shas[0]), str(shas[1]))
    if found is None:
        raise not_found("Merge Base")
    return JSONResponse(shapes.commit(call.simulator, project, git.commit(found)))


@api.get("/projects/{project_id}/repository/tags")
def tags(call: Call) -> Response:
    """Tags."""
    project, git = call.code()
    return page(call, list(git.refs("refs/tags").items()), lambda tag: _tag(call, project, git, *tag))


@api.get("/projects/{project_id}/repository/tags/{tag}")
def get_tag(call: Call) -> Response:
    """One tag."""
    project, git = call.code()
    sha = git.refs("refs/tags").get(call.segment("tag"))
    if sha is None:
        raise not_found("Tag")
    return JSONResponse(_tag(call, project, git, call.segment("tag"), sha))


def _tag(call: Call, project: Project, git: Repository, name: str, sha: str) -> dict[str, Any]:
    commit = shapes.commit(call.simulator, project, git.commit(sha))
    return {"name": name, "message": "", "target": sha, "commit": commit, "release": None, "protected": False}


@api.get("/projects/{project_id}/search")
@api.get("/projects/{project_id}/-/search")
def search(call: Call) -> Response:
    """Search one scope: `blobs` in the code, `commits` in messages, `issues`, `merge_requests` in title and description."""
    scope, wanted = call.needed("scope"), call.needed("search")
    if scope in {"blobs", "commits"}:
        return _search_code(call, scope, wanted)
    project = call.project()
    if scope == "issues":
        issues = [item for item in project.issues if _matches(wanted, item.title, item.description)]
        state = call.text("state")
        visible = [item for item in issues if auth.can_read_issue(call.user, project, item) and state in {None, "all", item.state}]
        return page(call, visible, lambda item: issue_shape(call.simulator, project, item))
    if scope == "merge_requests":
        requests = [item for item in project.merge_requests if _matches(wanted, item.title, item.description)]
        return page(call, requests, lambda item: merge_request_shape(call.simulator, project, item))
    raise bad_parameter("scope does not have a valid value")


def _search_code(call: Call, scope: str, wanted: str) -> Response:
    project, git = call.code()
    sha = git.resolve(call.text("ref") or project.default_branch)
    if sha is None:
        return page(call, [], lambda item: item)
    if scope == "blobs":
        return page(call, _blobs(call, project, git, sha, wanted), lambda item: item)
    found = [commit for commit in git.log(sha) if _matches(wanted, commit.message)]
    return page(call, found, lambda commit: {**shapes.commit(call.simulator, project, commit), "project_id": project.id})


def _matches(wanted: str, *texts: str) -> bool:
    return any(wanted.lower() in text.lower() for text in texts)


def _blobs(call: Call, project: Project, git: Repository, sha: str, wanted: str) -> list[dict[str, Any]]:
    """One finding per file: the lines around the first line that holds the words, or the start of a file so named."""
    arguments = ("grep", "-n", "-z", "-I", "-i", "--fixed-strings", "--max-count=1", "-e", wanted, sha, "--")
    lines = git.git(*arguments, accept=(0, 1)).decode(errors="replace").splitlines()
    numbers = {}
    for line in lines:
        place, number, _ = [*line.split("\0", 2), "", ""][:3]
        if number.isdecimal():
            numbers[place.removeprefix(f"{sha}:")] = int(number)
    for entry in git.tree(sha, recursive=True):
        if entry.kind == "blob" and wanted.lower() in entry.path.lower():
            numbers.setdefault(entry.path, 1)
    ref = call.text("ref") or project.default_branch
    return [_finding(project, git, sha, path, number=number, ref=ref) for path, number in sorted(numbers.items())]


def _finding(project: Project, git: Repository, sha: str, path: str, *, number: int, ref: str) -> dict[str, Any]:
    first = max(1, number - CONTEXT_LINES)
    lines = (git.read(sha, path) or b"").decode(errors="replace").splitlines(keepends=True)
    return {
        "basename": path.rpartition(".")[0] or path,
        "data": "".join(lines[first - 1 : number + CONTEXT_LINES]),
        "path": path,
        "filename": path,
        "id": None,
        "ref": ref,
        "startline": first,
        "project_id": project.id,
        "group_id": None,
    }
