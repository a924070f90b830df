"""Bare git repositories: reading, and moving refs.

The law of this module: it runs git and parses what git says; it knows no users, no permissions, no HTTP.
Every name that came from outside is checked as a ref before git sees it, so that none is taken for an option.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ZERO_SHA = "0" * 40
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's name for a tree without entries

_FIELDS = "%H%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%cn%x1f%ce%x1f%cI%x1f%B"
_REVISION = re.compile(r"[A-Za-z0-9_./@{}^~+=#%&()!,-]+")

# Git must not read this machine's settings, nor ask anybody for a password.
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}


class GitError(Exception):
    """git refused; the text is git's own."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; dates as ISO 8601 with their offset."""

    sha: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    authored_date: str
    committer_name: str
    committer_email: str
    committed_date: str
    message: str

    @property
    def title(self) -> str:
        """The first line of the message."""
        return self.message.split("\n", 1)[0]


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A file or folder at a commit."""

    mode: str
    kind: str
    sha: str
    path: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]


class Repository:
    """One bare repository."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, *, default_branch: str, hooks: Path) -> Repository:
        """Make an empty repository whose pushes go through the hooks in `hooks`."""
        path.mkdir(parents=True)
        repository = cls(path)
        repository.git("init", "--quiet", "--bare", f"--initial-branch={default_branch}")
        settings = {
            "core.hooksPath": str(hooks),
            "http.receivepack": "true",
            "receive.advertisePushOptions": "true",
            "uploadpack.allowAnySHA1InWant": "true",
            "gc.auto": "0",
        }
        for name, value in settings.items():
            repository.git("config", name, value)
        return repository

    def git(self, *arguments: str, data: bytes | None = None, accept: tuple[int, ...] = (0,)) -> bytes:
        """Run git here and return what it printed.

        Raises:
            GitError: git ended with a code that is not in `accept`.
        """
        done = subprocess.run(["git", *arguments], cwd=self.path, input=data, env=ENVIRONMENT, capture_output=True, check=False)
        if done.returncode not in accept:
            raise GitError(done.stderr.decode(errors="replace").strip() or f"git ended with {done.returncode}")
        return done.stdout

    def resolve(self, revision: str) -> str | None:
        """The commit a branch, tag or sha names; `None` when there is none. A branch goes before a tag."""
        if not revision or revision.startswith("-") or not _REVISION.fullmatch(revision):
            return None
        for candidate in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            found = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{candidate}^{{commit}}", accept=(0, 1, 128))
            if found.strip():
                return found.decode().strip()
        return None

    def branch_sha(self, branch: str) -> str | None:
        """The head of a branch, `None` when there is no such branch."""
        return self.refs("refs/heads").get(branch)

    def refs(self, prefix: str) -> dict[str, str]:
        """Names below a prefix such as `refs/heads`, with the commits they name, sorted by name."""
        listing = self.git("for-each-ref", "--format=%(objectname) %(*objectname) %(refname)", prefix).decode()
        found = {}
        for line in listing.splitlines():
            *shas, name = line.split()
            found[name.removeprefix(prefix).lstrip("/")] = shas[-1]
        return found

    def is_valid_branch(self, name: str) -> bool:
        """Whether git allows a branch of that name."""
        if name.startswith("-") or not name:
            return False
        return bool(self.git("check-ref-format", "--branch", name, accept=(0, 1, 128)).strip())

    def update_ref(self, ref: str, new: str, old: str) -> None:
        """Move, make (`old` all zeros) or remove (`new` all zeros) a ref, if it still is at `old`.

        Raises:
            GitError: the ref has moved.
        """
        if new == ZERO_SHA:
            self.git("update-ref", "-d", ref, old)
        else:
            self.git("update-ref", ref, new, old)

    def commit(self, sha: str) -> Commit:
        """One commit by its full sha."""
        return self.log(sha, limit=1)[0]

    def log(self, revision: str, *, exclude: str | None = None, path: str | None = None, limit: int | None = None) -> list[Commit]:
        """Commits reachable from a sha (and not from `exclude`), newest first; only those that touch `path`."""
        arguments = ["log", "-z", f"--format={_FIELDS}"]
        if limit is not None:
            arguments.append(f"--max-count={limit}")
        arguments.append(revision if exclude is None else f"{exclude}..{revision}")
        arguments += ["--", *([path] if path else [])]
        listing = self.git(*arguments).decode(errors="replace")
        return [_parse_commit(record) for record in listing.split("\0") if record]

    def tree(self, sha: str, *, path: str = "", recursive: bool = False) -> list[TreeEntry]:
        """Entries of a folder, folders first as GitLab lists them; empty when there is no such folder."""
        arguments = ["ls-tree", "-z", *(["-r", "-t"] if recursive else []), sha]
        folder = path.strip("/")
        if folder:
            arguments += ["--", folder + "/"]
        entries = [_parse_entry(line) for line in self.git(*arguments).decode(errors="replace").split("\0") if line]
        inside = [entry for entry in entries if entry.path != folder]
        return sorted(inside, key=lambda entry: (entry.kind != "tree", entry.path))

    def entry(self, sha: str, path: str) -> TreeEntry | None:
        """What lies at one path, if anything."""
        if not path.strip("/"):
            return None
        listing = self.git("ls-tree", "-z", sha, "--", path).decode(errors="replace")
        return _parse_entry(listing.rstrip("\0")) if listing else None

    def blob(self, sha: str) -> bytes:
        """The contents of a blob."""
        return self.git("cat-file", "blob", sha)

    def read(self, sha: str, path: str) -> bytes | None:
        """The contents of a file at a commit; `None` when there is no such file."""
        entry = self.entry(sha, path)
        return self.blob(entry.sha) if entry is not None and entry.kind == "blob" else None

    def merge_base(self, one: str, other: str) -> str | None:
        """The commit two histories parted at; `None` when they share nothing."""
        return self.git("merge-base", one, other, accept=(0, 1)).decode().strip() or None

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`."""
        return self.merge_base(older, newer) == older

    def merge_tree(self, ours: str, theirs: str) -> str | None:
        """The tree of a merge, `None` when it has conflicts."""
        out = self.git("merge-tree", "--write-tree", "--allow-unrelated-histories", ours, theirs, accept=(0, 1)).decode()
        lines = out.splitlines()
        return lines[0] if len(lines) == 1 else None

    def changed_paths(self, old: str, new: str) -> list[str]:
        """Paths that differ between two commits; all of them when `old` is all zeros."""
        base = EMPTY_TREE if old == ZERO_SHA else old
        listing = self.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, new)
        return [path for path in listing.decode(errors="replace").split("\0") if path]

    def changed_kinds(self, sha: str) -> dict[str, list[str]]:
        """Paths a commit added, modified and removed, against its first parent."""
        listing = self.git("diff-tree", "--root", "--no-commit-id", "-r", "-m", "--first-parent", "-z", "--name-status", sha)
        words = listing.decode(errors="replace").split("\0")
        kinds: dict[str, list[str]] = {"added": [], "modified": [], "removed": []}
        for status, path in zip(words[0::2], words[1::2], strict=False):
            kinds[{"A": "added", "D": "removed"}.get(status, "modified")].append(path)
        return kinds


def _parse_commit(record: str) -> Commit:
    sha, parents, *rest = record.split("\x1f", 8)
    return Commit(sha.strip(), tuple(parents.split()), *rest)


def _parse_entry(line: str) -> TreeEntry:
    attributes, _, path = line.partition("\t")
    mode, kind, sha = attributes.split()[:3]
    return TreeEntry(mode, kind, sha, path)
