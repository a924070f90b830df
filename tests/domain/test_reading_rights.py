"""Who may read a confidential issue and an internal comment: a walk over every access level."""

from datetime import UTC, datetime

import pytest

from duo_flows.domain.discussions import Discussion, ThreadNote, may_read_note, readable
from duo_flows.domain.issues import Issue, may_read_issue
from duo_flows.domain.people import AccessLevel, Person
from duo_flows.domain.pipelines import NoteTarget, TargetKind

AT = datetime(2026, 1, 1, tzinfo=UTC)
MAYA, DAN = Person(id=2, username="maya"), Person(id=3, username="dan")
TARGET = NoteTarget(project_id=7, kind=TargetKind.ISSUE, iid=1)
ISSUE = Issue(project_id=7, iid=1, title="x", author=DAN, created_at=AT, updated_at=AT)
NOTE = ThreadNote(id=1, target=TARGET, author=DAN, body="x", created_at=AT, updated_at=AT)

FROM_REPORTER = [AccessLevel.REPORTER, AccessLevel.DEVELOPER, AccessLevel.MAINTAINER, AccessLevel.OWNER]
FROM_GUEST = [AccessLevel.GUEST, AccessLevel.PLANNER, *FROM_REPORTER]


@pytest.mark.parametrize("level", AccessLevel)
def test_an_open_issue_is_for_guests_and_up(level):
    assert may_read_issue(ISSUE, level=level, person_id=MAYA.id) == (level in FROM_GUEST)


@pytest.mark.parametrize("level", AccessLevel)
def test_a_confidential_issue_is_for_reporters_and_up(level):
    secret = ISSUE.model_copy(update={"is_confidential": True})

    assert may_read_issue(secret, level=level, person_id=MAYA.id) == (level in FROM_REPORTER)


@pytest.mark.parametrize("role", [{"author": MAYA}, {"assignees": (DAN, MAYA)}])
@pytest.mark.parametrize("level", AccessLevel)
def test_author_and_assignees_read_their_confidential_issue_while_they_are_members(level, role):
    secret = ISSUE.model_copy(update={"is_confidential": True, **role})

    assert may_read_issue(secret, level=level, person_id=MAYA.id) == (level in FROM_GUEST)


@pytest.mark.parametrize("level", AccessLevel)
def test_an_internal_comment_is_for_reporters_and_its_author(level):
    internal = NOTE.model_copy(update={"is_internal": True})

    assert may_read_note(internal, level=level, person_id=MAYA.id) == (level in FROM_REPORTER)
    assert may_read_note(internal, level=level, person_id=DAN.id)
    assert may_read_note(NOTE, level=level, person_id=MAYA.id)


def test_of_a_thread_only_what_may_be_read_is_left():
    notes = (NOTE, NOTE.model_copy(update={"id": 2, "is_internal": True}), NOTE.model_copy(update={"id": 3, "is_system": True}))

    shown = readable(Discussion(id="t", notes=notes), level=AccessLevel.GUEST, person_id=MAYA.id)

    assert [note.id for note in shown.notes] == [1]


def test_of_a_thread_that_may_not_be_read_nothing_is_left():
    thread = Discussion(id="t", notes=(NOTE.model_copy(update={"is_internal": True}),))

    assert readable(thread, level=AccessLevel.PLANNER, person_id=MAYA.id) is None


@pytest.mark.parametrize(
    ("states", "is_resolved"),
    [([], False), ([(False, False)], False), ([(True, True)], True), ([(True, True), (True, False)], False)],
)
def test_a_thread_is_resolved_when_all_that_can_be_is(states, is_resolved):
    notes = tuple(NOTE.model_copy(update={"is_resolvable": can_be, "is_resolved": is_resolved}) for can_be, is_resolved in states)

    assert Discussion(id="t", notes=notes).is_resolved == is_resolved
