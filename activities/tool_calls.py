"""Tool calls: what flow, policy and the requester's own access allow, and nothing else (F7, S5)."""

from __future__ import annotations

from typing import Any

from temporalio import activity
from typing_extensions import override

from duo_flows.domain.delegation import subsession_key
from duo_flows.domain.errors import NeverAgain, Refused
from duo_flows.domain.flow_definition import Component
from duo_flows.domain.log_events import LogEvent
from duo_flows.domain.people import ACCESS_TO_READ
from duo_flows.domain.pipelines import Pipeline, decisive_of
from duo_flows.domain.redaction import redact, redact_value
from duo_flows.domain.sessions import LogKind, NewLogEntry, SessionUpdate
from duo_flows.domain.tools import TOOLS, ToolSpec, known_spec, tool_named

from .boundary import bounded
from .contracts import LookAtPipeline, PipelineSeen, ToolContract, ToolDone, ToolRun
from .deps import Deps
from .heartbeats import beating
from .log_lines import event_data_of
from .tool_consent import moment_of, require_consent
from .tool_places import placed
from .tool_results import KeptResult, arguments_for_log, keep_result, line_for_log
from .tool_rights import check_allowed, effective_arguments, validated
from .tools import TOOLBOX, Place, ToolCallContext, ToolOutput

# What is kept of a call that gave nothing to a model.
_NOTHING = KeptResult(text_ref="")


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
                output, place = await self._output(task, spec, asked)
        except (Refused, NeverAgain) as error:
            reason = redact(str(error))
            failed = f"{task.tool} did not work: {reason}"
            await self._log(task, arguments, failed, consent=consent, kept=_NOTHING, event=LogEvent.TOOL_FAILED)
            text_ref = await self._deps.put_text(reason) if task.call_id else ""
            return ToolDone(error=reason, error_code=error.code, text_ref=text_ref)
        kept = await keep_result(self._deps, output, place) if task.call_id else _NOTHING
        worked = f"{task.tool}: {line_for_log(output)}"
        await self._log(task, arguments, worked, consent=consent, kept=kept, event=LogEvent.TOOL_SUCCESS)
        # A model reads the text; the context of an agent's call is the conversation, so its value rarely need travel.
        is_for_context = not task.call_id or task.keeps_value
        value = await self._deps.travelling(redact_value(output.value)) if is_for_context else None
        return ToolDone(value=value, text_ref=kept.text_ref)

    async def _component(self, task: ToolRun) -> Component:
        return (await self._deps.definition(task.scope.definition_ref)).component(task.component)

    def _checked(self, task: ToolRun, arguments: dict[str, Any]) -> tuple[ToolSpec, Any]:
        """Return (the tool, its arguments in its own form).

        Raises:
            Refused: flow or policy are against it, or the arguments do not fit.
        """
        # Rights come before whether a tool is served: its class is what a person can grant.
        spec = known_spec(task.tool) or tool_named(task.tool)
        check_allowed(spec, task.scope, by_agent=bool(task.call_id))
        return spec, validated(spec, arguments) if spec.name in TOOLS else None

    async def _output(self, task: ToolRun, spec: ToolSpec, asked: Any) -> tuple[ToolOutput, Place]:
        """Return (what the tool gave, the project it was about), after the requester's own access to it was checked."""
        asked, place = await placed(self._deps, task.scope, spec, asked)
        tool = TOOLBOX[tool_named(spec.name).name]
        caller = subsession_key(task.component, task.subsession)
        call = ToolCallContext(deps=self._deps, scope=task.scope, place=place, call_key=_key(task), component=caller)
        return await tool(call, asked), place

    async def _log(  # noqa: PLR0913 - each is one part of the line
        self, task: ToolRun, arguments: Any, text: str, *, consent: str, kept: KeptResult, event: LogEvent
    ) -> None:
        scope = task.scope
        shown = await event_data_of(self._deps, scope, task.component, event)
        given = {"tool": task.tool, "arguments": arguments_for_log(arguments)}
        entry = NewLogEntry(
            key=_key(task) + kept.key,
            kind=LogKind.TOOL,
            text=text,
            component=subsession_key(task.component, task.subsession),
            data={**given, **({"consent": consent} if consent else {}), **kept.data, **shown},
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
    return moment_of(task).key_of(task.tool, task.call_id)


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
