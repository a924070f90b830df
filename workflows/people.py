"""What people send to a run: one inbox, one loop, one pure function.

Signals and updates only put envelopes in. The loop takes them out in the order of arrival, has it proven who acted, rules, records
and replies. A refused act is answered, not failed, and so is one that the store does not take.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.contracts import Prove, Proven, Reply, RequestContract, Sent
from duo_flows.domain.delegation import component_of
from duo_flows.domain.log_events import LogEvent, event_data
from duo_flows.domain.model import Model
from duo_flows.domain.requests import WORDED, Act, Choice, Ruling, rule_on
from duo_flows.domain.sessions import LogKind, NewLogEntry
from duo_flows.domain.steering import Steer, steered
from signals.messages import Answer, AnswerResult, Pause, Resume, Stop

from . import retries
from .errands import Errands
from .reports import report
from .run_state import Envelope, RunState

_NOTHING_ASKED = "This session has no open question now. Nothing was changed."
# What a person may send.
_Message = Answer | Stop | Pause | Resume
# A line of the log is read at a glance; GitLab keeps the whole comment.
_LOG_TEXT_MAX = 500
_IS_OVER = "This session has ended. Nothing was changed; it can be started again with retry."


class _Who(Model):
    """Who did something, through which door, and in which comment."""

    event_id: str
    actor: str
    door: str
    note_id: int | None = None


class People:
    """The inbox of a run and the loop that works on it.

    An event id counts once: whoever sends it again gets the first result (an update may be delivered twice over a continuation).
    Only proven acts use an id up: anybody can write an id that a door is going to use.
    """

    def __init__(self, errands: Errands) -> None:
        self._errands = errands
        self.envelopes: list[Envelope] = []
        self.results: dict[str, AnswerResult] = {}
        self.is_over = False
        self._is_busy = False
        self._is_leaving = False
        self._ruling_on_one = asyncio.Lock()
        self._asked: list[tuple[Envelope, asyncio.Future[AnswerResult]]] = []

    def post(self, message: _Message, *, event_id: str = "") -> Envelope:
        """Put something into the inbox. Called by signal and update handlers, possibly before the run has begun.

        Args:
            message: what was sent.
            event_id: counts where the message names no event of its own; without either a fresh one is made.
        """
        event = message.event_id or event_id or str(workflow.uuid4())
        envelope = Envelope.model_validate(
            {"event_id": event, "first_seen_at": workflow.now(), type(message).__name__.lower(): message}
        )
        self.envelopes.append(envelope)
        return envelope

    def post_unreadable(self, problem: str) -> None:
        """Put a message into the inbox that could not be read: it is refused in its turn, so that the log tells of it."""
        self.envelopes.append(Envelope(event_id=str(workflow.uuid4()), first_seen_at=workflow.now(), problem=problem))

    async def submit(self, message: _Message, *, event_id: str) -> AnswerResult:
        """Put something into the inbox, and return what came of it once it has been worked on."""
        result: asyncio.Future[AnswerResult] = asyncio.get_running_loop().create_future()
        self._asked.append((self.post(message, event_id=event_id), result))
        return await result

    @property
    def is_idle(self) -> bool:
        """Tell whether everything that has arrived is worked on."""
        return not self.envelopes and not self._is_busy

    async def idle(self) -> None:
        """Wait until everything that has arrived is worked on."""
        await workflow.wait_condition(lambda: self.is_idle)

    def leave(self) -> None:
        """Work only on what somebody waits for from now on: what else has arrived goes on to the run's next history.

        A thousand messages at once would otherwise all be worked on in a history that is too long already, until the server
        ends it.
        """
        self._is_leaving = True

    @property
    def has_answered(self) -> bool:
        """Tell whether nobody waits here for what came of their message."""
        return not self._asked and not self._is_busy

    async def serve(self, state: RunState) -> None:
        """Work on what arrives, one by one, until the run is over."""
        while True:
            # New envelopes arrive while one is being worked on; they wait their turn.
            await workflow.wait_condition(lambda: self._next() is not None)
            envelope = self._next()
            if envelope is None:
                continue
            self._is_busy = True
            self.envelopes = [other for other in self.envelopes if other is not envelope]
            try:
                self._answer(envelope, await self._result(state, envelope))
            finally:
                self._is_busy = False

    def _next(self) -> Envelope | None:
        if self._is_leaving:
            return self._asked[0][0] if self._asked else None
        return self.envelopes[0] if self.envelopes else None

    def _answer(self, envelope: Envelope, result: AnswerResult) -> None:
        for asked, waiting in self._asked:
            if asked is envelope and not waiting.done():
                waiting.set_result(result)
        self._asked = [pair for pair in self._asked if pair[0] is not envelope]

    async def _result(self, state: RunState, envelope: Envelope) -> AnswerResult:
        try:
            return self.results.get(envelope.event_id) or await self._work_on(state, envelope)
        except ActivityError as error:
            # Everything is recorded before it takes effect, so that nothing has; only the line is missing.
            workflow.logger.warning("%s could not be recorded: %s", envelope.event_id, error.cause)
            reason = (
                f"This could not be recorded, so nothing was changed. {error.cause or error} Tell the operator, then try again."
            )
            self._reply(state, envelope.answer.note_id if envelope.answer else None, reason)
            return AnswerResult(is_accepted=False, code="not_recorded", reason=reason)

    async def _work_on(self, state: RunState, envelope: Envelope) -> AnswerResult:
        if envelope.problem:
            refusal = AnswerResult(is_accepted=False, code="unreadable", reason=envelope.problem)
            return await self._refuse(state, refusal, _Who(event_id=envelope.event_id, actor="", door="temporal"))
        proven = await _prove(state, envelope)
        asked = envelope.steering
        if asked is not None:
            result = await self._steer(state, asked, proven, event_id=envelope.event_id)
            if not proven.objection:
                self.results[envelope.event_id] = result
            return result
        note_id = envelope.answer.note_id if envelope.answer else None
        if proven.act is None:
            refusal = AnswerResult(is_accepted=False, code=proven.code, reason=proven.objection)
            who = _Who(event_id=envelope.event_id, actor=proven.actor, door=_door(envelope), note_id=note_id)
            return await self._refuse(state, refusal, who)
        return await self.rule(state, proven.act, note_id=note_id)

    async def rule(self, state: RunState, act: Act, *, note_id: int | None = None) -> AnswerResult:
        """Rule on a proven answer; it is recorded first and takes effect then.

        One at a time: while one answer is being recorded the question still reads as open, and another must not find it so.

        Raises:
            ActivityError: the store does not take it; nothing has changed.
        """
        async with self._ruling_on_one:
            if act.event_id not in self.results:
                self.results[act.event_id] = await self._ruled(state, act, note_id=note_id)
        return self.results[act.event_id]

    async def _ruled(self, state: RunState, act: Act, *, note_id: int | None) -> AnswerResult:
        result, ruling = self._ruling(state, act)
        if not result.is_accepted or ruling is None:
            who = _Who(event_id=act.event_id, actor=act.actor, door=act.door, note_id=note_id)
            return await self._refuse(state, result, who)
        await report(state, _answer_entry(state, act, ruling))
        if state.question is not None:
            words = {"words": act.text} if act.choice in WORDED else {}
            state.question = state.question.model_copy(update={"request": ruling.request, **words})
        shown = result.change_ref if act.choice is Choice.DIFF else ""
        request = ruling.request
        self._reply(state, note_id, result.reason, change_ref=shown, is_text=request.is_text, kind=request.kind)
        return result

    def _ruling(self, state: RunState, act: Act) -> tuple[AnswerResult, Ruling | None]:
        question = state.question
        if question is None or self.is_over:
            reason, code = (_IS_OVER, "session_ended") if self.is_over else (_NOTHING_ASKED, "nothing_asked")
            return AnswerResult(is_accepted=False, code=code, reason=reason), None
        ruling = rule_on(question.request, act)
        result = AnswerResult(
            is_accepted=ruling.is_accepted,
            code=ruling.code,
            reason=ruling.reason,
            request_id=question.request.id,
            digest=question.request.digest,
            change_ref=question.request.change_ref if ruling.is_accepted else "",
        )
        return result, ruling

    async def _refuse(self, state: RunState, result: AnswerResult, who: _Who) -> AnswerResult:
        data = {"event_id": who.event_id, "code": result.code}
        await report(state, state.entry(LogKind.REFUSAL, result.reason, actor=who.actor, door=who.door, data=data))
        self._reply(state, who.note_id, result.reason)
        return result

    async def _steer(
        self, state: RunState, asked: tuple[Steer, Stop | Pause | Resume], proven: Proven, *, event_id: str
    ) -> AnswerResult:
        steer, message = asked
        who = _Who(event_id=event_id, actor=proven.actor, door=message.door)
        if proven.objection or not proven.may_steer:
            return await self._refuse(state, _may_not(state, steer, proven), who)
        ruling = steered(state.steering, steer, status=state.status, actor=proven.actor, reason=message.reason)
        result = AnswerResult(is_accepted=ruling.is_accepted, code=ruling.code, reason=ruling.reason)
        if not ruling.is_accepted:
            return await self._refuse(state, result, who)
        if ruling.steering != state.steering:
            entry = _steering_entry(state, asked, proven, event_id=event_id)
            await report(replace(state, steering=ruling.steering), entry)
            state.steering = ruling.steering
        return result

    def _reply(self, state: RunState, note_id: int | None, text: str, **shown: Any) -> None:
        if note_id is not None and state.scope.note_target is not None:
            self._errands.start(_reply(Reply(scope=state.scope, note_id=note_id, text=text, **shown)))


def _answer_entry(state: RunState, act: Act, ruling: Ruling) -> NewLogEntry:
    said = f": {act.text[:_LOG_TEXT_MAX]}" if act.text else "."
    data = {
        "event_id": act.event_id,
        "choice": str(act.choice),
        "request": ruling.request.id,
        "digest": ruling.request.digest,
        "received_at": act.received_at.isoformat(),
        **_shown(state),
    }
    asking = state.question.component if state.question else ""
    text = f"@{act.actor} answered {act.choice}{said}"
    return state.entry(LogKind.ANSWER, text, actor=act.actor, door=act.door, component=asking, data=data)


def _shown(state: RunState) -> dict[str, Any]:
    """Return what the line of an answer says of its event; the component that asks is the one that shows it."""
    if state.question is None:
        return {}
    asking = component_of(state.question.component)
    return event_data(state.opened.definition.component(asking), LogEvent.USER_RESPONSE)


def _may_not(state: RunState, steer: Steer, proven: Proven) -> AnswerResult:
    may = f"Only @{state.opened.requester} or a Maintainer of {state.opened.project_path} can {steer} this."
    return AnswerResult(is_accepted=False, code=proven.code or "may_not_stop", reason=proven.objection or may)


def _steering_entry(state: RunState, asked: tuple[Steer, Stop | Pause | Resume], proven: Proven, *, event_id: str) -> NewLogEntry:
    steer, message = asked
    reason = f": {message.reason[:_LOG_TEXT_MAX]}" if message.reason else "."
    data = {
        "event_id": event_id,
        "asked": str(steer),
        "actor_id": proven.actor_id,
        "received_at": proven.received_at.isoformat() if proven.received_at else "",
    }
    text = f"@{proven.actor} asked to {steer}{reason}"
    return state.entry(LogKind.ANSWER, text, actor=proven.actor, door=message.door, data=data)


def _door(envelope: Envelope) -> str:
    return envelope.answer.door if envelope.answer else ""


async def _prove(state: RunState, envelope: Envelope) -> Proven:
    sent = {name: getattr(envelope, name) for name in Sent.model_fields}
    task = Prove(scope=state.scope, workflow_id=workflow.info().workflow_id, **sent)
    try:
        return await workflow.execute_activity_method(RequestContract.prove_act, task, summary="who acted?", **retries.GITLAB)
    except ActivityError as error:
        return Proven(objection=f"It could not be found out who acted: {error.cause}", code="unproven")


async def _reply(task: Reply) -> None:
    try:
        await workflow.execute_activity_method(
            RequestContract.reply_to_note, task, summary=f"reply to note {task.note_id}", **retries.GITLAB
        )
    except ActivityError as error:
        # The result stands in the session log; only the courtesy of a reply is lost.
        workflow.logger.warning("No reply to note %s: %s", task.note_id, error.cause)
