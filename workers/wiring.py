"""What a worker runs: the one workflow for every flow, and the activities with their adapters handed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.contracts import Limits
from activities.deps import Deps
from activities.model_turns import ModelActivities
from activities.requests import RequestActivities
from activities.sessions import SessionActivities
from activities.tool_calls import ToolActivities
from duo_flows.bootstrap.services import Services
from signals.names import TASK_QUEUE
from workflows.flow import Flow

# Long enough for a push or a note under way to finish; a model's turn is given up and asked again by another worker.
GRACEFUL_SHUTDOWN = timedelta(seconds=10)
# Whoever has a run in memory is offered its next task first. A living worker takes it at once; a dead one is waited for this long.
STICKY = timedelta(seconds=5)
_MICROUSD = 1_000_000

# Ours are pure and the same in every run; loading them once keeps a new workflow's first task fast.
PASSED_THROUGH = ("duo_flows", "signals", "activities", "pydantic", "pydantic_core", "annotated_types", "typing_extensions")


def deps_of(services: Services) -> Deps:
    """Return what the activities are handed."""
    settings = services.settings
    return Deps(
        forge=services.forge,
        reader=services.reader,
        writer=services.writer,
        repository=services.repository,
        planner=services.planner,
        sessions=services.sessions,
        inbox=services.inbox,
        contents=services.contents,
        flow_files=services.flow_files,
        account=services.account,
        limits=Limits(
            request_timeout=settings.request_timeout,
            pipeline_poll_interval=settings.pipeline_poll_interval,
            pipeline_wait_timeout=settings.pipeline_wait_timeout,
            cost_cap_microusd=int(settings.cost_cap_usd * _MICROUSD),
            sign_of_life=settings.sign_of_life,
        ),
        privileges=settings.default_privileges,
        model=settings.model,
        models_by_tag=settings.models_by_tag,
        max_tokens=settings.max_tokens,
        signing_key=settings.signing_key.get_secret_value().encode(),
        allow_unsigned=settings.allow_unsigned,
        public_url=settings.public_url,
        gitlab_url=settings.gitlab_url,
    )


def activities_of(deps: Deps) -> Sequence[Callable[..., Any]]:
    """Return every activity, bound to what it needs."""
    sessions, models = SessionActivities(deps), ModelActivities(deps)
    tools, requests = ToolActivities(deps), RequestActivities(deps)
    return [
        sessions.open_session,
        sessions.report_session,
        sessions.close_session,
        sessions.announce,
        models.model_turn,
        models.compact_conversation,
        tools.call_tool,
        tools.look_at_pipeline,
        requests.ask_requester,
        requests.ask_about_calls,
        requests.prove_act,
        requests.find_missed_answers,
        requests.reply_to_note,
    ]


def workflow_runner() -> SandboxedWorkflowRunner:
    """Return the sandbox in which workflow code runs."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


def worker_of(client: Client, deps: Deps, *, task_queue: str = TASK_QUEUE) -> Worker:
    """Return a worker that is ready to run."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[Flow],
        activities=activities_of(deps),
        workflow_runner=workflow_runner(),
        graceful_shutdown_timeout=GRACEFUL_SHUTDOWN,
        sticky_queue_schedule_to_start_timeout=min(STICKY, deps.limits.sign_of_life),
    )
