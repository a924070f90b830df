"""Requests: one question to the requester, who may answer it, and what an answer does.

The machine is one table and one function. It is pure: whether an answer was in time is judged by the stamp of the door
that took it, never by a clock read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from .canonical import DIGEST_PREFIX_LENGTH
from .model import Model
from .sessions import Waiting

# As long as GitLab's own human_message, tenfold: a modification may quote code.
ANSWER_TEXT_MAX_LENGTH = 20_000


class Choice(StrEnum):
    """What a person may answer. `diff` shows the whole of what is asked about and leaves the question open.

    `always` is an `apply` that also counts whenever exactly the same calls are asked for again in the session; `respond` gives free
    words and consents to nothing.
    """

    APPLY = "apply"
    ALWAYS = "always"
    DIFF = "diff"
    CANCEL = "cancel"
    MODIFY = "modify"
    RESPOND = "respond"


# The choices that say more than themselves, and count for nothing without words.
WORDED = frozenset({Choice.MODIFY, Choice.RESPOND})
# What a person says yes with.
CONSENTS = frozenset({Choice.APPLY, Choice.ALWAYS})


class RequestKind(StrEnum):
    """What a question is about: a flow's own matter (a change, say), calls of tools, or anything that a person knows."""

    APPROVAL = "approval"
    TOOL_CALLS = "tool_calls"
    INPUT = "input"


# Every choice that a kind of question can be answered by.
CHOICES: Mapping[RequestKind, tuple[Choice, ...]] = {
    RequestKind.APPROVAL: (Choice.APPLY, Choice.DIFF, Choice.CANCEL, Choice.MODIFY),
    RequestKind.TOOL_CALLS: (Choice.APPLY, Choice.ALWAYS, Choice.DIFF, Choice.CANCEL, Choice.MODIFY),
    RequestKind.INPUT: (Choice.RESPOND, Choice.CANCEL),
}


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    APPLIED = "applied"
    CANCELLED = "cancelled"
    MODIFIED = "modified"
    RESPONDED = "responded"
    EXPIRED = "expired"


class RequestEvent(StrEnum):
    """What can happen to a request: the choices, and the deadline."""

    APPLY = "apply"
    ALWAYS = "always"
    DIFF = "diff"
    CANCEL = "cancel"
    MODIFY = "modify"
    RESPOND = "respond"
    EXPIRE = "expire"


_S, _E = RequestState, RequestEvent

TRANSITIONS: Mapping[RequestState, Mapping[RequestEvent, RequestState]] = {
    _S.OPEN: {
        _E.APPLY: _S.APPLIED,
        _E.ALWAYS: _S.APPLIED,
        _E.DIFF: _S.OPEN,
        _E.CANCEL: _S.CANCELLED,
        _E.MODIFY: _S.MODIFIED,
        _E.RESPOND: _S.RESPONDED,
        _E.EXPIRE: _S.EXPIRED,
    },
    _S.APPLIED: {},
    _S.CANCELLED: {},
    _S.MODIFIED: {},
    _S.RESPONDED: {},
    _S.EXPIRED: {},
}

# GitLab's answer words, which v1 routers read from `context:<name>.approval`. GitLab leaves it unset after free words; `respond` is
# ours, so that a router can tell them from a no, and never takes them for a yes.
ROUTER_WORDS: Mapping[RequestState, str] = {
    RequestState.APPLIED: "approve",
    RequestState.CANCELLED: "reject",
    RequestState.MODIFIED: "modify",
    RequestState.RESPONDED: "respond",
}


