"""The web process: `python -m duo_flows.web`. Settings in, services opened, the door served until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

import uvicorn
from pydantic import ValidationError

from duo_flows.bootstrap.logs import configure_logs
from duo_flows.bootstrap.services import open_services, prepare_store
from duo_flows.bootstrap.settings import Settings, faults_of
from duo_flows.bootstrap.temporal import connect, ensure_namespace
from duo_flows.domain.errors import DuoFlowsError
from duo_flows.web.app import create_app
from duo_flows.web.runtime import TemporalFlowRuntime
from duo_flows.web.services import DoorServices

EXIT_OK = 0
EXIT_FAULT = 1
EXIT_SETTINGS = 2
# A caller who waits for log lines is let go after this long, so that a stop takes seconds and not minutes.
_GRACE_SECONDS = 3

_log = logging.getLogger("duo_flows.web")


def main() -> int:
    """Serve until told to stop; return the exit code."""
    try:
        settings = Settings()
    except ValidationError as error:
        return _refuse(faults_of(error))
    if missing := settings.missing():
        return _refuse(missing)
    configure_logs(settings, process="web")
    try:
        asyncio.run(_serve(settings))
    except DuoFlowsError as error:
        _log.error("cannot start: %s", error)
        return EXIT_FAULT
    except KeyboardInterrupt:
        pass
    return EXIT_OK


async def _serve(settings: Settings) -> None:
    await prepare_store(settings)
    client = await connect(settings)
    await ensure_namespace(client)
    async with open_services(settings) as services:
        door = DoorServices(
            settings=settings,
            forge=services.forge,
            sessions=services.sessions,
            inbox=services.inbox,
            contents=services.contents,
            flows=services.catalogue,
            temporal=TemporalFlowRuntime(client),
            policy_of=services.policy_of,
            clock=services.clock,
        )
        config = uvicorn.Config(
            create_app(door),
            host=settings.web_host,
            port=settings.web_port,
            log_config=None,  # ours is configured already
            access_log=False,  # one line per poll of a log would bury the rest; metrics count requests
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        await uvicorn.Server(config).serve()


def _refuse(sentences: list[str]) -> int:
    sys.stderr.write("".join(f"{sentence}\n" for sentence in ("The web app cannot start.", *sentences)))
    return EXIT_SETTINGS


def leave(code: int) -> None:
    """End the process now: Temporal's client can hang while the interpreter takes itself apart."""
    sys.stdout.flush()
    sys.stderr.flush()
    logging.shutdown()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
