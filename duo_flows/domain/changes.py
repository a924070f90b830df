"""Changes: from what an agent proposes to the bytes that are shown, consented to and pushed.

A proposal is a list of edits; a `Change` is what comes of them at one commit: whole file contents, computed effects, a unified diff
and a digest over all of it. Consent names the digest; only the stored `Change` is ever applied.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Mapping, Sequence

from pydantic import Field

from .canonical import digest_of
from .errors import Refused
from .model import Model

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


class Edit(Model):
    """Replace `old_text`, which stands exactly once in the file, by `new_text`."""

    path: str
    old_text: str
    new_text: str


class NewFile(Model):
    """A file to create; refused if it exists."""

    path: str
    content: str


class ChangedFile(Model):
    """One file after the change; `content` None means that it is deleted."""

    path: str
    content: str | None
    is_new: bool = False
    is_executable: bool = False


class Effects(Model):
    """What carrying a change out touches, computed from the change and never told by a model."""

    project_id: int
    project_path: str
    branch: str
    paths: tuple[str, ...]
    files_changed: int
    lines_added: int
    lines_removed: int
    touches_ci: bool = False

    def sentence(self) -> str:
        """Return the effects as one plain sentence."""
        files = f"{self.files_changed} file" + ("" if self.files_changed == 1 else "s")
        ci = " It changes the CI configuration." if self.touches_ci else ""
        return (
            f"This only affects branch `{self.branch}` of {self.project_path}: {files}, "
            f"+{self.lines_added} −{self.lines_removed} lines ({', '.join(self.paths)}).{ci}"
        )


class Change(Model):
    """The stored change: exactly what consent is about, byte for byte."""

    project_id: int
    project_path: str
    branch: str
    base_sha: str
    title: str
    files: tuple[ChangedFile, ...]
    effects: Effects
    diff: str
    digest: str = ""

    @classmethod
    def of(  # noqa: PLR0913 - each is one part of what a change is
        cls,
        files: Sequence[ChangedFile],
        originals: Mapping[str, str | None],
        *,
        project_id: int,
        project_path: str,
        branch: str,
        base_sha: str,
        title: str,
    ) -> Change:
        """Return the sealed change that leaves these files so, with its diff and effects computed; `originals` as they are."""
        diff = unified_diff(files, originals)
        effects = effects_of(files, diff, project_id=project_id, project_path=project_path, branch=branch)
        return cls(
            project_id=project_id,
            project_path=project_path,
            branch=branch,
            base_sha=base_sha,
            title=title,
            files=tuple(files),
            effects=effects,
            diff=diff,
        ).sealed()

    def sealed(self) -> Change:
        """Return the change with the digest of everything else in it."""
        return self.model_copy(update={"digest": self.computed_digest()})

    def computed_digest(self) -> str:
        """Return the digest that this content has, whatever the field says."""
        return digest_of(self.model_dump(mode="json", exclude={"digest"}))

    def is_intact(self) -> bool:
        """Tell whether the content still is what the digest names."""
        return self.digest == self.computed_digest()


class Proposal(Model):
    """What an agent wants to change, before it meets the real files."""

    title: str = Field(min_length=1, max_length=200)
    edits: tuple[Edit, ...] = ()
    new_files: tuple[NewFile, ...] = ()


def paths_to_read(proposal: Proposal) -> tuple[str, ...]:
    """Return the sorted paths whose present content is needed to compute the change."""
    named = [edit.path for edit in proposal.edits] + [new_file.path for new_file in proposal.new_files]
    return tuple(sorted({checked_path(path) for path in named}))


def checked_path(path: str) -> str:
    """Return the path, if it is a plain relative path inside the repository.

    Raises:
        Refused: the path is absolute, climbs out, is not in normal form, or reaches into `.git`.
    """
    parts = path.split("/")
    if (
        not path
        or path == "."
        or path != posixpath.normpath(path)
        or path.startswith(("/", ".."))
        or any(_is_git_folder(part) for part in parts)
        # Signs that nobody sees would let one name pass for another in what is shown for consent.
        or not path.isprintable()
        or "\\" in path
    ):
        raise Refused(f"{path!r} is not a plain path inside the repository.", code="bad_path")
    return path


def _is_git_folder(name: str) -> bool:
    """Tell whether some file system takes this name for `.git`: case, trailing dots and what follows a colon may not count."""
    return name.lower().partition(":")[0].rstrip(". ") in {".git", "git~1"}


def changed_files(proposal: Proposal, originals: Mapping[str, str | None]) -> tuple[ChangedFile, ...]:
    """Return the files after the proposal, sorted by path.

    Args:
        proposal: the agent's edits and new files.
        originals: present content by path, for every path of `paths_to_read`; None where there is no file.

    Raises:
        Refused: a file is missing or exists already, a text to replace is absent or ambiguous, or nothing changes.
    """
    contents: dict[str, str] = {}
    for edit in proposal.edits:
        contents[edit.path] = apply_edit(contents.get(edit.path, originals.get(edit.path)), edit)
    for new_file in proposal.new_files:
        if originals.get(new_file.path) is not None or new_file.path in contents:
            raise Refused(f"{new_file.path} exists already; edit it instead.", code="file_exists")
        contents[new_file.path] = new_file.content
    files = tuple(
        ChangedFile(path=path, content=content, is_new=originals.get(path) is None)
        for path, content in sorted(contents.items())
        if content != originals.get(path)
    )
    if not files:
        raise Refused("The proposal changes nothing.", code="empty_change")
    return files


def apply_edit(content: str | None, edit: Edit) -> str:
    """Return the content after one edit.

    Raises:
        Refused: there is no content, or the text to replace does not stand in it exactly once.
    """
    if content is None:
        raise Refused(f"{edit.path} does not exist; propose it as a new file.", code="no_such_file")
    found = _occurrences(content, edit.old_text)
    if found != 1:
        how_often = "does not stand" if found == 0 else f"stands {found} times"
        raise Refused(
            f"The text to replace {how_often} in {edit.path}; quote a passage that stands there exactly once.",
            code="ambiguous_edit",
        )
    return content.replace(edit.old_text, edit.new_text, 1)


def _occurrences(content: str, text: str) -> int:
    """Return how often the text stands in the content, also where it overlaps with itself; 0 for an empty text."""
    found, position = 0, content.find(text) if text else -1
    while position >= 0:
        found, position = found + 1, content.find(text, position + 1)
    return found


def unified_diff(files: Sequence[ChangedFile], originals: Mapping[str, str | None]) -> str:
    """Return the change as one unified diff in git's form, files sorted by path."""
    return "".join(_file_diff(file, originals.get(file.path)) for file in files)


