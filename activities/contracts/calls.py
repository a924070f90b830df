"""Tool calls: what is asked and what comes of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from temporalio import activity

from duo_flows.domain.model import Model

from .scope import Scope


class CallRequest(Model):
    """A tool call that a model asks for; long arguments travel by reference.

    With a `problem` it is not made, and the model is told that.
    """

    id: str
    name: str
    arguments: Any
    problem: str = ""


class ToolResult(Model):
    """The result of a tool call for the model: by reference, or in short words of ours, and then `answer`, a value of the context.

    `value` is for the context and no model reads it.
    """

    call_id: str
    text_ref: str = ""
    text: str = ""
    answer: Any = None
    value: Any = None
    is_error: bool = False


class ToolRun(Model):
    """Asks for one tool call. `call_id` is empty where a step calls and not a model; `turn` is the agent's, 0 without one.

    `keeps_value`: what the tool gives is wanted for the context, also where a model has called it.
    """

    scope: Scope
    component: str
    step: int
    tool: str
    arguments: Any
    call_id: str = ""
    turn: int = 0
    subsession: int = 0
    keeps_value: bool = False


class ToolDone(Model):
    """What a tool gave: `value` for the context (by reference where large), `text_ref` for a model; or why it did not work."""

    value: Any = None
    text_ref: str = ""
    error: str = ""
    error_code: str = ""


class LookAtPipeline(Model):
    """Asks how the pipeline of a commit stands."""

    scope: Scope
    sha: str


class PipelineSeen(Model):
    """The newest pipeline of the commit; `pipeline_id` 0 while there is none."""

    pipeline_id: int = 0
    status: str = ""
    is_finished: bool = False
    web_url: str = ""


class ToolContract(ABC):
    """Tool calls."""

    @abstractmethod
    @activity.defn(name="call_tool")
    async def call_tool(self, task: ToolRun) -> ToolDone:
        """Call a tool after checking flow, policy and the requester's own access."""

    @abstractmethod
    @activity.defn(name="look_at_pipeline")
    async def look_at_pipeline(self, task: LookAtPipeline) -> PipelineSeen:
        """Look at the pipeline of a commit."""
