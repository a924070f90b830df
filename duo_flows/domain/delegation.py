"""Delegation: what a supervisor may ask of its sub-agents, and how a call of `delegate_task` is read. Pure.

A subsession is one conversation with one sub-agent, numbered from 1 within a run. Who has started it can go on with it.
Source: GitLab's flow registry documentation, version v1, supervisor mode.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import Refused
from .flow_context import is_stored, short_parts
from .flow_definition import AgentComponent, FlowDefinition
from .model import Model
from .model_turns import ToolSchema

DELEGATE_TASK = "delegate_task"

# No component's name may have it, so that a key names a component's own conversation, or one of its subsessions, and nothing else.
_MARK = "#"


class Delegation(Model):
    """A task for a sub-agent: in a new subsession, or in one that is there. A long `prompt` is in its stored form."""

    subagent: str
    prompt: Any
    subsession: int | None = None


def subsession_key(name: str, number: int) -> str:
    """Return the name of a sub-agent's numbered subsession, such as `tester#2`; of the component itself for 0."""
    return f"{name}{_MARK}{number}" if number else name


def subsession_prefix(name: str) -> str:
    """Return how the names of all subsessions of a component begin."""
    return name + _MARK


def compaction_key(key: str) -> str:
    """Return the name under which the summaries of a conversation are recorded, apart from its turns."""
    return f"{key}{_MARK}compaction"


def component_of(key: str) -> str:
    """Return the component that a key is a conversation of."""
    return key.partition(_MARK)[0]


def number_of(key: str) -> int:
    """Return the number of the subsession that a key names; 0 for the component's own conversation."""
    number = key.partition(_MARK)[2]
    return int(number) if number.isdecimal() else 0


def delegate_tool(supervisor: AgentComponent, definition: FlowDefinition) -> ToolSchema:
    """Return `delegate_task` as the supervisor's model sees it: every sub-agent with what it is good for."""
    names = [sub.name for sub in supervisor.subagents]
    told = "\n".join(f"- {name}: {_description(definition, name)}" for name in names)
    return ToolSchema(
        name=DELEGATE_TASK,
        description=f"Give a task to a sub-agent and get its answer. It knows only what your prompt says. Sub-agents:\n{told}",
        input_schema={
            "type": "object",
            "properties": {
                "subagent_name": {"type": "string", "enum": names, "description": "Who is to do it."},
                "prompt": {"type": "string", "description": "The whole task: what to do, what to know, what to answer."},
                "subsession_id": {
                    "type": "integer",
                    "description": "To go on with an earlier subsession: the number that came with its result. Else leave it out.",
                },
            },
            "required": ["subagent_name", "prompt"],
            "additionalProperties": False,
        },
    )


def _description(definition: FlowDefinition, name: str) -> str:
    component = definition.component(name)
    return component.description if isinstance(component, AgentComponent) else ""


def read_delegation(arguments: Any, *, subagents: Sequence[str], subsessions: Mapping[int, str]) -> Delegation:
    """Return what a call of `delegate_task` asks for.

    Args:
        arguments: as the model gave them; in stored form where they are long.
        subagents: the names that the supervisor may delegate to.
        subsessions: the sub-agent of each subsession so far.

    Raises:
        Refused: in words that the model can act on.
    """
    given = short_parts(arguments)
    if not isinstance(given, Mapping):
        raise Refused(f"{DELEGATE_TASK} takes named arguments.", code="bad_arguments")
    name = _subagent(given.get("subagent_name"), subagents)
    prompt = given.get("prompt")
    if not is_stored(prompt) and not (isinstance(prompt, str) and prompt.strip()):
        raise Refused("The prompt is empty: say what the sub-agent is to do.", code="bad_arguments")
    return Delegation(subagent=name, prompt=prompt, subsession=_subsession(given.get("subsession_id"), name, subsessions))


def _subagent(name: Any, subagents: Sequence[str]) -> str:
    if name in subagents:
        return str(name)
    near = difflib.get_close_matches(str(name), subagents, n=1)
    meant = f" Did you mean {near[0]!r}?" if near else ""
    raise Refused(f"There is no sub-agent {name!r}.{meant} There are: {', '.join(subagents)}.", code="no_such_subagent")


def _subsession(given: Any, name: str, subsessions: Mapping[int, str]) -> int | None:
    if given is None:
        return None
    # Models write numbers as texts now and then; a bool is an int to Python.
    number = int(given) if isinstance(given, str) and given.isascii() and given.isdecimal() else given
    if isinstance(number, bool) or not isinstance(number, int) or number not in subsessions:
        known = ", ".join(f"{one} ({owner})" for one, owner in sorted(subsessions.items())) or "none yet"
        raise Refused(
            f"There is no subsession {given!r}; leave it out to begin anew. There are: {known}.", code="no_such_subsession"
        )
    if subsessions[number] != name:
        raise Refused(f"Subsession {number} is with {subsessions[number]}, not with {name}.", code="other_subsession")
    return number