class Request(Model):
    """One question to the requester.

    `digest` names the stored change (or the calls; or, where nothing is to be applied, the question itself); an answer must name it
    by at least its first twelve hex digits. `change_ref` is where the whole of what is asked about is stored, empty where the
    message shows it all; `is_text` says that it is words to read and no change that can be applied.
    """

    id: str
    requester_id: int
    requester: str
    digest: str
    deadline: datetime
    message: str = ""
    change_ref: str = ""
    is_text: bool = False
    kind: RequestKind = RequestKind.APPROVAL
    choices: tuple[Choice, ...] = CHOICES[RequestKind.APPROVAL]
    state: RequestState = RequestState.OPEN

    @property
    def is_closed(self) -> bool:
        """Tell whether nothing can change the request any more."""
        return not TRANSITIONS[self.state]

    @property
    def has_change(self) -> bool:
        """Tell whether a stored change is asked about, which a yes applies."""
        return self.kind is RequestKind.APPROVAL and bool(self.change_ref) and not self.is_text

    def waiting(self, component: str, *, question_ref: str) -> Waiting:
        """Return the request as doors and operators see it: without its message, which stands in the store."""
        return Waiting(
            reason=f"{_WAITED_FOR[self.kind]} {component}",
            request_id=self.id,
            on=self.requester,
            until=self.deadline,
            digest=self.digest,
            question_ref=question_ref,
            choices=tuple(str(choice) for choice in self.choices),
            change_ref=self.change_ref,
            kind=str(self.kind),
            is_text=self.is_text,
        )


_WAITED_FOR: Mapping[RequestKind, str] = {
    RequestKind.APPROVAL: "an answer to",
    RequestKind.TOOL_CALLS: "consent to tool calls of",
    RequestKind.INPUT: "an answer to",
}


def fitting_choices(kind: RequestKind, *, has_change: bool) -> tuple[Choice, ...]:
    """Return what a request offers whose flow does not say: without anything stored there is nothing more to show."""
    return tuple(choice for choice in CHOICES[kind] if has_change or choice is not Choice.DIFF)


class Act(Model):
    """An answer by a person whom a door has proven to be `actor_id`.

    `received_at` is the door's stamp, or GitLab's `created_at` for a comment. `is_edited` says that a comment no longer is what its
    author first wrote.
    """

    event_id: str
    actor_id: int
    actor: str
    door: str
    received_at: datetime
    choice: Choice
    digest: str
    request_id: str = ""
    text: str = Field(default="", max_length=ANSWER_TEXT_MAX_LENGTH)
    is_edited: bool = False


class Ruling(Model):
    """What came of an act: `request` after it, and the reason in words for the person who acted."""

    is_accepted: bool
    reason: str
    code: str
    request: Request


def rule_on(request: Request, act: Act) -> Ruling:
    """Return the ruling on an answer. A refused answer leaves the request as it was (A2)."""
    objection = _objection(request, act)
    if objection:
        code, reason = objection
        return Ruling(is_accepted=False, reason=reason, code=code, request=request)
    after = _moved(request, RequestEvent(act.choice))
    return Ruling(is_accepted=True, reason=_accepted(request, act.choice), code=str(act.choice), request=after)


def expired(request: Request) -> Request:
    """Return an open request after its deadline."""
    return _moved(request, RequestEvent.EXPIRE)


def _moved(request: Request, event: RequestEvent) -> Request:
    return request.model_copy(update={"state": TRANSITIONS[request.state][event]})


def _accepted(request: Request, choice: Choice) -> str:
    own = {} if request.has_change or request.kind is not RequestKind.APPROVAL else _ACCEPTED_WITHOUT_CHANGE
    return own.get(choice) or _ACCEPTED[request.kind][choice]


