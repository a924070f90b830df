"""`python -m workers`: settings in, services opened, workflows and activities served until told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys

from pydantic import ValidationError

from duo_flows.bootstrap.logs import configure_logs
from duo_flows.bootstrap.metrics import temporal_runtime
from duo_flows.bootstrap.services import Services, open_services, prepare_store
from duo_flows.bootstrap.settings import Settings, faults_of
from duo_flows.bootstrap.temporal import connect, ensure_namespace
from duo_flows.domain.errors import DuoFlowsError

from .wiring import deps_of, worker_of

EXIT_OK = 0
EXIT_FAULT = 1
EXIT_SETTINGS = 2

_log = logging.getLogger("duo_flows.worker")


def main() -> int:
    """Work until told to stop; return the exit code."""
    try:
        settings = Settings()
    except ValidationError as error:
        return _refuse(faults_of(error))
    if missing := settings.missing():
        return _refuse(missing)
    configure_logs(settings, process="worker")
    try:
        asyncio.run(_work(settings))
    except DuoFlowsError as error:
        _log.error("cannot start: %s", error)
        return EXIT_FAULT
    except KeyboardInterrupt:
        pass
    return EXIT_OK


async def _work(settings: Settings) -> None:
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told_to_stop.set)
    await prepare_store(settings)
    client = await connect(settings, runtime=temporal_runtime(settings))
    await ensure_namespace(client)
    async with open_services(settings) as services:
        await services.planner.get_ready()
        async with worker_of(client, deps_of(services)):
            await _until(told_to_stop, services, settings)


async def _until(told_to_stop: asyncio.Event, services: Services, settings: Settings) -> None:
    _log.info("working as @%s on %s", services.account.username, settings.temporal_address)
    await told_to_stop.wait()
    _log.info("told to stop; what is under way is finished or left for another worker")


def _refuse(sentences: list[str]) -> int:
    sys.stderr.write("".join(f"{sentence}\n" for sentence in ("The worker cannot start.", *sentences)))
    return EXIT_SETTINGS


def leave(code: int) -> None:
    """End the process now: Temporal's SDK can hang or crash while the interpreter takes itself apart."""
    sys.stdout.flush()
    sys.stderr.flush()
    logging.shutdown()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
