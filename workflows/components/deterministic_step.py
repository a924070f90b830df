"""DeterministicStepComponent: one call of one tool, without a model."""

from __future__ import annotations

from typing import Any

from temporalio import workflow

from activities.contracts import ToolContract, ToolRun
from duo_flows.domain.flow_definition import DeterministicStepComponent
from duo_flows.domain.tools import WAIT_FOR_PIPELINE
from workflows import retries
from workflows.pipeline_wait import wait_for_pipeline
from workflows.session_run import SessionRun


async def run_deterministic_step(run: SessionRun, component: DeterministicStepComponent) -> None:
    """Call the step's tool; leaves `tool_responses`, `error` and `execution_result` in the context."""
    arguments = _arguments(run, component)
    if component.tool_name == WAIT_FOR_PIPELINE:
        value, error = await wait_for_pipeline(run, component, arguments), ""
    else:
        value, error = await _call(run, component, arguments)
    run.state.context[component.name] = {
        "tool_responses": value,
        "error": error or None,
        "execution_result": "failed" if error else "success",
    }


def _arguments(run: SessionRun, component: DeterministicStepComponent) -> dict[str, Any]:
    given = run.read(component.inputs)
    forced = next((use.forced for use in component.toolset if use.name == component.tool_name), {})
    return {name: value for name, value in {**given, **forced}.items() if value is not None}


async def _call(run: SessionRun, component: DeterministicStepComponent, arguments: dict[str, Any]) -> tuple[Any, str]:
    task = ToolRun(scope=run.scope, component=component.name, step=run.state.step, tool=component.tool_name, arguments=arguments)
    patience = retries.tool(run.state.opened.limits)
    done = await workflow.execute_activity_method(
        ToolContract.call_tool, task, summary=f"{component.name}: {component.tool_name}"[:200], **patience
    )
    return done.value, done.error
