"""A worker for the engine's benchmark: the flows and the hand-written workflow, over the same activities and adapters."""

import asyncio

from temporalio.worker import Worker

from bench.by_hand import FixByHand, FixByHandUnreported
from duo_flows.bootstrap.process import run_process
from duo_flows.bootstrap.services import open_services, prepare_store
from duo_flows.bootstrap.settings import Settings
from duo_flows.bootstrap.temporal import connect
from workers.wiring import activities_of, deps_of, workflow_runner
from workflows.flow import Flow

TASK_QUEUE = "bench-engine"


async def work(settings: Settings) -> None:
    await prepare_store(settings)
    client = await connect(settings)
    async with open_services(settings) as services:
        await services.planner.get_ready()
        activities = activities_of(deps_of(services))
        async with Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[Flow, FixByHand, FixByHandUnreported],
            activities=activities,
            workflow_runner=workflow_runner(),
        ):
            await asyncio.Event().wait()


if __name__ == "__main__":
    run_process("bench-worker", work)
