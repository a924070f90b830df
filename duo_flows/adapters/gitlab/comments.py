"""Comments as the service account writes them: marked, so that each is written once, and unable to command GitLab.

The law of this module: what a comment's text looks like and how one is posted. What is said in it is decided elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import gitlab

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.markdown_code import outside_code
from duo_flows.domain.pipelines import Note, NoteTarget

from . import shapes
from .client import Client

# What can stand inside an HTML comment without ending it, and inside one line.
_MARKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}")

_MARKED = re.compile(rf"<!-- duo-flows:({_MARKER.pattern}) -->")

_HIDDEN = re.compile(r"<!--(?=\s*duo-flows:)")

# GitLab runs a line as a quick action where it begins with a slash, a word, and then a space or the line's end. Paths
# (`/usr/bin/env`) go on with another slash and are left as they are, since logs and suggestions are full of them.
# Looked for once from the beginning of each run of spaces: from each of them it would take the square of their number.
_SLASH = re.compile(r"(?<![^\S\n\r])([^\S\n\r]*+)/(?=[A-Za-z_]+(?:\s|\Z))")
_LINE_ENDS = frozenset("\n\r\v\f\x85\u2028\u2029")

# Markup by which a text could hide or fold away what is written below it, up to the question a person is asked: comments,
# declarations, elements that swallow what follows until they are closed, and whatever begins a line, where HTML takes over from
# Markdown. Another tag inside a line (`in <module>`) hides nothing.
_HIDING = re.compile(
    r"^(\s*)<|()<(?=[!?]|/?(?:details|summary|dialog|noscript|plaintext|pre|script|select|style|svg|table|template"
    r"|textarea|title|xmp)\b)",
    re.IGNORECASE,
)

# GitLab's answers to a reply that cannot be threaded: the thread is gone, or is none.
_NOT_A_THREAD = frozenset({400, 404})


@dataclass(frozen=True)
class MarkedComment:
    """What is to stand on a target once: alone, as an answer, in a thread that has to be there, or at a line of a diff.

    `position` is GitLab's form of such a line.
    """

    target: NoteTarget
    body: str
    marker: str
    reply_to: Note | None = None
    thread: str = ""
    position: dict[str, Any] | None = None
    is_internal: bool = False


def notes_path(target: NoteTarget) -> str:
    """Return the REST path of a target's comments."""
    return f"/projects/{target.project_id}/{target.kind}/{target.iid}/notes"


def discussions_path(target: NoteTarget) -> str:
    """Return the REST path of a target's threads."""
    return f"/projects/{target.project_id}/{target.kind}/{target.iid}/discussions"


def marked_body(body: str, *, marker: str) -> str:
    """Return the text to post: the hidden mark first, where nothing in the body can break it, then the harmless body.

    Raises:
        NeverAgain: the marker could end the hidden comment.
    """
    return f"{_mark(marker)}\n\n{harmless(body)}"


def harmless(body: str) -> str:
    """Return a text that commands GitLab nothing, carries no mark of ours and hides nothing of what follows it."""
    return _SLASH.sub(_without_action, _unhiding(_HIDDEN.sub("&lt;!--", body)))


def _without_action(found: re.Match[str]) -> str:
    begins_line = found.start() == 0 or found.string[found.start() - 1] in _LINE_ENDS or not _LINE_ENDS.isdisjoint(found[1])
    return f"{found[1]}\\/" if begins_line else found[0]


def mark_at_start(text: str) -> str:
    """Return the marker that a text of ours begins with; empty where it begins with none."""
    found = _MARKED.match(text)
    return found[1] if found else ""


def without_marks(text: str) -> str:
    """Return a text that somebody copied from one of ours without the marks at its beginning."""
    while found := _MARKED.match(text):
        text = text[found.end() :].lstrip()
    return text


def _unhiding(body: str) -> str:
    """Return the text with markup that hides turned into the signs it is written with, but for fenced code, which shows them."""
    return outside_code(body, lambda line: _HIDING.sub(r"\1\2&lt;", line))


def has_mark(body: str, *, marker: str) -> bool:
    """Tell whether a comment begins with this mark."""
    return body.startswith(_mark(marker))


def _mark(marker: str) -> str:
    if not _MARKER.fullmatch(marker) or "--" in marker:
        raise NeverAgain(f"{marker!r} cannot mark a comment: letters, digits and . _ : / - only.", code="bad_marker")
    return f"<!-- duo-flows:{marker} -->"


def post_once(client: Client, new: MarkedComment, *, account_id: int) -> Note:
    """Return the account's comment with this mark, written if there is none.

    Two writers that did not see each other both look again afterwards, and both keep the first comment.

    Effects: at most one comment of the account on this target has the mark.
    """
    text = marked_body(new.body, marker=new.marker)
    if found := _marked_notes(client, new, account_id=account_id):
        return found[0]
    posted = _post(client, new, text)
    found = _marked_notes(client, new, account_id=account_id)
    for extra in found[1:]:
        _delete(client, new.target, extra.id)
    return found[0] if found and found[0].id != posted.id else posted


def _marked_notes(client: Client, new: MarkedComment, *, account_id: int) -> list[Note]:
    """Return the account's own comments with the mark, first written first. Anybody can write the mark; only ours count."""
    found = [
        shapes.note(data, target=new.target)
        for data in client.every(notes_path(new.target), sort="desc", order_by="created_at")
        if data["author"]["id"] == account_id and not data.get("system") and has_mark(data.get("body") or "", marker=new.marker)
    ]
    return sorted(found, key=lambda note: note.id)


def _post(client: Client, new: MarkedComment, text: str) -> Note:
    data: dict[str, Any] = {"body": text} | ({"internal": True} if new.is_internal else {})
    if new.position is not None:
        begun = client.create(discussions_path(new.target), data | {"position": new.position})
        return shapes.note(begun["notes"][0], target=new.target, discussion_id=begun["id"])
    if new.thread:
        return _post_in_thread(client, new.target, data, thread=new.thread)
    thread = discussion_of(client, new.target, new.reply_to) if new.reply_to else ""
    if thread:
        try:
            return _post_in_thread(client, new.target, data, thread=thread)
        except gitlab.GitlabHttpError as error:
            if error.response_code not in _NOT_A_THREAD:
                raise
    return shapes.note(client.create(notes_path(new.target), data), target=new.target)


def _post_in_thread(client: Client, target: NoteTarget, data: dict[str, Any], *, thread: str) -> Note:
    path = f"{discussions_path(target)}/{quote(thread, safe='')}/notes"
    return shapes.note(client.create(path, data), target=target, discussion_id=thread)


def discussion_of(client: Client, target: NoteTarget, note: Note) -> str:
    """Return the id of the thread a comment belongs to; empty where it is gone. REST does not tell it with the comment."""
    if note.discussion_id:
        return note.discussion_id
    threads = client.every(discussions_path(target))
    return next((str(thread["id"]) for thread in threads if _holds(thread, note.id)), "")


def _holds(thread: dict[str, Any], note_id: int) -> bool:
    return any(each["id"] == note_id for each in thread["notes"])


def _delete(client: Client, target: NoteTarget, note_id: int) -> None:
    try:
        client.http_delete(f"{notes_path(target)}/{note_id}")
    except gitlab.GitlabHttpError as error:
        if error.response_code != 404:  # noqa: PLR2004 - the other writer has deleted it already
            raise
