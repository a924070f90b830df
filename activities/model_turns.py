"""Model turns: one question to the model, asked once, counted always (F6). So is the summary that compaction needs."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import activity
from typing_extensions import override

from duo_flows.domain.compaction import is_due
from duo_flows.domain.delegation import compaction_key, subsession_key
from duo_flows.domain.errors import NeverAgain, Refused
from duo_flows.domain.flow_context import refuse_forged, refuse_unstorable
from duo_flows.domain.flow_definition import AgentComponent, FlowDefinition, OneOffComponent
from duo_flows.domain.log_events import LogEvent, event_data, is_shown
from duo_flows.domain.model import Model
from duo_flows.domain.model_turns import CONVERSATION_TOO_LONG, StopReason, ToolCall, TurnReply, TurnRequest, misnamed_calls
from duo_flows.domain.ports import TurnKey
from duo_flows.domain.redaction import redact
from duo_flows.domain.sessions import LogKind, NewLogEntry, SessionUpdate, Usage

from .boundary import bounded
from .contracts import (
    CallRequest,
    CompactConversation,
    ConversationCompacted,
    ModelContract,
    ModelTurn,
    ModelTurnDone,
)
from .conversations import Conversation, keep_conversation, load_conversation
from .deps import Deps
from .summaries import Shortening, shortening_of
from .turn_requests import answer_schema_of, conversation_of, prompted, request_of
from .turn_tally import HEARTBEAT_INTERVAL, watched_turn

_LOG_TEXT_MAX = 2_000
_CUT_OFF = "Your answer was cut off because it was too long. Answer again, shorter."
_SESSION_CAP = "The session has used what it may cost. Raise the cap, or start a smaller task."
_MICROUSD = 1_000_000


class ModelActivities(ModelContract):
    """Model turns, over the ports."""

    def __init__(self, deps: Deps, *, heartbeat_interval: timedelta = HEARTBEAT_INTERVAL) -> None:
        self._deps = deps
        self._heartbeat_interval = heartbeat_interval

    @override
    @activity.defn(name="model_turn")
    @bounded
    async def model_turn(self, task: ModelTurn) -> ModelTurnDone:
        key = _key(task, subsession_key(task.component, task.subsession))
        recorded = await self._deps.sessions.recorded_turn(key)
        if recorded is not None:
            return ModelTurnDone.model_validate_json(await self._deps.contents.get(recorded[0]))
        definition = await self._deps.definition(task.scope.definition_ref)
        component = prompted(definition, task.component)
        nothing = ModelTurnDone(conversation_ref=task.conversation_ref, stop_reason=StopReason.FINISHED)
        if problem := await self._over_cap(task, component):
            return nothing.model_copy(update={"is_over_cap": True, "problem": problem})
        conversation = await conversation_of(self._deps, task, definition, component)
        try:
            reply = await self._ask(key, request_of(self._deps, task, definition, component, conversation))
        except NeverAgain as refusal:
            if refusal.code != CONVERSATION_TOO_LONG:
                raise
            return nothing.model_copy(update={"is_too_long": True})
        done = await self._done(definition, component, conversation, reply)
        event = _event(component, done)
        shown = event_data(component, event) if event else {}
        await self._record(key, done, usage=reply.usage, told=_told(done, reply, is_shown=bool(shown.get("is_shown"))), data=shown)
        return done

    @override
    @activity.defn(name="compact_conversation")
    @bounded
    async def compact_conversation(self, task: CompactConversation) -> ConversationCompacted:
        key = _key(task, compaction_key(subsession_key(task.component, task.subsession)))
        recorded = await self._deps.sessions.recorded_turn(key)
        if recorded is not None:
            return ConversationCompacted.model_validate_json(await self._deps.contents.get(recorded[0]))
        definition = await self._deps.definition(task.scope.definition_ref)
        component = prompted(definition, task.component)
        conversation = await load_conversation(self._deps.contents, task.conversation_ref)
        shortening = shortening_of(self._deps, task, definition, component, conversation)
        as_it_is = ConversationCompacted(conversation_ref=task.conversation_ref)
        if shortening is None:
            return as_it_is
        if problem := await self._over_cap(task, component):
            return as_it_is.model_copy(update={"is_over_cap": True, "problem": problem})
        summary, usage = await self._summary(key, shortening)
        shorter = shortening.with_summary(summary)
        done = ConversationCompacted(conversation_ref=await keep_conversation(self._deps.contents, shorter))
        await self._record(key, done, usage=usage, told=shortening.told(shorter), data={"earlier": task.conversation_ref})
        return done

    async def _over_cap(self, task: ModelTurn | CompactConversation, component: AgentComponent | OneOffComponent) -> str:
        """Return why nothing more may be spent; empty while something may."""
        session_id = task.scope.session_id
        used = await self._deps.sessions.usage(session_id)
        if used.cost_microusd >= task.cost_cap_microusd:
            return _SESSION_CAP
        cap = component.cost_cap_usd if isinstance(component, AgentComponent) else None
        if cap is None:
            return ""
        own = await self._deps.sessions.usage(session_id, component=component.name)
        is_over = own.cost_microusd >= cap * _MICROUSD
        return f"{component.name} has used what it may cost in a session, {cap:g} US dollars." if is_over else ""

    async def _ask(self, key: TurnKey, request: TurnRequest) -> TurnReply:
        async with watched_turn(self._deps.sessions, key, heartbeat_interval=self._heartbeat_interval) as tally:
            return await self._deps.planner.turn(request, on_progress=tally.on_progress)

    async def _summary(self, key: TurnKey, shortening: Shortening) -> tuple[str, Usage]:
        """Return (the model's summary, empty where it gave none; what it cost)."""
        try:
            reply = await self._ask(key, shortening.request)
        except NeverAgain as refusal:
            if refusal.code != CONVERSATION_TOO_LONG:
                raise
            return "", Usage()
        refuse_unstorable(reply.text, where="The summary")
        return redact(reply.text).strip() if reply.stop_reason is not StopReason.REFUSED else "", reply.usage

    async def _done(
        self,
        definition: FlowDefinition,
        component: AgentComponent | OneOffComponent,
        conversation: Conversation,
        reply: TurnReply,
    ) -> ModelTurnDone:
        refuse_unstorable(reply.message.content, where="The model's message")
        # An answer that was cut off is left out: the model is asked again, for a shorter one. A provider refuses empty messages.
        # Nor is one kept whose calls no provider takes again.
        misnamed = misnamed_calls(reply.tool_calls)
        is_kept = reply.stop_reason is not StopReason.CUT_OFF and not misnamed and bool(reply.message.content)
        after = conversation.answered(reply.message) if is_kept else conversation
        done = ModelTurnDone(
            conversation_ref=await keep_conversation(self._deps.contents, after),
            stop_reason=reply.stop_reason,
            is_long=self._is_long(component, after, reply.usage),
            tokens=_length(reply.usage),
            usage=reply.usage,
        )
        if reply.stop_reason is StopReason.CUT_OFF:
            return done.model_copy(update={"problem": _CUT_OFF})
        if reply.stop_reason is StopReason.TOOL_CALLS and misnamed:
            return done.model_copy(update={"problem": misnamed})
        if reply.stop_reason is StopReason.TOOL_CALLS:
            return done.model_copy(update={"calls": tuple([await self._call(call) for call in reply.tool_calls])})
        if reply.stop_reason is StopReason.REFUSED:
            return done.model_copy(update={"problem": redact(reply.stop_details)[:_LOG_TEXT_MAX]})
        return await self._with_answer(done, answer_schema_of(definition, component), reply.text)

    def _is_long(self, component: AgentComponent | OneOffComponent, conversation: Conversation, usage: Usage) -> bool:
        if component.compaction is None:
            return False
        limit = self._deps.planner.context_tokens(self._deps.model_for(component.model_tags))
        count = len(conversation.messages)
        return is_due(component.compaction, message_count=count, tokens=_length(usage), context_tokens=limit)

    async def _call(self, call: ToolCall) -> CallRequest:
        try:
            refuse_forged(call.arguments, where="This call")
        except NeverAgain as problem:
            return CallRequest(id=call.id, name=call.name, arguments={}, problem=f"{problem} Give the value itself.")
        return CallRequest(id=call.id, name=call.name, arguments=await self._deps.travelling(call.arguments))

    async def _with_answer(self, done: ModelTurnDone, schema: dict[str, Any] | None, text: str) -> ModelTurnDone:
        try:
            # It may take seconds, and others are at work on this loop.
            answer = await asyncio.to_thread(self._deps.flow_files.read_answer, text, schema) if schema is not None else text
            refuse_forged(answer, where="The model's answer")
            refuse_unstorable(answer, where="The model's answer")
        except (Refused, NeverAgain) as problem:
            return done.model_copy(update={"problem": f"Your answer does not fit: {problem} Answer again."})
        return done.model_copy(update={"answer": await self._deps.travelling(answer)})

    async def _record(self, key: TurnKey, done: Model, *, usage: Usage, told: str, data: dict[str, Any] | None = None) -> None:
        """Record what came of a question, so that it is never asked again, and tell of it in the session log."""
        reply_ref = await self._deps.contents.put(done.model_dump_json().encode("utf-8", "surrogatepass"))
        counts = {"tokens": usage.input_tokens + usage.output_tokens, "cost_microusd": usage.cost_microusd}
        entry = NewLogEntry(
            key=f"run{key.run}/{key.component}/turn{key.turn}",
            kind=LogKind.MODEL,
            text=told,
            component=key.component,
            data={**counts, **(data or {})},
        )
        report = SessionUpdate(session_id=key.session_id, run=key.run, step=key.component, entries=(entry,))
        attempt = activity.info().attempt
        await self._deps.sessions.note_turn(key, attempt=attempt, usage=usage, reply_ref=reply_ref, report=report)


def _key(task: ModelTurn | CompactConversation, component: str) -> TurnKey:
    return TurnKey(session_id=task.scope.session_id, run=task.scope.run, component=component, step=task.step, turn=task.turn)


def _length(usage: Usage) -> int:
    return usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens + usage.output_tokens


def _event(component: AgentComponent | OneOffComponent, done: ModelTurnDone) -> LogEvent | None:
    """Return which of GitLab's events a turn is; a turn that gave nothing to go on with is none."""
    if done.problem or done.stop_reason is StopReason.REFUSED:
        return None
    if not done.calls:
        return LogEvent.FINAL_ANSWER
    is_input = isinstance(component, OneOffComponent) and is_shown(component, LogEvent.TOOL_CALL_INPUT)
    return LogEvent.TOOL_CALL_INPUT if is_input else LogEvent.REASONING


def _told(done: ModelTurnDone, reply: TurnReply, *, is_shown: bool) -> str:
    if done.stop_reason is StopReason.REFUSED:
        return f"The model declined to go on. {done.problem}".strip()
    if done.problem:
        return done.problem
    if done.calls:
        said = f"{reply.text.strip()} " if reply.text.strip() else ""
        return redact(said)[:_LOG_TEXT_MAX] + f"[calls {', '.join(call.name for call in done.calls)}]"
    if done.stop_reason is not StopReason.FINISHED:
        return f"The model stopped: {done.stop_reason}."
    # An answer stands in the log only where its author shows it: it may be long, or not for everybody's eyes.
    return redact(reply.text).strip()[:_LOG_TEXT_MAX] if is_shown else "The agent has given its answer."
