"""The web process: `python -m duo_flows.web`. Settings in, services opened, the door served until it is told to stop."""

from __future__ import annotations

import uvicorn

from duo_flows.bootstrap.process import run_process
from duo_flows.bootstrap.services import open_services, prepare_store
from duo_flows.bootstrap.settings import Settings
from duo_flows.bootstrap.temporal import connect, ensure_namespace
from duo_flows.web.app import create_app
from duo_flows.web.runtime import TemporalFlowRuntime
from duo_flows.web.services import DoorServices

# A caller who waits for log lines is let go after this long, so that a stop takes seconds and not minutes.
_GRACE_SECONDS = 3


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
            flow_files=services.flow_files,
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


if __name__ == "__main__":
    run_process("web", _serve)
