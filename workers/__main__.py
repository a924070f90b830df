"""`python -m workers`: settings in, services opened, workflows and activities served until told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal

from duo_flows.bootstrap.metrics import temporal_runtime
from duo_flows.bootstrap.process import run_process
from duo_flows.bootstrap.services import Services, open_services, prepare_store, unpriced_models
from duo_flows.bootstrap.settings import Settings
from duo_flows.bootstrap.temporal import connect, ensure_namespace

from .wiring import deps_of, worker_of

_log = logging.getLogger("duo_flows.worker")


async def _work(settings: Settings) -> None:
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told_to_stop.set)
    await prepare_store(settings)
    client = await connect(settings, runtime=temporal_runtime(settings))
    await ensure_namespace(client)
    for model in unpriced_models(settings):
        _log.warning("the price of %s is not known: its turns are counted as the dearest model's, so caps hold too early", model)
    async with open_services(settings) as services:
        await services.planner.get_ready()
        async with worker_of(client, deps_of(services)):
            await _until(told_to_stop, services, settings)


async def _until(told_to_stop: asyncio.Event, services: Services, settings: Settings) -> None:
    _log.info("working as @%s on %s", services.account.username, settings.temporal_address)
    await told_to_stop.wait()
    _log.info("told to stop; what is under way is finished or left for another worker")


if __name__ == "__main__":
    run_process("worker", _work)
