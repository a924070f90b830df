"""What each key of a flow file means, in a sentence: said by editors beside the key. A test holds it to the models, key by key."""

from __future__ import annotations

from collections.abc import Mapping

# Keys by which an author means to hold a component back, and where they do. Where they would hold nothing back the flow is refused
# for them: who has asked to be asked must not learn from a write that nobody was.
RESTRAINTS: Mapping[str, str] = {
    "require_tool_approval": "only an AgentComponent asks before its tools are called",
    "pre_approved_tools": "only an AgentComponent asks before its tools are called",
    "cost_cap_usd": "only an AgentComponent has a cost cap of its own",
    "timeout": "only a HumanInputComponent waits for an answer; a model's time is in `params` of its prompt",
    "change": "only a HumanInputComponent asks about a change",
    "choices": "only a HumanInputComponent asks",
    "interaction_type": "only a HumanInputComponent asks",
    "forced": "parameters are forced in `toolset`, below the tool's name",
}

_COMPONENT = {
    "name": "What routers and `context:` paths call it: any text without `:`, `.` and `#`.",
    "type": "What it does.",
    "inputs": "What it reads: each a path, or a mapping that names it for templates and tools.",
    "ui_log_events": "Which of its lines people are shown first. The session log keeps everything.",
    "ui_role_as": "Who speaks in its lines: the agent or a tool.",
}
_PROMPTED = {
    **_COMPONENT,
    "prompt_id": "The inline prompt of `prompts` that it is asked with.",
    "prompt_version": "GitLab's registry version of a prompt. Leave it out: prompts are inline here.",
    "model_tags": "Tags for which the operator names models; the first one that has a model counts.",
    "model_size_preference": "GitLab's older word for `model_tags`.",
    "compaction": "Whether older messages of a long conversation become a summary, or when they do.",
    "toolset": "The tools that it may call, each with parameters that it cannot change if they are given.",
}

KEY_WORDS: Mapping[str, Mapping[str, str]] = {
    "FlowDefinition": {
        "version": "The version of the schema.",
        "environment": "`ambient` for flows that work in the background, and for all custom flows.",
        "name": "For people. Not in a custom flow: GitLab keeps it beside the file.",
        "description": "What the flow does, for people. Not in a custom flow.",
        "product_group": "GitLab's owner of the flow. Not in a custom flow.",
        "components": "The nodes of the flow.",
        "routers": "What comes after each component.",
        "flow": "Where it begins, what it must be given, and how it is summed up.",
        "prompts": "Inline prompts, by `prompt_id`.",
        "response_schemas": "JSON Schemas of final answers, by `schema_id`.",
    },
    "AgentComponent": {
        **_PROMPTED,
        "description": "What the agent is good for. A supervisor reads it; it has to be there if one manages this agent.",
        "subagents": "Agents that this one may delegate to.",
        "max_delegations": "How often it may delegate.",
        "max_cycles": "After so many rounds it is told to finish.",
        "max_wrap_up_retries": "How often it may go on after it was told to finish.",
        "response_schema_id": "The schema of `response_schemas` that its final answer fits. Otherwise the answer is a text.",
        "response_schema_version": "GitLab's registry version of a schema. Leave it out: schemas are inline here.",
        "response_schema_tracking": "GitLab's tracking of answers. Without effect here.",
        "require_tool_approval": "Whether a person is asked before its tools are called.",
        "pre_approved_tools": "Tools of its toolset that nobody is asked about.",
        "cost_cap_usd": "Ours: what its turns may cost in one session, in US dollars.",
    },
    "DeterministicStepComponent": {
        **_COMPONENT,
        "tool_name": "The tool that it calls once.",
        "inputs": "The tool's arguments: each input's name (`as`) is the argument's.",
        "toolset": "Parameters of the tool that are fixed here.",
    },
    "OneOffComponent": {
        **_PROMPTED,
        "max_correction_attempts": "How often a call that failed may be tried anew.",
    },
    "HumanInputComponent": {
        **_COMPONENT,
        "sends_response_to": "The component, run before, whose conversation gets the answer.",
        "message_template": "The question: Jinja2 over its inputs, giving Markdown.",
        "interaction_type": "Whether a yes or no, or a text is asked for.",
        "timeout": "Ours: how long the question stays open, such as `P7D` or `7d`. Otherwise the operator's time.",
        "change": "Ours: where the stored change stands that is asked about.",
        "choices": "Ours: which answers are offered. Otherwise all that fit.",
    },
    "Compaction": {
        "max_recent_messages": "How many of the newest messages stay at most, in whole turns.",
        "recent_messages_token_budget": "How many tokens of them stay at most.",
        "trim_threshold": "It is due from this part of what the model takes on.",
    },
    "Input": {
        "from": "`context:component.output`, `context:goal`, `conversation_history:component`, `status`; or a `literal` text.",
        "as": "What templates and tools call it. Otherwise the path's last part.",
        "literal": "Whether `from` is the value itself.",
        "optional": "Whether a missing value is nothing, and not an end with fault.",
    },
    "SubAgent": {"name": "The name of an AgentComponent that no router leads to."},
    "CycleLimit": {
        "threshold": "After so many rounds the agent is told to finish.",
        "iteration_warning_offset": "So many rounds earlier it is warned.",
    },
    "Router": {
        "from": "The component that it leads on from.",
        "to": "A component, `end` or `abort`.",
        "condition": "The way on by the text of a value.",
        "ending": "Ours: how the run ends, with `to: end`.",
        "endings": "Ours: the same for routes of the condition that lead to `end`.",
    },
    "Condition": {
        "input": "The value: a `context:` path, or `status`.",
        "routes": "The way for each text of the value; `default_route` for all others.",
    },
    "FlowEntry": {
        "entry_point": "The component to begin with.",
        "inputs": "Additional context that a start must bring, read as `context:inputs.<category>.<field>`.",
        "summary": "Ours: Jinja2 over the whole context, `ending` and `reason`, that says what became of it.",
    },
    "FlowInputs": {
        "category": "The category's name.",
        "version_constraint": "Which versions of the category are taken, such as `^1.0.0`.",
        "input_schema": "Its fields.",
    },
    "InputField": {
        "type": "The field's type, in JSON Schema's words.",
        "format": "Its format, in JSON Schema's words.",
        "description": "What it is.",
        "optional": "Whether it may be missing.",
    },
    "Prompt": {
        "prompt_id": "What components call it.",
        "name": "For people.",
        "unit_primitives": "GitLab's, for its billing: an empty list.",
        "prompt_template": "What a model is told.",
        "params": "GitLab's settings of the call.",
    },
    "PromptTemplate": {
        "system": "Who the model is and how it works: Jinja2 over the component's inputs.",
        "user": "What it is to do: Jinja2 over the component's inputs.",
        "placeholder": "GitLab's place of the conversation: `history`.",
    },
    "PromptParams": {
        "timeout": "Seconds.",
        "stop": "Texts at which a model stops. Not in a custom flow.",
        "vertex_location": "GitLab's place of the model.",
    },
    "ResponseSchema": {
        "schema_id": "What components call it.",
        "definition": "The JSON Schema of an object, as a mapping or as a JSON text.",
    },
}
