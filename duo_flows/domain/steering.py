"""Steering: what people may ask of a run while it goes on: to stop, to pause, to go on, and who may.

Pure. One literal table says what each request makes of the present wish; the run heeds the wish at its next safe point.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from .model import Model
from .people import ACCESS_TO_STOP_OTHERS, AccessLevel, Person
from .sessions import FINAL_STATUSES, SessionStatus


class Steer(StrEnum):
    """What a person may ask of a run."""

    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"


class Wish(StrEnum):
    """What has been asked of a run and not been taken back."""

    NONE = "none"
    PAUSE = "pause"
    STOP = "stop"


# A stop is never taken back: whoever asked for it was told that it comes, and may have left.
WISHES: Mapping[Wish, Mapping[Steer, Wish]] = {
    Wish.NONE: {Steer.STOP: Wish.STOP, Steer.PAUSE: Wish.PAUSE, Steer.RESUME: Wish.NONE},
    Wish.PAUSE: {Steer.STOP: Wish.STOP, Steer.PAUSE: Wish.PAUSE, Steer.RESUME: Wish.NONE},
    Wish.STOP: {Steer.STOP: Wish.STOP},
}


class Steering(Model):
    """What is asked of a run, by whom and why."""

    wish: Wish = Wish.NONE
    actor: str = ""
    reason: str = ""

    @property
    def by(self) -> str:
        """Return who asked, with the reason if one was given, as the end of a sentence."""
        reason = self.reason.strip()
        words = f"by @{self.actor}: {reason}" if reason else f"by @{self.actor}"
        return words if words.endswith((".", "!", "?")) else f"{words}."


def may_steer(person: Person, level: AccessLevel, *, requester_id: int) -> bool:
    """Tell whether a person may stop, pause or resume a run: who started it, and who answers for its project."""
    return person.may_decide and (person.id == requester_id or level >= ACCESS_TO_STOP_OTHERS)


class SteerRuling(Model):
    """What came of a request: the steering after it, and the reason in words for the person."""

    is_accepted: bool
    code: str
    reason: str
    steering: Steering


def steered(before: Steering, steer: Steer, *, status: SessionStatus, actor: str, reason: str = "") -> SteerRuling:
    """Return what a request makes of a run in this status. To ask for what is so already is accepted, and changes nothing."""
    if status in FINAL_STATUSES:
        return _of_an_ended_run(before, steer, status)
    wish = WISHES[before.wish].get(steer)
    if wish is None:
        why = f"The session is being stopped, {before.by} Nothing was changed."
        return SteerRuling(is_accepted=False, code="stopping", reason=why, steering=before)
    if wish is before.wish:
        code, why = _unchanged(before, steer, status)
        return SteerRuling(is_accepted=True, code=code, reason=why, steering=before)
    code, why = _changed(steer, status)
    after = Steering() if wish is Wish.NONE else Steering(wish=wish, actor=actor, reason=reason)
    return SteerRuling(is_accepted=True, code=code, reason=why, steering=after)


def _of_an_ended_run(before: Steering, steer: Steer, status: SessionStatus) -> SteerRuling:
    if steer is Steer.STOP and status is SessionStatus.STOPPED:
        return SteerRuling(is_accepted=True, code="stopped", reason="The session is stopped already.", steering=before)
    why = f"The session is over ({status}). Nothing was changed; it can be started again with retry."
    return SteerRuling(is_accepted=False, code="session_ended", reason=why, steering=before)


def _changed(steer: Steer, status: SessionStatus) -> tuple[str, str]:
    if steer is Steer.STOP:
        return "stopping", "The session stops at its next safe point."
    if steer is Steer.RESUME:
        return "resuming", "The session goes on." if status is SessionStatus.PAUSED else "The session does not pause after all."
    if status in {SessionStatus.CREATED, SessionStatus.RUNNING}:
        return "pausing", "The session pauses at its next safe point; what is under way is finished first."
    return "pausing", "The open question stays open and can be answered; the session pauses after it."


def _unchanged(before: Steering, steer: Steer, status: SessionStatus) -> tuple[str, str]:
    if steer is Steer.STOP:
        return "stopping", f"The session is being stopped already, {before.by}"
    if steer is Steer.RESUME:
        return "not_paused", "The session is not paused. Nothing was changed."
    if status is SessionStatus.PAUSED:
        return "paused", f"The session is paused already, {before.by}"
    return "pausing", f"The session is about to pause already, {before.by}"
