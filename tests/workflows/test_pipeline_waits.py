"""Waiting for a pipeline: for as long as the operator says and no longer, and never longer than people want it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.errors import TryAgain
from duo_flows.domain.sessions import Ending
from signals.messages import AnswerResult, Stop
from tests.doubles.world import World, running

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


class SilentPipelines:
    """A GitLab that answers everything but how the pipelines of a commit stand, from now on."""

    def __init__(self, world: World) -> None:
        self.asked = asyncio.Event()
        world.forge.pipelines = self.pipelines  # type: ignore[method-assign]

    async def pipelines(self, *_where: Any, **_which: Any) -> Any:
        self.asked.set()
        raise TryAgain("GitLab is down.")


async def test_the_time_of_a_pipeline_goes_on_in_a_new_history(forgetful_temporal: WorkflowEnvironment):
    world = World(statuses_after_push=["running"])
    # So short that a history of fifty events is full before the pipeline has had its time.
    short = {"pipeline_poll_interval": timedelta(milliseconds=100), "pipeline_wait_timeout": timedelta(seconds=5)}
    world.limits = world.limits.model_copy(update=short)
    async with running(forgetful_temporal, world) as flow:
        await flow.answer("apply")
        with forgetful_temporal.with_time_skipping_disabled():
            ending = await flow.handle.result(follow_runs=True)

        first = forgetful_temporal.client.get_workflow_handle(flow.handle.id, run_id=flow.handle.first_execution_run_id)
        described = await first.describe()
        assert (ending["ending"], described.status and described.status.name) == (Ending.ATTEMPTS_USED_UP, "CONTINUED_AS_NEW")


async def test_a_stop_does_not_wait_for_a_gitlab_that_is_down(temporal: WorkflowEnvironment):
    world = World(statuses_after_push=["running"])
    async with running(temporal, world) as flow:
        await flow.question()
        silent = SilentPipelines(world)
        await flow.answer("apply")
        await silent.asked.wait()
        with temporal.with_time_skipping_disabled():
            await flow.handle.execute_update("submit_stop", Stop(actor="maya"), result_type=AnswerResult)
            ending = await asyncio.wait_for(flow.handle.result(), timeout=20)

        assert ending["ending"] == Ending.STOPPED