_ACCEPTED: Mapping[RequestKind, Mapping[Choice, str]] = {
    RequestKind.APPROVAL: {
        Choice.APPLY: "Accepted: exactly the change that was shown will be applied.",
        Choice.DIFF: "Here is the full diff. The question stays open.",
        Choice.CANCEL: "Accepted: nothing will be changed.",
        Choice.MODIFY: "Accepted: your words go to the agent, and a new proposal will be shown before anything is done.",
    },
    RequestKind.TOOL_CALLS: {
        Choice.APPLY: "Accepted: exactly these calls will be made, once.",
        Choice.ALWAYS: "Accepted: exactly these calls will be made, and not asked about again in this session.",
        Choice.DIFF: "Here are the calls in full. The question stays open.",
        Choice.CANCEL: "Accepted: none of these calls will be made. The agent is told and looks for another way.",
        Choice.MODIFY: "Accepted: none of these calls will be made. Your words go to the agent.",
    },
    RequestKind.INPUT: {
        Choice.RESPOND: "Accepted: your words go to the agent.",
        Choice.DIFF: "Here is the whole of it. The question stays open.",
        Choice.CANCEL: "Accepted: the agent is told that you give no answer.",
    },
}

# What a flow does after a yes or a no to a question without a change, only its author knows.
_ACCEPTED_WITHOUT_CHANGE: Mapping[Choice, str] = {
    Choice.APPLY: "Accepted: you have said yes, and the flow goes on.",
    Choice.DIFF: "Here is the whole of it. The question stays open.",
    Choice.CANCEL: "Accepted: you have said no.",
    Choice.MODIFY: "Accepted: your words go to the agent.",
}


def _objection(request: Request, act: Act) -> tuple[str, str] | None:
    """Return (code, reason) of the first thing that speaks against the act, or None."""
    checks = (
        _wrong_person,
        _edited,
        _wrong_request,
        _stale_digest,
        _closed,
        _late,
        _not_offered,
        _without_words,
    )
    return next((objection for check in checks if (objection := check(request, act))), None)


def _wrong_person(request: Request, act: Act) -> tuple[str, str] | None:
    if act.actor_id == request.requester_id:
        return None
    return (
        "not_the_requester",
        f"Only @{request.requester}, who started this session, can answer its question.",
    )


def _edited(_request: Request, act: Act) -> tuple[str, str] | None:
    if not act.is_edited:
        return None
    return "edited_comment", "This comment was edited, so it does not count; please write a new one."


def _wrong_request(request: Request, act: Act) -> tuple[str, str] | None:
    if act.request_id in {"", request.id}:
        return None
    return (
        "other_request",
        f"This answers question {act.request_id}; the present question is {request.id}. Nothing was changed.",
    )


def _stale_digest(request: Request, act: Act) -> tuple[str, str] | None:
    given = act.digest.lower()
    if len(given) >= DIGEST_PREFIX_LENGTH and request.digest.startswith(given):
        return None
    now = request.digest[:DIGEST_PREFIX_LENGTH]
    what = "change" if request.has_change else "question"
    if not given:
        return "digest_missing", f"An answer names the {what} it is about; this one is {now}."
    return (
        "stale_digest",
        f"This answers the {what} {given[:DIGEST_PREFIX_LENGTH]}, but the present one is {now}; look at it first.",
    )


def _closed(request: Request, _act: Act) -> tuple[str, str] | None:
    if not request.is_closed:
        return None
    return "already_decided", f"This question is closed: it was {request.state}. Nothing was changed."


def _late(request: Request, act: Act) -> tuple[str, str] | None:
    if act.received_at <= request.deadline:
        return None
    return (
        "too_late",
        f"The answer came after the deadline of {request.deadline:%Y-%m-%d %H:%M:%S} UTC. Nothing was changed.",
    )


def _not_offered(request: Request, act: Act) -> tuple[str, str] | None:
    if act.choice in request.choices:
        return None
    return (
        "not_offered",
        f"This question cannot be answered by {act.choice}; it offers {', '.join(request.choices)}.",
    )


def _without_words(_request: Request, act: Act) -> tuple[str, str] | None:
    if act.choice not in WORDED or act.text.strip():
        return None
    if act.choice is Choice.RESPOND:
        return "words_missing", "To respond, say it in words."
    return "words_missing", "To modify, say in words what should be different."
