"""Starts a GitLab stand-in from a scenario: `python -m simulators.gitlab --scenario DIRECTORY`."""

from __future__ import annotations

import argparse
import json
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from simulators.gitlab.app import build_app
from simulators.gitlab.scenario import Scenario, load_scenario
from simulators.gitlab.seeding import seed
from simulators.gitlab.simulator import Simulator
from simulators.scenario_variables import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

HOST = "127.0.0.1"  # anybody who reaches it may run jobs: it is for this machine alone


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; 2 when the scenario cannot be read."""
    options = _parse(arguments)
    try:
        overrides = dict(_pair(text) for text in options.var)
        scenario = load_scenario(options.scenario, seed=options.seed, overrides=overrides)
        _check_empty(options.data)
    except (ScenarioError, ValueError, OSError) as error:
        print(f"gitlab stand-in: {error}", file=sys.stderr)  # noqa: T201 - a program's own words
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    with tempfile.TemporaryDirectory(prefix="gitlab-stand-in-") as temporary:
        _serve(options, scenario, Path(options.data or temporary).resolve())
    return 0


def _check_empty(data: Path | None) -> None:
    if data is not None and (data / "repositories").exists():
        raise ValueError(f"{data} holds repositories of another run; records are not kept, so start with an empty directory")


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Leave in order, before the server takes over the signals and after it hands them back: folders are removed."""
    sys.exit(0)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.gitlab", description=__doc__)
    parser.add_argument("--scenario", type=Path, required=True, help="directory (or file) of the scenario")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--data", type=Path, help="where repositories are kept; a temporary directory by default")
    parser.add_argument("--seed", type=int, help="repeats a variation of the scenario")
    parser.add_argument("--ready-file", type=Path, help="gets the address, users and projects as JSON once it serves")
    parser.add_argument("--var", action="append", default=[], metavar="NAME=VALUE", help="sets a scenario's variable")
    parser.add_argument("--hook-url", help="where all of the scenario's hooks are sent")
    return parser.parse_args(arguments)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"--var takes NAME=VALUE, not {text!r}")
    return name, value


def _serve(options: argparse.Namespace, scenario: Scenario, root: Path) -> None:
    # Named as TCP, so that asyncio turns Nagle's algorithm off on what it accepts: else each answer waits 40 ms for an ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, options.port))
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    simulator = Simulator(root=root, url=url, seed=scenario.seed)
    seed(simulator, scenario, hook_url=options.hook_url)
    config = uvicorn.Config(build_app(simulator), log_level="warning", access_log=False, server_header=False)
    _Server(config, simulator, scenario, options.ready_file).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says that it is ready once it really answers."""

    def __init__(self, config: uvicorn.Config, simulator: Simulator, scenario: Scenario, ready: Path | None) -> None:
        super().__init__(config)
        self._simulator, self._scenario, self._ready = simulator, scenario, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then write the ready file in one move, so that nobody reads half of it."""
        await super().startup(sockets)
        if self._ready is not None:
            draft = self._ready.with_suffix(".part")
            draft.write_text(json.dumps(describe(self._simulator, self._scenario), indent=2))
            draft.chmod(0o600)  # it holds tokens
            draft.rename(self._ready)
        print(f"gitlab stand-in: serving at {self._simulator.url}", flush=True)  # noqa: T201 - a program's own words


def describe(simulator: Simulator, scenario: Scenario) -> dict[str, Any]:
    """What a program that starts the stand-in needs to know of it, tokens among it."""
    state = simulator.state
    return {
        "url": simulator.url,
        "users": {user.username: {"id": user.id, "token": user.token, "name": user.name} for user in state.users.values()},
        "projects": {
            project.path: {
                "id": project.id,
                "hooks": [
                    {"id": hook.id, "url": hook.options["url"], "token": hook.token, "signing_token": hook.signing_token}
                    for hook in project.hooks
                ],
                "merge_requests": [item.iid for item in project.merge_requests],
            }
            for project in state.projects.values()
        },
        "variables": scenario.variables,
        "seed": scenario.seed,
    }


if __name__ == "__main__":
    sys.exit(main())
