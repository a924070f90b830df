"""A door that really listens, so that the command line is tested over HTTP against the API it is for."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from duo_flows.cli.app import run_command
from tests.web.a_door import Door


class ListeningDoor:
    """A door on a free port of loopback, with its own loop in a thread."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.door = self.do(_made(folder))
        self._server = uvicorn.Server(uvicorn.Config(self.door.app, port=0, log_level="critical", timeout_graceful_shutdown=1))
        self._serving = asyncio.run_coroutine_threadsafe(self._server.serve(), self._loop)
        self.do(_until_listening(self._server))
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something in the door's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    def close(self) -> None:
        self._server.should_exit = True
        self._serving.result(timeout=30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=30)
        self._loop.close()


async def _made(folder: Path) -> Door:
    return Door(folder)


async def _until_listening(server: uvicorn.Server) -> None:
    while not server.started:  # noqa: ASYNC110 - uvicorn has only this flag
        await asyncio.sleep(0.01)


@pytest.fixture
def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListeningDoor]:
    """A door, and a shell in an empty folder that names it and nobody who speaks."""
    (tmp_path / "shell").mkdir()
    monkeypatch.chdir(tmp_path / "shell")
    monkeypatch.delenv("GITLAB_TOKEN", raising=False)
    door = ListeningDoor(tmp_path)
    monkeypatch.setenv("DUOFLOWS_API_URL", door.url)
    yield door
    door.close()


Duoflow = Callable[..., int]


@pytest.fixture
def alice(listening: ListeningDoor, monkeypatch: pytest.MonkeyPatch) -> Duoflow:
    """The command, typed by Alice at this door."""
    del listening
    monkeypatch.setenv("GITLAB_TOKEN", "token-of-alice")
    return lambda *tokens: run_command(tokens)


@pytest.fixture
def bob(listening: ListeningDoor, monkeypatch: pytest.MonkeyPatch) -> Duoflow:
    """The command, typed by Bob, who started nothing, at this door."""
    del listening
    monkeypatch.setenv("GITLAB_TOKEN", "token-of-bob")
    return lambda *tokens: run_command(tokens)
