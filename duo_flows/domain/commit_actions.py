"""Actions of a commit, as GitLab's tool names them, and what they make of the files.

The law of this module: pure. Actions apply one after the other to the files of one commit; whatever does not fit is refused and
nothing of the commit is made.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from .changes import ChangedFile, Edit, apply_edit, checked_path
from .errors import Refused
from .model import Model
from .redaction import redact, tokens_in

# What somebody can review; a larger change is several commits.
ACTIONS_MAX = 100
# Files above this cannot be read either, so that an agent could never mend them.
FILE_MAX_BYTES = 1024 * 1024


class FileAction(Model):
    """One action on one file. For `update` give the whole `content`, or `old_str` and `new_str`."""

    action: Literal["create", "update", "delete", "move"]
    file_path: str = Field(min_length=1, description="Path from the repository's root, such as src/app.py.")
    previous_path: str = Field(default="", description="For move: where the file is now.")
    content: str | None = Field(default=None, description="The whole text after the commit; for move, left out to keep it.")
    old_str: str | None = Field(default=None, description="For update: a passage that stands exactly once in the file.")
    new_str: str | None = Field(default=None, description="For update: what stands there instead.")
    encoding: Literal["text", "base64"] = Field(default="text", description="How content is written.")
    last_commit_id: str = Field(
        default="", description="The last commit of the file that you know of; refused if there is a newer."
    )


class Original(Model):
    """A file before the commit."""

    text: str
    is_executable: bool = False


def paths_of(actions: Sequence[FileAction]) -> tuple[str, ...]:
    """Return the sorted paths that the actions touch.

    Raises:
        Refused: a path is not a plain one inside the repository, or carries a secret.
    """
    # Only a move has a path before.
    named = [path for action in actions for path in (action.file_path, *filter(None, [action.previous_path]))]
    if any(redact(path) != path for path in named):
        raise Refused("A path carries what looks like a secret; take another name.", code="would_write_secret")
    return tuple(sorted({checked_path(path) for path in named}))


def files_after(actions: Sequence[FileAction], originals: Mapping[str, Original]) -> tuple[ChangedFile, ...]:
    """Return the files that the actions leave different, sorted by path.

    Args:
        actions: applied in their order, each to what those before it left.
        originals: the files of `paths_of` that are there.

    Raises:
        Refused: an action does not fit the files, nothing changes, or the commit would carry a secret.
    """
    files = dict(originals)
    for action in actions:
        _APPLY[action.action](files, action)
    changed = tuple(
        _changed(path, files.get(path), originals.get(path))
        for path in sorted(files.keys() | originals.keys())
        if files.get(path) != originals.get(path)
    )
    if not changed:
        raise Refused("The commit changes nothing: the files are already as you want them.", code="empty_change")
    _check_secrets(changed, originals)
    return changed


def _changed(path: str, now: Original | None, before: Original | None) -> ChangedFile:
    return ChangedFile(
        path=path,
        content=now.text if now else None,
        is_new=before is None,
        is_executable=bool(now and now.is_executable),
    )


def _create(files: dict[str, Original], action: FileAction) -> None:
    if action.file_path in files:
        raise Refused(f"{action.file_path} exists already; update it instead.", code="file_exists")
    files[action.file_path] = Original(text=_content(action))


def _update(files: dict[str, Original], action: FileAction) -> None:
    present = _present(files, action.file_path)
    text = _edited(present.text, action) if action.content is None else _content(action)
    files[action.file_path] = present.model_copy(update={"text": text})


def _delete(files: dict[str, Original], action: FileAction) -> None:
    _present(files, action.file_path)
    del files[action.file_path]


def _move(files: dict[str, Original], action: FileAction) -> None:
    present = _present(files, action.previous_path)
    if action.file_path in files:
        raise Refused(f"{action.file_path} exists already; nothing can be moved there.", code="file_exists")
    del files[action.previous_path]
    text = present.text if action.content is None else _content(action)
    files[action.file_path] = present.model_copy(update={"text": text})


_APPLY = {"create": _create, "update": _update, "delete": _delete, "move": _move}


def _present(files: Mapping[str, Original], path: str) -> Original:
    if not path:
        raise Refused("A move needs previous_path: where the file is now.", code="argument_missing")
    if path not in files:
        raise Refused(f"{path} does not exist on this branch.", code="no_such_file")
    return files[path]


def _edited(text: str, action: FileAction) -> str:
    if action.old_str is None or action.new_str is None:
        raise Refused(f"To update {action.file_path} give content, or both old_str and new_str.", code="argument_missing")
    return apply_edit(text, Edit(path=action.file_path, old_text=action.old_str, new_text=action.new_str))


def _content(action: FileAction) -> str:
    if action.content is None:
        raise Refused(f"To {action.action} {action.file_path} give its content.", code="argument_missing")
    text = _decoded(action) if action.encoding == "base64" else action.content
    if len(text.encode("utf-8", "surrogatepass")) > FILE_MAX_BYTES:
        raise Refused(f"{action.file_path} would be larger than 1 MiB.", code="file_too_large")
    if any("\ud800" <= sign <= "\udfff" for sign in text) or "\0" in text:
        raise Refused(f"The content of {action.file_path} is not text.", code="not_text")
    return text


def _decoded(action: FileAction) -> str:
    try:
        return base64.b64decode(action.content or "", validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Refused(
            f"The content of {action.file_path} is not UTF-8 text in base64; only text is written.", code="not_text"
        ) from None


def _check_secrets(changed: Sequence[ChangedFile], originals: Mapping[str, Original]) -> None:
    """Refuse a commit that brings a token or key into a file that did not have it: what is pushed cannot be taken back.

    What stood in a file that goes may stand in one that comes: it has been moved.
    """
    moved = frozenset[str]().union(*(tokens_in(originals[file.path].text) for file in changed if file.content is None))
    for file in changed:
        before = tokens_in(originals[file.path].text) if file.path in originals else frozenset()
        if tokens_in(file.content or "") - before - moved:
            raise Refused(
                f"{file.path} would carry what looks like a token or a private key; nothing was pushed. Use a variable or a "
                "placeholder instead.",
                code="would_write_secret",
            )
