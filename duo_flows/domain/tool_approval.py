"""Consent to tool calls (A4): how a call is named exactly, and what in a session's log proves that a person said yes to it.

Pure. A consent is read out of two lines of the log: the request, written by whoever computed what was asked about, and the answer
that names this request and its digest. What cannot be read is no consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from .canonical import digest_of
from .errors import Refused
from .model import Model
from .requests import CONSENTS, Choice
from .sessions import LogEntry

# As many as no two calls of one moment share.
_KEY_DIGITS = 32


class AskedCall(Model):
    """A call as the log line of its request names it. `id` is the model's, `digest` names tool and exact arguments."""

    id: str
    tool: str
    digest: str


class CallMoment(Model):
    """When a call is asked for: in which run and step, by whom (`agent` is a component or a subsession of one), in which turn.

    A model supplies the ids of its calls and may repeat them. Here is nothing of a model's, so that with its moment a call is one
    call, however it is named.
    """

    run: int
    step: int
    agent: str
    turn: int

    def key_of(self, tool: str, call_id: str) -> str:
        """Return what names a call of this moment within its session, however often it is tried."""
        # Names and ids are of any length and have any sign in them.
        return f"run{self.run}/step{self.step}/{self.agent}/turn{self.turn}/{digest_of([tool, call_id])[:_KEY_DIGITS]}"


class CallConsent(Model):
    """A person's yes to some calls: once each in the moment that asked, or (`is_lasting`) whenever they are asked for again."""

    request_id: str
    actor: str
    moment: CallMoment
    is_lasting: bool
    calls: tuple[AskedCall, ...]

    def covers(self, call: AskedCall, *, moment: CallMoment) -> bool:
        """Tell whether the person said yes to this call of this moment."""
        same = [asked for asked in self.calls if (asked.tool, asked.digest) == (call.tool, call.digest)]
        return bool(same) and (self.is_lasting or (moment == self.moment and any(asked.id == call.id for asked in same)))


def asked_call(call_id: str, tool: str, arguments: Mapping[str, Any]) -> AskedCall:
    """Return the name of a call; `arguments` are the effective ones, what the flow forces included.

    Raises:
        Refused: the arguments have no canonical form, so nobody could consent to exactly these.
    """
    try:
        digest = digest_of({"tool": tool, "arguments": arguments})
    except (TypeError, ValueError):
        raise Refused(
            f"The arguments of {tool} are not plain JSON, so nobody can be asked about them.", code="bad_arguments"
        ) from None
    return AskedCall(id=call_id, tool=tool, digest=digest)


def batch_digest(request_id: str, calls: Sequence[AskedCall]) -> str:
    """Return the digest that answers a question about these calls.

    It names the question too: a yes that is sent twice must not count for the same calls in a later turn.
    """
    return digest_of({"request": request_id, "calls": [[call.tool, call.digest] for call in calls]})


def request_key(run: int, request_id: str) -> str:
    """Return the key of a request's line in the session log. Only activities that put questions write such lines."""
    return f"run{run}/request/{request_id}"


def consents_in(requests: Iterable[LogEntry], answers: Iterable[LogEntry]) -> tuple[CallConsent, ...]:
    """Return the consents to calls that these lines prove: a request's, and the answer to exactly it in the same run."""
    asked = {(line.run, str(line.data.get("request"))): line for line in requests}
    found = []
    for answer in answers:
        request_id = str(answer.data.get("request"))
        request = asked.get((answer.run, request_id))
        if request is None or request.key != request_key(request.run, request_id):
            continue
        moment = _moment_of(request)
        choice = str(answer.data.get("choice"))
        is_yes = choice in CONSENTS and answer.data.get("digest") == request.data.get("digest")
        calls = _calls_of(request) if is_yes else ()
        if calls and moment is not None:
            found.append(
                CallConsent(
                    request_id=request_id,
                    actor=answer.actor,
                    moment=moment,
                    is_lasting=choice == Choice.ALWAYS,
                    calls=calls,
                )
            )
    return tuple(found)


def _moment_of(request: LogEntry) -> CallMoment | None:
    try:
        return CallMoment.model_validate({"run": request.run, **{name: request.data[name] for name in ("step", "agent", "turn")}})
    except (KeyError, ValidationError):
        return None


def _calls_of(request: LogEntry) -> tuple[AskedCall, ...]:
    try:
        return tuple(AskedCall.model_validate(call) for call in request.data.get("calls", ()))
    except (TypeError, ValidationError):
        return ()
