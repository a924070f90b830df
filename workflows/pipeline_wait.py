"""Waiting for the pipeline of a commit: a hook wakes the run up, a timer looks anyway (hooks get lost)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from activities.contracts import LookAtPipeline, PipelineSeen, ToolContract
from duo_flows.domain.flow_definition import DeterministicStepComponent
from duo_flows.domain.log_events import LogEvent, event_data
from duo_flows.domain.pipelines import WaitOutcome, outcome_of_wait
from duo_flows.domain.sessions import LogKind
from duo_flows.domain.tools import WaitForPipeline

from . import display, retries
from .session_run import SessionRun

# A pipeline is made within seconds of a push, and short ones end soon after. Looking often at first costs little and spares the
# person waiting if the hook is late; every look doubles the pause until the operator's interval is reached.
_FIRST_PAUSE = timedelta(seconds=2)


async def wait_for_pipeline(run: SessionRun, component: DeterministicStepComponent, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return how the pipeline of the commit ended.

    `outcome` is a WaitOutcome; `pipeline_id` is 0 where none came.
    """
    wanted = WaitForPipeline.model_validate(arguments)
    attempt = run.state.passages.get(component.name, 1)
    if run.state.waits_for_sha != wanted.sha:
        run.state.waits_for_sha = wanted.sha
        run.state.waits_until = workflow.now() + run.state.opened.limits.pipeline_wait_timeout
        display.show(run.state)
        await run.report(run.entry(LogKind.STEP, f"Waiting for the pipeline of commit {wanted.sha[:8]}.", component=component.name))
    seen = await _watch(run, wanted.sha)
    run.state.waits_for_sha, run.state.waits_until = "", None
    display.show(run.state)
    outcome = outcome_of_wait(seen.status, is_last=attempt >= wanted.max_attempts)
    shown = event_data(component, LogEvent.TOOL_SUCCESS)
    await run.report(run.entry(LogKind.STEP, _told(seen, outcome), component=component.name, data=shown))
    return {
        "outcome": str(outcome),
        "attempt": attempt,
        "pipeline_id": seen.pipeline_id,
        "status": seen.status,
        "web_url": seen.web_url,
        "sha": wanted.sha,
    }


async def _watch(run: SessionRun, sha: str) -> PipelineSeen:
    pause = _FIRST_PAUSE
    while True:
        await _safe_point(run)
        hints = run.pipeline_hints
        # A look only reads: whoever stops the session does not wait for a GitLab that is down.
        seen = await run.unless_stopped(_look(run, sha))
        left = _deadline(run) - workflow.now()
        if seen.is_finished or left <= timedelta(0):
            return seen
        await _hint_or_pause(run, hints, min(pause, left))
        pause = min(pause * 2, run.state.opened.limits.pipeline_poll_interval)


async def _safe_point(run: SessionRun) -> None:
    """Come by a safe point; a pause there takes nothing from the time that a pipeline has."""
    before = workflow.now()
    try:
        await run.safe_point()
    finally:
        # Also where the run goes on in a new history.
        run.state.waits_until = _deadline(run) + (workflow.now() - before)


def _deadline(run: SessionRun) -> datetime:
    """Return until when is waited: as the wait began, in whichever history that was."""
    return run.state.waits_until or workflow.now() + run.state.opened.limits.pipeline_wait_timeout


async def _look(run: SessionRun, sha: str) -> PipelineSeen:
    return await workflow.execute_activity_method(
        ToolContract.look_at_pipeline,
        LookAtPipeline(scope=run.scope, sha=sha),
        summary=f"pipeline of {sha[:8]}",
        **retries.GITLAB,
    )


async def _hint_or_pause(run: SessionRun, hints: int, pause: timedelta) -> None:
    try:
        # Hints and requests to stop or pause arrive here in between; all are looked at by the caller.
        await workflow.wait_condition(
            lambda: run.pipeline_hints > hints or run.state.stop is not None or run.state.is_to_pause,
            timeout=pause,
            timeout_summary="look at the pipeline",
        )
    except TimeoutError:
        return


def _told(seen: PipelineSeen, outcome: WaitOutcome) -> str:
    if not seen.pipeline_id:
        return "No pipeline came for the commit."
    return f"Pipeline {seen.pipeline_id} is {seen.status}." + (
        " No attempt is left." if outcome is WaitOutcome.ATTEMPTS_USED_UP else ""
    )
