"""What a model is asked in one turn: the conversation with what is said next, the tools, the form of the answer. Asks nobody.

What people wrote, what tools returned and what sub-agents answered reaches a model only after secrets are taken out.
"""

from __future__ import annotations

import json
from typing import Any

from duo_flows.domain.delegation import delegate_tool
from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.flow_definition import AgentComponent, FlowDefinition, OneOffComponent
from duo_flows.domain.model_turns import ToolAnswer, ToolSchema, TurnRequest
from duo_flows.domain.redaction import redact
from duo_flows.domain.tools import READ_TOOL_RESULT, TO_COME, tool_named

from .contracts import ModelTurn, ToolResult
from .conversations import Conversation, load_conversation
from .deps import Deps

_MUST_FINISH = "You have used up what you were given. Do not call any more tools; give your final answer now."
_ROUNDS_LEFT = "You have {rounds} more rounds. After them you must give your final answer without calling tools: plan for it."


def prompted(definition: FlowDefinition, name: str) -> AgentComponent | OneOffComponent:
    """Return a component with a model.

    Raises:
        NeverAgain: this one has none.
    """
    component = definition.component(name)
    if not isinstance(component, AgentComponent | OneOffComponent):
        raise NeverAgain(f"{name!r} is not an agent.", code="invalid_definition")
    return component


async def conversation_of(
    deps: Deps, task: ModelTurn, definition: FlowDefinition, component: AgentComponent | OneOffComponent
) -> Conversation:
    """Return the agent's conversation after we have said what is to be said in this turn."""
    conversation = await load_conversation(deps.contents, task.conversation_ref)
    answers = [
        ToolAnswer(call_id=result.call_id, text=redact(await _told(deps, result)), is_error=result.is_error)
        for result in task.tool_results
    ]
    texts = [redact(message) for message in task.messages]
    if task.greets:
        known = conversation
        conversation = await _greeted(deps, task, definition, component, conversation)
        # The same prompt again says nothing, unless there is nothing else to say: a model speaks only when spoken to.
        is_said = conversation.prompt == known.prompt and bool(answers or texts or task.assignment)
        # Whoever has not been told yet what it is about is told that first.
        texts = texts if is_said else [*texts, conversation.prompt] if known.messages else [conversation.prompt, *texts]
    if task.assignment is not None:
        texts.append(redact(str(await deps.loaded(task.assignment))))
    if task.rounds_left is not None:
        texts.append(_ROUNDS_LEFT.format(rounds=task.rounds_left))
    if task.must_finish:
        texts.append(_MUST_FINISH)
    # A provider refuses blank texts.
    return conversation.said(answers, [text for text in texts if text.strip()])


async def _told(deps: Deps, result: ToolResult) -> str:
    if result.text_ref:
        return await deps.text(result.text_ref)
    if result.answer is None:
        return result.text
    answer = await deps.loaded(result.answer)
    return result.text + (answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, indent=1))


async def _greeted(
    deps: Deps,
    task: ModelTurn,
    definition: FlowDefinition,
    component: AgentComponent | OneOffComponent,
    conversation: Conversation,
) -> Conversation:
    template = definition.prompt(component.prompt_id).prompt_template
    variables = await deps.loaded(task.inputs)
    prompt = redact(deps.flow_files.render(template.user, variables))
    system = conversation.system or redact(deps.flow_files.render(template.system, variables))
    return conversation.model_copy(update={"system": system, "prompt": prompt})


def request_of(
    deps: Deps, task: ModelTurn, definition: FlowDefinition, component: AgentComponent | OneOffComponent, conversation: Conversation
) -> TurnRequest:
    """Return the question of this turn."""
    return TurnRequest(
        model=deps.model_for(component.model_tags),
        system=conversation.system,
        messages=conversation.messages,
        tools=() if task.must_finish else _tool_schemas(component, definition),
        answer_schema=answer_schema_of(definition, component),
        max_tokens=deps.max_tokens,
        timeout_seconds=definition.prompt(component.prompt_id).params.timeout,
        labels={"session": task.scope.session_id},
    )


def answer_schema_of(definition: FlowDefinition, component: AgentComponent | OneOffComponent) -> dict[str, Any] | None:
    """Return the JSON Schema that the component's answer must fit; None for free text."""
    return definition.schema(component.response_schema_id) if isinstance(component, AgentComponent) else None


def _tool_schemas(component: AgentComponent | OneOffComponent, definition: FlowDefinition) -> tuple[ToolSchema, ...]:
    served = [use for use in component.toolset if use.name not in TO_COME]
    own = tuple(_without_forced(tool_named(use.name).for_model(), set(use.forced)) for use in served)
    # Whoever gets results can get one that is cut, and is told there to read on with this.
    if own and READ_TOOL_RESULT not in {use.name for use in component.toolset}:
        own = (*own, tool_named(READ_TOOL_RESULT).for_model())
    if isinstance(component, AgentComponent) and component.subagents:
        return (*own, delegate_tool(component, definition))
    return own


def _without_forced(schema: ToolSchema, forced: set[str]) -> ToolSchema:
    if not forced:
        return schema
    properties = {name: value for name, value in schema.input_schema.get("properties", {}).items() if name not in forced}
    required = [name for name in schema.input_schema.get("required", []) if name not in forced]
    return schema.model_copy(update={"input_schema": {**schema.input_schema, "properties": properties, "required": required}})
