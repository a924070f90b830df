"""`python -m simulators.claude`: reads a scenario, listens on loopback, says where."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from simulators.claude.errors import CutShortError
from simulators.claude.player import Player
from simulators.claude.script_file import read_script
from simulators.claude.server import Service, make_app
from simulators.scenario_variables import ScenarioError, Settings, check_keys, read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

HOST = "127.0.0.1"
"""Loopback only: the stand-in accepts every credential."""
_CLAUDE_KEYS = ("script", "token")
_SHUTDOWN_SECONDS = 2
"""A stream that is still being sent must not keep a stopped stand-in alive."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; 2 if the scenario cannot be read."""
    options = _options(arguments)
    try:
        service = load_service(options.scenario, seed=options.seed, overrides=_overrides(options.var))
    except ScenarioError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _serve(service, port=options.port, ready_file=options.ready_file)
    return 0


def load_service(path: Path, *, seed: int | None, overrides: dict[str, str]) -> Service:
    """The service that plays this scenario.

    Raises:
        ScenarioError: naming file and key.
    """
    settings = read_settings(path, seed=seed, overrides=overrides)
    check_keys(settings.claude, allowed=_CLAUDE_KEYS, where=f"{settings.file}: claude")
    script = read_script(_script_file(settings))
    token = settings.claude.get("token")
    return Service(
        player=Player(script, variables=settings.variables),
        seed=settings.seed,
        variables=settings.variables,
        token=None if token is None else str(token),
    )


def _script_file(settings: Settings) -> Path:
    name = settings.claude.get("script")
    if not isinstance(name, str):
        raise ScenarioError(f"{settings.file}: claude.script: must name the script, a file beside the scenario")
    return settings.folder / name


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.claude", description="A stand-in for Claude that plays a script.")
    parser.add_argument("--scenario", type=Path, required=True, help="directory with scenario.yaml, or such a file")
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes a free one")
    parser.add_argument(
        "--ready-file", type=Path, help="written once requests are served: JSON with url, port, pid, seed, variables"
    )
    parser.add_argument("--seed", type=int, help="repeats the variables of an earlier run")
    parser.add_argument("--var", action="append", default=[], metavar="NAME=VALUE", help="sets a variable of the scenario")
    return parser.parse_args(arguments)


def _overrides(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise ScenarioError(f"--var {wrong[0]}: write it as NAME=VALUE")
    return dict(pair.split("=", 1) for pair in pairs)


def _serve(service: Service, *, port: int, ready_file: Path | None) -> None:
    listener = socket.create_server((HOST, port))
    logging.getLogger("uvicorn.error").addFilter(_is_no_wanted_cut)
    config = uvicorn.Config(
        make_app(service), log_level="warning", lifespan="off", timeout_graceful_shutdown=_SHUTDOWN_SECONDS, log_config=None
    )
    server = _AnnouncingServer(config, service=service, ready_file=ready_file)
    asyncio.run(server.serve(sockets=[listener]))


class _AnnouncingServer(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, *, service: Service, ready_file: Path | None) -> None:
        super().__init__(config)
        self._service = service
        self._ready_file = ready_file

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets:
            _announce(self._service, port=sockets[0].getsockname()[1], ready_file=self._ready_file)


def _announce(service: Service, *, port: int, ready_file: Path | None) -> None:
    url = f"http://{HOST}:{port}"
    sys.stdout.write(f"The Claude stand-in listens on {url} (seed {service.seed}, {dict(service.variables)})\n")
    sys.stdout.flush()
    if ready_file is None:
        return
    facts = {"url": url, "port": port, "pid": os.getpid(), "seed": service.seed, "variables": dict(service.variables)}
    # Written aside and moved, so that whoever waits for the file never reads half of it.
    half = ready_file.with_name(f"{ready_file.name}.part")
    half.write_text(json.dumps(facts), encoding="utf-8")
    half.replace(ready_file)


def _is_no_wanted_cut(record: logging.LogRecord) -> bool:
    """A connection that the script breaks is no fault of the server, so it is no traceback in its log."""
    return record.exc_info is None or not isinstance(record.exc_info[1], CutShortError)


if __name__ == "__main__":
    sys.exit(main())
