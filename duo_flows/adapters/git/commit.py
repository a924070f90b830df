"""A change as one commit, made without a checkout and the same however often it is made.

The law of this module: it adds objects to a scratch repository that has the base commit, and reaches no remote. Every part of the
commit comes from the change, the base or the account; nothing from a clock or the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from duo_flows.domain.changes import Change, ChangedFile, checked_path
from duo_flows.domain.errors import Refused

from .command import Git

_FOLDER, _FILE, _EXECUTABLE = "040000", "100644", "100755"
_KINDS = {_FOLDER: "a folder", "120000": "a symbolic link", "160000": "a submodule"}

# Any name that no real branch has; the scratch repository has no other.
_OWN_REF = "refs/duo-flows/change"


@dataclass(frozen=True)
class Account:
    """Who commits. Signs that would end git's line for a person are left out."""

    name: str
    email: str

    def line(self) -> str:
        """Return the person as git writes one."""
        name, email = ("".join(sign for sign in text if sign not in "<>\n\0") for text in (self.name, self.email))
        return f"{name} <{email}>"


async def commit_change(git: Git, change: Change, *, message: str, account: Account) -> str:
    """Return the id of the change's commit, made in the scratch repository.

    Raises:
        Refused: a path is not a plain file's, or the files are not as the change says that they were.
    """
    _check_paths(change)
    modes = await _modes_at_base(git, change)
    for file in change.files:
        _check_place(file, modes)
    # One second after the base: later than what it stands on, and the same at every try.
    date = int((await git.local("log", "-1", "--format=%ct", change.base_sha)).text) + 1
    stream = b"".join(_fast_import(change, modes, message=message, person=f"{account.line()} {date} +0000"))
    await git.local("fast-import", "--quiet", "--force", "--done", "--date-format=raw", stdin=stream)
    return (await git.local("rev-parse", "--verify", _OWN_REF)).text


def _check_paths(change: Change) -> None:
    paths = [checked_path(file.path) for file in change.files]
    written = {file.path for file in change.files if file.content is not None}
    if not paths or len(set(paths)) != len(paths):
        raise Refused("The change names no file, or one file twice.", code="bad_path")
    for path in paths:
        if blocking := written.intersection(_folders_of(path)):
            raise Refused(f"{path!r} cannot lie below {min(blocking)!r}, which is a file in the same change.", code="bad_path")


def _folders_of(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


async def _modes_at_base(git: Git, change: Change) -> Mapping[str, str]:
    """Return git's mode of every path of the change, and of the folders above, that is there at the base."""
    asked = sorted({name for file in change.files for name in (file.path, *_folders_of(file.path))})
    # -t: a folder is listed although something below it was asked for as well.
    listing = (await git.local("ls-tree", "-t", "-z", change.base_sha, "--", *asked)).out
    entries = (line.split("\t", 1) for line in listing.decode("utf-8", "surrogateescape").split("\0") if line)
    return {path: head.split(" ", 1)[0] for head, path in entries}


def _check_place(file: ChangedFile, modes: Mapping[str, str]) -> None:
    """Refuse to write through or over anything but folders and files: a link may lead anywhere."""
    for folder in _folders_of(file.path):
        if modes.get(folder, _FOLDER) != _FOLDER:
            raise Refused(f"{file.path!r} lies below {folder!r}, which is {_kind(modes[folder])}.", code="bad_path")
    mode = modes.get(file.path)
    if mode is not None and mode in _KINDS:
        raise Refused(f"{file.path!r} is {_kind(mode)}, not a file.", code="bad_path")
    if file.is_new == (mode is not None):
        state = "is there already" if file.is_new else "is not there"
        raise Refused(f"{file.path!r} {state} at the commit that the change was made for.", code="not_what_was_approved")


def _kind(mode: str) -> str:
    return _KINDS.get(mode, "a file")


def _fast_import(change: Change, modes: Mapping[str, str], *, message: str, person: str) -> Iterator[bytes]:
    """Yield the commands of `git fast-import`. Contents are bytes of known length, so that nothing in them is a command."""
    yield f"commit {_OWN_REF}\nauthor {person}\ncommitter {person}\n".encode()
    yield _data(message.rstrip("\n") + "\n")
    yield f"from {change.base_sha}\n".encode()
    for file in change.files:
        if file.content is None:
            yield f"D {_quoted(file.path)}\n".encode()
        else:
            yield f"M {_mode(file, modes)} inline {_quoted(file.path)}\n".encode()
            yield _data(file.content)
    yield b"done\n"


def _mode(file: ChangedFile, modes: Mapping[str, str]) -> str:
    """Return the mode a file has already; the change only decides that of a new one, since no diff shows another."""
    return modes.get(file.path) or (_EXECUTABLE if file.is_executable else _FILE)


def _data(text: str) -> bytes:
    content = text.encode()
    return b"data %d\n" % len(content) + content + b"\n"


def _quoted(path: str) -> str:
    # Backslashes and control characters were refused by checked_path.
    return '"' + path.replace('"', '\\"') + '"'
