"""Single files of a repository."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from simulators.gitlab.calls import Api, Call, JSONResponse, Response, no_content
from simulators.gitlab.errors import not_found
from simulators.gitlab.routes.commits import commit_actions

api = Api()
PATH = "/projects/{project_id}/repository/files/{file_path}"


@api.get(f"{PATH}/raw")
def raw_file(call: Call) -> Response:
    """The bytes of a file; text is never run by a browser."""
    content = _read(call)["content"]
    return Response(content, media_type="text/plain", headers={"X-Content-Type-Options": "nosniff"})


@api.get(f"{PATH}/blame")
def blame(call: Call) -> Response:
    """Whole files by their last commit: lines are not told apart."""
    found = _read(call)
    lines = found["content"].decode(errors="replace").splitlines()
    return JSONResponse([{"commit": {"id": found["last_commit"]}, "lines": lines}])


@api.get(PATH)
def get_file(call: Call) -> Response:
    """A file with its contents in base64. HEAD tells the same in headers."""
    found = _read(call)
    content: bytes = found["content"]
    described = {
        "file_name": found["path"].rpartition("/")[2],
        "file_path": found["path"],
        "size": len(content),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "ref": found["ref"],
        "blob_id": found["blob"],
        "commit_id": found["commit"],
        "last_commit_id": found["last_commit"],
        "execute_filemode": found["mode"] == "100755",
    }
    headers = {f"X-Gitlab-{name.title().replace('_', '-')}": str(value) for name, value in described.items()}
    encoded = base64.b64encode(content).decode()
    return JSONResponse({**described, "content": encoded}, headers=headers)


@api.post(PATH)
def create_file(call: Call) -> Response:
    """Commit a file that was not there."""
    return _commit(call, "create", status=201)


@api.put(PATH)
def update_file(call: Call) -> Response:
    """Commit other contents of a file."""
    return _commit(call, "update", status=200)


@api.delete(PATH)
def delete_file(call: Call) -> Response:
    """Commit a file's removal."""
    _commit(call, "delete", status=204)
    return no_content()


def _read(call: Call) -> dict[str, Any]:
    project, git = call.code()
    ref = call.text("ref") or "HEAD"
    sha = git.resolve(project.default_branch if ref == "HEAD" else ref)
    if sha is None:
        raise not_found("Commit")
    path = call.segment("file_path")
    entry = git.entry(sha, path)
    if entry is None or entry.kind != "blob":
        raise not_found("File")
    last = git.log(sha, path=path, limit=1)
    return {
        "path": path,
        "ref": ref,
        "content": git.blob(entry.sha),
        "blob": entry.sha,
        "mode": entry.mode,
        "commit": sha,
        "last_commit": last[0].sha if last else sha,
    }


def _commit(call: Call, action: str, *, status: int) -> Response:
    branch, message, path = call.needed("branch"), call.needed("commit_message"), call.segment("file_path")
    named = ("content", "encoding", "last_commit_id", "execute_filemode")
    details = {name: call.parameters[name] for name in named if call.has(name)}
    commit_actions(call, branch, message, [{"action": action, "file_path": path, **details}])
    return JSONResponse({"file_path": path, "branch": branch}, status_code=status)
