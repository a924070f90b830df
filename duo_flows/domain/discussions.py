"""Threads of comments on issues and merge requests, and who may read one: values and one rule."""

from __future__ import annotations

from .model import Model
from .people import ACCESS_TO_READ, AccessLevel, Person
from .pipelines import Note


class NotePosition(Model):
    """Where in a diff a comment stands: the new number for an added line, the old one for a deleted, both for a line that stays."""

    old_path: str
    new_path: str
    old_line: int | None = None
    new_line: int | None = None


class ThreadNote(Note):
    """A comment in its thread. Only threads of merge requests can be resolved."""

    position: NotePosition | None = None
    is_resolvable: bool = False
    is_resolved: bool = False
    resolved_by: Person | None = None


class Discussion(Model):
    """One thread, its oldest comment first; a plain comment is a thread of one."""

    id: str
    notes: tuple[ThreadNote, ...]

    @property
    def is_resolvable(self) -> bool:
        """Tell whether somebody can resolve the thread."""
        return any(note.is_resolvable for note in self.notes)

    @property
    def is_resolved(self) -> bool:
        """Tell whether all that can be resolved is."""
        return self.is_resolvable and all(note.is_resolved for note in self.notes if note.is_resolvable)


def may_read_note(note: Note, *, level: AccessLevel, person_id: int) -> bool:
    """Tell whether a person of this access may read the comment: an internal one is for Reporters and its author."""
    return not note.is_internal or level >= ACCESS_TO_READ or note.author.id == person_id


def readable(discussion: Discussion, *, level: AccessLevel, person_id: int) -> Discussion | None:
    """Return the thread with the comments people wrote that this person may read; None where nothing is left.

    What GitLab itself notes in a thread is left out: it names other items, which the person may not know of.
    """
    kept = tuple(note for note in discussion.notes if not note.is_system and may_read_note(note, level=level, person_id=person_id))
    return discussion.model_copy(update={"notes": kept}) if kept else None