def _file_diff(file: ChangedFile, original: str | None) -> str:
    before, after = _lines(original), _lines(file.content)
    old_name, new_name = _quoted(f"a/{file.path}"), _quoted(f"b/{file.path}")
    # Git ends a name that has spaces in it by a tab.
    end = "\t" if " " in file.path else ""
    old_shown = old_name + end if original is not None else "/dev/null"
    new_shown = new_name + end if file.content is not None else "/dev/null"
    body = "".join(_terminated(line) for line in difflib.unified_diff(before, after, old_shown, new_shown))
    return f"diff --git {old_name} {new_name}\n{_mode_line(file, original)}{body}"


def _quoted(name: str) -> str:
    # Paths hold no backslash and no control character; of what git quotes only the quote itself is left.
    return '"{}"'.format(name.replace('"', '\\"')) if '"' in name else name


def _mode_line(file: ChangedFile, original: str | None) -> str:
    """Return git's line for a file that comes or goes; without it a new empty file would leave no trace in the diff."""
    mode = "100755" if file.is_executable else "100644"
    if original is None:
        return f"new file mode {mode}\n"
    return f"deleted file mode {mode}\n" if file.content is None else ""


def _lines(text: str | None) -> list[str]:
    # Not splitlines(): it also splits at form feeds and Unicode separators, where git does not.
    if not text:
        return []
    lines = text.split("\n")
    return [*(line + "\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else [])]


def _terminated(line: str) -> str:
    return line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"


def effects_of(files: Sequence[ChangedFile], diff: str, *, project_id: int, project_path: str, branch: str) -> Effects:
    """Return what carrying out this change touches."""
    body = _hunk_lines(diff)
    return Effects(
        project_id=project_id,
        project_path=project_path,
        branch=branch,
        paths=tuple(file.path for file in files),
        files_changed=len(files),
        lines_added=sum(line.startswith("+") for line in body),
        lines_removed=sum(line.startswith("-") for line in body),
        touches_ci=any(_is_ci_path(file.path) for file in files),
    )


def _hunk_lines(diff: str) -> list[str]:
    """Return the lines inside hunks; file headers look like removed lines and must not be counted."""
    lines: list[str] = []
    left_before = left_after = 0
    for line in diff.split("\n"):
        if left_before or left_after:
            lines.append(line)
            left_before -= line.startswith((" ", "-"))
            left_after -= line.startswith((" ", "+"))
        elif match := _HUNK.match(line):
            left_before, left_after = (int(group or "1") for group in match.groups())
    return lines


def _is_ci_path(path: str) -> bool:
    # The root file, and files that it usually includes; a project may include others, which their names do not tell.
    return path.endswith((".gitlab-ci.yml", ".gitlab-ci.yaml")) or path.startswith((".gitlab/", "ci/", ".ci/"))
