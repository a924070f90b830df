"""Model turns: one question to the model, asked once, counted always (F6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import activity
from typing_extensions import override

from duo_flows.domain.errors import NeverAgain, Refused
from duo_flows.domain.flow_context import refuse_forged, refuse_unstorable
from duo_flows.domain.flow_definition import AgentComponent, FlowDefinition
from duo_flows.domain.model_turns import StopReason, ToolAnswer, ToolCall, ToolSchema, TurnReply, TurnRequest
from duo_flows.domain.ports import TurnKey
from duo_flows.domain.redaction import redact
from duo_flows.domain.sessions import LogKind, NewLogEntry, SessionUpdate
from duo_flows.domain.tools import tool_named

from .boundary import bounded
from .contracts import CallRequest, ModelContract, ModelTurn, ModelTurnDone, ToolResult
from .conversations import Conversation, keep_conversation, load_conversation
from .deps import Deps
from .turn_tally import HEARTBEAT_INTERVAL, watched_turn

_LOG_TEXT_MAX = 2_000
_CUT_OFF = "Your answer was cut off because it was too long. Answer again, shorter."
_MUST_FINISH = "You have used up your rounds. Do not call any more tools; give your final answer now."


class ModelActivities(ModelContract):
    """Model turns, over the ports."""

    def __init__(self, deps: Deps, *, heartbeat_interval: timedelta = HEARTBEAT_INTERVAL) -> None:
        self._deps = deps
        self._heartbeat_interval = heartbeat_interval

    @override
    @activity.defn(name="model_turn")
    @bounded
    async def model_turn(self, task: ModelTurn) -> ModelTurnDone:
        key = TurnKey(
            session_id=task.scope.session_id, run=task.scope.run, component=task.component, step=task.step, turn=task.turn
        )
        recorded = await self._deps.sessions.recorded_turn(key)
        if recorded is not None:
            return ModelTurnDone.model_validate_json(await self._deps.contents.get(recorded[0]))
        used = await self._deps.sessions.usage(task.scope.session_id)
        if used.cost_microusd >= task.cost_cap_microusd:
            return ModelTurnDone(conversation_ref=task.conversation_ref, stop_reason=StopReason.FINISHED, is_over_cap=True)
        definition = await self._deps.definition(task.scope.definition_ref)
        component = _agent(definition, task.component)
        conversation = await self._conversation(task, definition, component)
        reply = await self._ask(
            key, self._request(definition, component, conversation, session_id=key.session_id, must_finish=task.must_finish)
        )
        done = await self._done(definition, component, conversation, reply)
        await self._record(key, task, done, reply)
        return done

    async def _conversation(self, task: ModelTurn, definition: FlowDefinition, component: AgentComponent) -> Conversation:
        conversation = await load_conversation(self._deps.contents, task.conversation_ref)
        answers = [
            ToolAnswer(call_id=result.call_id, text=redact(await self._said(result)), is_error=result.is_error)
            for result in task.tool_results
        ]
        # What people wrote and tools returned reaches the model only after secrets are taken out.
        texts = [redact(message) for message in task.messages]
        if task.greets:
            known = conversation.prompt
            conversation = await self._greeted(task, definition, component, conversation)
            # The same prompt again says nothing, unless there is nothing else to say: a model speaks only when spoken to.
            if conversation.prompt != known or not (answers or texts):
                texts.append(conversation.prompt)
        if task.must_finish:
            texts.append(_MUST_FINISH)
        return conversation.said(answers, texts)

    async def _said(self, result: ToolResult) -> str:
        return await self._deps.text(result.text_ref) if result.text_ref else result.text

    async def _greeted(
        self, task: ModelTurn, definition: FlowDefinition, component: AgentComponent, conversation: Conversation
    ) -> Conversation:
        template = definition.prompt(component.prompt_id).prompt_template
        variables = await self._deps.loaded(task.inputs)
        prompt = redact(self._deps.flow_files.render(template.user, variables))
        system = conversation.system or redact(self._deps.flow_files.render(template.system, variables))
        return conversation.model_copy(update={"system": system, "prompt": prompt})

    def _request(
        self,
        definition: FlowDefinition,
        component: AgentComponent,
        conversation: Conversation,
        *,
        session_id: str,
        must_finish: bool,
    ) -> TurnRequest:
        return TurnRequest(
            model=self._deps.model,
            system=conversation.system,
            messages=conversation.messages,
            tools=() if must_finish else _tool_schemas(component),
            answer_schema=definition.schema(component.response_schema_id),
            max_tokens=self._deps.max_tokens,
            labels={"session": session_id},
        )

    async def _ask(self, key: TurnKey, request: TurnRequest) -> TurnReply:
        async with watched_turn(self._deps.sessions, key, heartbeat_interval=self._heartbeat_interval) as tally:
            return await self._deps.planner.turn(request, on_progress=tally.on_progress)

    async def _done(
        self, definition: FlowDefinition, component: AgentComponent, conversation: Conversation, reply: TurnReply
    ) -> ModelTurnDone:
        refuse_unstorable(reply.message.content, where="The model's message")
        if reply.stop_reason is StopReason.CUT_OFF:
            # Half a message cannot be sent back; the conversation goes on as if it had not been begun.
            ref = await keep_conversation(self._deps.contents, conversation)
            return ModelTurnDone(conversation_ref=ref, stop_reason=reply.stop_reason, problem=_CUT_OFF, usage=reply.usage)
        ref = await keep_conversation(self._deps.contents, conversation.answered(reply.message))
        done = ModelTurnDone(conversation_ref=ref, stop_reason=reply.stop_reason, usage=reply.usage)
        if reply.stop_reason is StopReason.TOOL_CALLS:
            return done.model_copy(update={"calls": await self._calls(reply)})
        if reply.stop_reason is StopReason.REFUSED:
            return done.model_copy(update={"problem": redact(reply.stop_details)[:_LOG_TEXT_MAX]})
        return await self._with_answer(done, definition.schema(component.response_schema_id), reply.text)

    async def _calls(self, reply: TurnReply) -> tuple[CallRequest, ...]:
        return tuple([await self._call(call) for call in reply.tool_calls])

    async def _call(self, call: ToolCall) -> CallRequest:
        try:
            refuse_forged(call.arguments, where="This call")
        except NeverAgain as problem:
            return CallRequest(id=call.id, name=call.name, arguments={}, problem=f"{problem} Give the value itself.")
        return CallRequest(id=call.id, name=call.name, arguments=await self._deps.travelling(call.arguments))

    async def _with_answer(self, done: ModelTurnDone, schema: dict[str, Any] | None, text: str) -> ModelTurnDone:
        try:
            answer = self._deps.flow_files.read_answer(text, schema) if schema is not None else text
            refuse_forged(answer, where="The model's answer")
            refuse_unstorable(answer, where="The model's answer")
        except (Refused, NeverAgain) as problem:
            return done.model_copy(update={"problem": f"Your answer does not fit: {problem} Answer again."})
        return done.model_copy(update={"answer": await self._deps.travelling(answer)})

    async def _record(self, key: TurnKey, task: ModelTurn, done: ModelTurnDone, reply: TurnReply) -> None:
        """Record the turn, so that it is never asked again, and tell of it in the session log."""
        reply_ref = await self._deps.contents.put(done.model_dump_json().encode("utf-8", "surrogatepass"))
        entry = NewLogEntry(
            key=f"run{key.run}/{key.component}/turn{key.turn}",
            kind=LogKind.MODEL,
            text=_told(done, reply),
            component=key.component,
            data={"tokens": reply.usage.input_tokens + reply.usage.output_tokens, "cost_microusd": reply.usage.cost_microusd},
        )
        report = SessionUpdate(session_id=key.session_id, run=key.run, step=task.component, entries=(entry,))
        await self._deps.sessions.note_turn(
            key, attempt=activity.info().attempt, usage=reply.usage, reply_ref=reply_ref, report=report
        )


def _agent(definition: FlowDefinition, name: str) -> AgentComponent:
    component = definition.component(name)
    if not isinstance(component, AgentComponent):
        raise NeverAgain(f"{name!r} is not an agent.", code="invalid_definition")
    return component


def _tool_schemas(component: AgentComponent) -> tuple[ToolSchema, ...]:
    return tuple(_without_forced(tool_named(use.name).for_model(), set(use.forced)) for use in component.toolset)


def _without_forced(schema: ToolSchema, forced: set[str]) -> ToolSchema:
    if not forced:
        return schema
    properties = {name: value for name, value in schema.input_schema.get("properties", {}).items() if name not in forced}
    required = [name for name in schema.input_schema.get("required", []) if name not in forced]
    return schema.model_copy(update={"input_schema": {**schema.input_schema, "properties": properties, "required": required}})


def _told(done: ModelTurnDone, reply: TurnReply) -> str:
    if done.stop_reason is StopReason.REFUSED:
        return f"The model declined to go on. {done.problem}".strip()
    if done.problem:
        return done.problem
    if done.calls:
        said = f"{reply.text.strip()} " if reply.text.strip() else ""
        return redact(said)[:_LOG_TEXT_MAX] + f"[calls {', '.join(call.name for call in done.calls)}]"
    return (
        "The agent has given its answer." if done.stop_reason is StopReason.FINISHED else f"The model stopped: {done.stop_reason}."
    )
