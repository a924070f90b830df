"""Commits made through the API, the web's way: without a working copy.

The law of this module: it checks actions against the tree they start from and writes one commit with
`git fast-import`. Whether the user may push there was decided before.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulators.gitlab.errors import ApiError, bad_parameter, refused
from simulators.gitlab.repositories import ZERO_SHA, GitError, Repository, TreeEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

ACTIONS = ("create", "delete", "move", "update", "chmod")
_BAD_PATH = re.compile(r"(^|/)(\.\.?|\.git)(/|$)|//|^/|/$|\x00", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Person:
    """A name and a mail address, as git writes them."""

    name: str
    email: str

    def line(self, at: datetime) -> str:
        """The person and the time in the form of fast-import."""
        clean = "".join(sign for sign in f"{self.name} <{self.email}>" if sign not in "\n\0")
        return f"{clean} {int(at.timestamp())} +0000"


@dataclass(frozen=True, slots=True)
class CommitRequest:
    """What a commit is to be.

    `parent` is `None` for the first commit of an empty repository; `force` lets a branch leave its history.
    """

    branch: str
    parent: str | None
    message: str
    author: Person
    committer: Person
    at: datetime
    force: bool = False


def write_commit(repository: Repository, request: CommitRequest, actions: Sequence[Mapping[str, Any]]) -> str:
    """Write one commit on a branch that is at `request.parent` or does not exist, and return its sha.

    Raises:
        ApiError: 400 with GitLab's sentence, when an action does not fit the tree; nothing is written then.
    """
    tree = _Tree(repository, request.parent)
    lines = [line for action in actions for line in _apply(tree, action)]
    stream = _header(request) + b"".join(lines) + b"\ndone\n"
    force = ["--force"] if request.force else []
    try:
        repository.git("fast-import", "--quiet", "--done", *force, data=stream)
    except GitError as error:
        raise refused(f"Could not write the commit: {error}") from error
    return repository.branch_sha(request.branch) or ZERO_SHA


class _Tree:
    """The tree the actions see: what is in git, and what earlier actions did."""

    def __init__(self, repository: Repository, parent: str | None) -> None:
        self.repository = repository
        self.parent = parent
        self.touched: dict[str, str | None] = {}

    def entry(self, path: str) -> TreeEntry | None:
        return self.repository.entry(self.parent, path) if self.parent else None

    def mode(self, path: str) -> str | None:
        """The mode of the file at a path, `None` when there is none."""
        if path in self.touched:
            return self.touched[path]
        entry = self.entry(path)
        return entry.mode if entry is not None and entry.kind == "blob" else None

    def last_commit_of(self, path: str) -> str | None:
        found = self.repository.log(self.parent, path=path, limit=1) if self.parent else []
        return found[0].sha if found else None


def _header(request: CommitRequest) -> bytes:
    message = request.message.encode()
    head = (
        f"commit refs/heads/{request.branch}\n"
        f"author {request.author.line(request.at)}\ncommitter {request.committer.line(request.at)}\n"
        f"data {len(message)}\n"
    ).encode()
    start = f"\nfrom {request.parent}\n" if request.parent else "\n"
    return head + message + start.encode()


def _apply(tree: _Tree, action: Mapping[str, Any]) -> list[bytes]:
    """The fast-import lines of one action."""
    kind, path = str(action.get("action", "")), str(action.get("file_path", ""))
    if kind not in ACTIONS:
        raise bad_parameter("actions[0][action] does not have a valid value")
    if not path or _BAD_PATH.search(path):
        raise refused("invalid path: " + path if path else "You must provide a file path")
    if kind == "create":
        return _create(tree, path, action)
    if kind == "move":
        return _move(tree, path, action)
    return _change(tree, kind, path, action)


def _create(tree: _Tree, path: str, action: Mapping[str, Any]) -> list[bytes]:
    if tree.mode(path) is not None:
        raise refused("A file with this name already exists")
    mode = "100755" if _truth(action.get("execute_filemode")) else "100644"
    tree.touched[path] = mode
    return [_write(mode, path, _content(action))]


def _move(tree: _Tree, path: str, action: Mapping[str, Any]) -> list[bytes]:
    previous = str(action.get("previous_path") or "")
    mode = tree.mode(previous) if previous else None
    if mode is None:
        raise refused("A file with this name doesn't exist")
    if tree.mode(path) is not None:
        raise refused("A file with this name already exists")
    _check_last_commit(tree, previous, action)
    tree.touched[previous], tree.touched[path] = None, mode
    lines = [f"R {_quote(previous)} {_quote(path)}\n".encode()]
    return lines if action.get("content") is None else [*lines, _write(mode, path, _content(action))]


def _change(tree: _Tree, kind: str, path: str, action: Mapping[str, Any]) -> list[bytes]:
    mode = tree.mode(path)
    if mode is None:
        raise refused("A file with this name doesn't exist")
    _check_last_commit(tree, path, action)
    if kind == "delete":
        tree.touched[path] = None
        return [f"D {_quote(path)}\n".encode()]
    if action.get("execute_filemode") is not None:
        mode = "100755" if _truth(action["execute_filemode"]) else "100644"
    tree.touched[path] = mode
    if kind == "update":
        return [_write(mode, path, _content(action))]
    entry = tree.entry(path)
    return [f"M {mode} {entry.sha} {_quote(path)}\n".encode()] if entry else []


def _check_last_commit(tree: _Tree, path: str, action: Mapping[str, Any]) -> None:
    """Refuse to change a file that somebody changed after the caller read it."""
    claimed = action.get("last_commit_id")
    if claimed and tree.last_commit_of(path) != claimed:
        raise refused("You are attempting to update a file that has changed since you started editing it.")


def _content(action: Mapping[str, Any]) -> bytes:
    text = str(action.get("content") or "")
    if action.get("encoding") != "base64":
        return text.encode()
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        raise _bad_base64() from None


def _bad_base64() -> ApiError:
    return refused("content is not valid base64")


def _write(mode: str, path: str, content: bytes) -> bytes:
    return f"M {mode} inline {_quote(path)}\ndata {len(content)}\n".encode() + content + b"\n"


def _quote(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _truth(value: object) -> bool:
    return str(value).lower() in {"true", "1"}
