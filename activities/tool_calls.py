"""Tool calls: what flow, policy and the requester's own access allow, and nothing else (F7, S5)."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError
from temporalio import activity
from typing_extensions import override

from duo_flows.domain.errors import NeverAgain, Refused
from duo_flows.domain.flow_definition import AgentComponent, Component, DeterministicStepComponent, OneOffComponent
from duo_flows.domain.people import ACCESS_TO_READ
from duo_flows.domain.pipelines import Pipeline, decisive_of
from duo_flows.domain.policy import ProjectPolicy
from duo_flows.domain.redaction import redact, redact_value
from duo_flows.domain.sessions import LogKind, NewLogEntry, SessionUpdate
from duo_flows.domain.tools import WAIT_FOR_PIPELINE, ToolSpec, check_access, check_privilege, tool_named

from .boundary import bounded
from .contracts import LookAtPipeline, PipelineSeen, Scope, ToolContract, ToolDone, ToolRun
from .deps import Deps
from .heartbeats import beating
from .tools import TOOLBOX, ToolCallContext, ToolOutput

# A model's window is large, but what it does not need makes it worse; the whole result stays reachable by asking for a part.
_MODEL_TEXT_MAX = 64_000
# GitLab keeps this much of a tool's response in a session's messages.
_LOG_DATA_MAX = 4_096


class ToolActivities(ToolContract):
    """Tool calls, over the ports."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @override
    @activity.defn(name="call_tool")
    @bounded
    async def call_tool(self, task: ToolRun) -> ToolDone:
        arguments: Any = task.arguments
        try:
            arguments = await self._arguments(task)
            async with beating():
                output = await self._output(task, arguments)
        except (Refused, NeverAgain) as error:
            reason = redact(str(error))
            await self._log(task, arguments, f"{task.tool} did not work: {reason}")
            text_ref = await self._deps.put_text(reason) if task.call_id else ""
            return ToolDone(error=reason, error_code=error.code, text_ref=text_ref)
        await self._log(task, arguments, f"{task.tool}: {_first_line(output)}")
        text_ref = await self._deps.put_text(_capped(redact(output.for_model()))) if task.call_id else ""
        # A model reads the text; the context of an agent's call is the conversation, so its value need not travel.
        return ToolDone(value=None if task.call_id else await self._deps.travelling(redact_value(output.value)), text_ref=text_ref)

    async def _arguments(self, task: ToolRun) -> dict[str, Any]:
        definition = await self._deps.definition(task.scope.definition_ref)
        forced = _forced(definition.component(task.component), task.tool)
        given = await self._deps.loaded(task.arguments)
        if not isinstance(given, dict):
            raise Refused(f"{task.tool} takes named arguments.", code="bad_arguments")
        return {**given, **forced}

    async def _output(self, task: ToolRun, arguments: dict[str, Any]) -> ToolOutput:
        spec = tool_named(task.tool)
        await self._check_may_use(spec, task)
        call = ToolCallContext(deps=self._deps, scope=task.scope)
        return await TOOLBOX[spec.name](call, _validated(spec, arguments))

    async def _check_may_use(self, spec: ToolSpec, task: ToolRun) -> None:
        scope = task.scope
        if spec.name == WAIT_FOR_PIPELINE or (task.call_id and not spec.for_agents):
            raise Refused(f"{spec.name} is not a tool for agents.", code="not_for_agents")
        check_privilege(spec, scope.privileges)
        policy = ProjectPolicy(tools_allow=scope.tools_allow, tools_deny=scope.tools_deny)
        if not policy.is_tool_allowed(spec.name):
            raise Refused(f"The policy of {scope.project_path} does not let flows use {spec.name}.", code="denied_by_policy")
        await self._check_access(spec, scope)

    async def _check_access(self, spec: ToolSpec, scope: Scope) -> None:
        level = await self._deps.forge.access_level(scope.project_id, scope.requester_id)
        check_access(spec, level, requester=scope.requester, project_path=scope.project_path)

    async def _log(self, task: ToolRun, arguments: Any, text: str) -> None:
        scope = task.scope
        entry = NewLogEntry(
            key=f"run{scope.run}/step{task.step}/{task.component}/{task.tool}/{task.call_id}",
            kind=LogKind.TOOL,
            text=text,
            component=task.component,
            data={"tool": task.tool, "arguments": _for_log(arguments)},
        )
        update = SessionUpdate(session_id=scope.session_id, run=scope.run, step=task.component, entries=(entry,))
        await self._deps.sessions.update(update)

    @override
    @activity.defn(name="look_at_pipeline")
    @bounded
    async def look_at_pipeline(self, task: LookAtPipeline) -> PipelineSeen:
        level = await self._deps.forge.access_level(task.scope.project_id, task.scope.requester_id)
        if level < ACCESS_TO_READ:
            raise Refused(
                f"@{task.scope.requester} has no access to the pipelines of {task.scope.project_path} any more.",
                code="requester_lacks_access",
            )
        pipelines = await self._deps.forge.pipelines(task.scope.project_id, sha=task.sha)
        return _seen(pipelines)


def _seen(pipelines: tuple[Pipeline, ...]) -> PipelineSeen:
    decisive = decisive_of(pipelines)
    if decisive is None:
        return PipelineSeen()
    return PipelineSeen(
        pipeline_id=decisive.id,
        status=decisive.status,
        is_finished=decisive.is_finished,
        web_url=decisive.web_url,
    )


def _forced(component: Component, tool: str) -> dict[str, Any]:
    """Return the forced parameters of a tool in a component.

    Raises:
        Refused: the component does not have the tool.
    """
    uses = component.toolset if isinstance(component, AgentComponent | OneOffComponent | DeterministicStepComponent) else ()
    forced = next((use.forced for use in uses if use.name == tool), None)
    if forced is None and isinstance(component, DeterministicStepComponent) and component.tool_name == tool:
        return {}
    if forced is None:
        names = ", ".join(use.name for use in uses) or "none"
        raise Refused(f"{component.name} has no tool {tool!r}. Its tools are: {names}.", code="not_in_toolset")
    return forced


def _validated(spec: ToolSpec, arguments: dict[str, Any]) -> Any:
    try:
        return spec.arguments.model_validate(arguments)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "arguments"
        raise Refused(f"{spec.name}: {where}: {first['msg']}.", code="bad_arguments") from None


def _first_line(output: ToolOutput) -> str:
    value = output.value if isinstance(output.value, dict) else {}
    outcome = output.told or value.get("outcome")
    return redact(str(outcome))[:200] if outcome else redact(output.for_model()).split("\n", 1)[0][:200]


def _for_log(arguments: Any) -> str:
    text = redact(json.dumps(arguments, ensure_ascii=False))
    return text if len(text) <= _LOG_DATA_MAX else text[:_LOG_DATA_MAX] + "…"


def _capped(text: str) -> str:
    if len(text) <= _MODEL_TEXT_MAX:
        return text
    return f"{text[:_MODEL_TEXT_MAX]}\n[cut: {len(text) - _MODEL_TEXT_MAX} more characters; ask for a smaller part]"
