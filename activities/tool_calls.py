"""Tool calls: what flow, policy and the requester's own access allow, and nothing else (F7, S5)."""

from __future__ import annotations

import json
from typing import Any

from temporalio import activity
from typing_extensions import override

from duo_flows.domain.delegation import subsession_key
from duo_flows.domain.errors import NeverAgain, Refused
from duo_flows.domain.flow_definition import Component
from duo_flows.domain.people import ACCESS_TO_READ
from duo_flows.domain.pipelines import Pipeline, decisive_of
from duo_flows.domain.redaction import redact, redact_value
from duo_flows.domain.sessions import LogKind, NewLogEntry, SessionUpdate
from duo_flows.domain.tools import ToolSpec, check_access, tool_named

from .boundary import bounded
from .contracts import LookAtPipeline, PipelineSeen, Scope, ToolContract, ToolDone, ToolRun
from .deps import Deps
from .heartbeats import beating
from .tool_consent import require_consent
from .tool_rights import check_allowed, effective_arguments, validated
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
        arguments, consent = task.arguments, ""
        try:
            component = await self._component(task)
            arguments = effective_arguments(component, task.tool, await self._deps.loaded(task.arguments))
            spec, asked = self._checked(task, arguments)
            consent = await require_consent(self._deps, task, component, arguments)
            async with beating():
                output = await self._output(task, spec, asked)
        except (Refused, NeverAgain) as error:
            reason = redact(str(error))
            await self._log(task, arguments, f"{task.tool} did not work: {reason}", consent=consent)
            text_ref = await self._deps.put_text(reason) if task.call_id else ""
            return ToolDone(error=reason, error_code=error.code, text_ref=text_ref)
        await self._log(task, arguments, f"{task.tool}: {_first_line(output)}", consent=consent)
        text_ref = await self._deps.put_text(_capped(redact(output.for_model()))) if task.call_id else ""
        # A model reads the text; the context of an agent's call is the conversation, so its value rarely need travel.
        is_for_context = not task.call_id or task.keeps_value
        value = await self._deps.travelling(redact_value(output.value)) if is_for_context else None
        return ToolDone(value=value, text_ref=text_ref)

    async def _component(self, task: ToolRun) -> Component:
        return (await self._deps.definition(task.scope.definition_ref)).component(task.component)

    def _checked(self, task: ToolRun, arguments: dict[str, Any]) -> tuple[ToolSpec, Any]:
        """Return (the tool, its arguments in its own form).

        Raises:
            Refused: flow or policy are against it, or the arguments do not fit.
        """
        spec = tool_named(task.tool)
        check_allowed(spec, task.scope, by_agent=bool(task.call_id))
        return spec, validated(spec, arguments)

    async def _output(self, task: ToolRun, spec: ToolSpec, asked: Any) -> ToolOutput:
        await self._check_access(spec, task.scope)
        call = ToolCallContext(deps=self._deps, scope=task.scope, call_key=_key(task))
        return await TOOLBOX[spec.name](call, asked)

    async def _check_access(self, spec: ToolSpec, scope: Scope) -> None:
        level = await self._deps.forge.access_level(scope.project_id, scope.requester_id)
        check_access(spec, level, requester=scope.requester, project_path=scope.project_path)

    async def _log(self, task: ToolRun, arguments: Any, text: str, *, consent: str) -> None:
        scope = task.scope
        entry = NewLogEntry(
            key=_key(task),
            kind=LogKind.TOOL,
            text=text,
            component=subsession_key(task.component, task.subsession),
            data={"tool": task.tool, "arguments": _for_log(arguments), **({"consent": consent} if consent else {})},
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


def _key(task: ToolRun) -> str:
    """Return what names this call within its session, however often it is tried."""
    return f"run{task.scope.run}/step{task.step}/{task.component}/{task.tool}/{task.call_id}"


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
