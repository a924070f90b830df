"""A running Claude stand-in for tests, as its own process, and the SDK's client for it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anthropic
import httpx2
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
START_SECONDS = 60


@dataclass(frozen=True)
class RunningClaude:
    """One stand-in; `ready` is what it wrote into its ready file."""

    ready: dict

    @property
    def url(self) -> str:
        return self.ready["url"]

    def client(self) -> anthropic.Anthropic:
        return anthropic.Anthropic(api_key="any", base_url=self.url, max_retries=0)

    def ask(self, **request):
        """One streamed turn with the smallest request that is allowed; returns the whole message."""
        defaults = {"model": "claude-sonnet-5-5", "max_tokens": 4000, "messages": [{"role": "user", "content": "hello"}]}
        with self.client().messages.stream(**{**defaults, **request}) as stream:
            return stream.get_final_message()

    def control(self, method: str, path: str, **request) -> httpx2.Response:
        return httpx2.request(method, f"{self.url}/-/simulator/{path}", **request)


def write_scenario(folder: Path, script: str, *, scenario: str = "claude: {script: claude.yaml}\n") -> Path:
    """A scenario directory with this script."""
    (folder / "scenario.yaml").write_text(scenario)
    (folder / "claude.yaml").write_text(script)
    return folder


def wait_for(file: Path, *, process: subprocess.Popen) -> dict:
    deadline = time.monotonic() + START_SECONDS
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"the stand-in did not start: {process.communicate(timeout=5)}")
        time.sleep(0.05)
    return json.loads(file.read_text())


@pytest.fixture
def start_claude(tmp_path: Path) -> Iterator[Callable[..., RunningClaude]]:
    """Starts stand-ins and ends them with the test: `start(scenario_directory, "--seed", "1")`."""
    running: list[subprocess.Popen] = []

    def start(scenario: Path, *arguments: str) -> RunningClaude:
        ready = tmp_path / f"ready-{len(running)}.json"
        command = [sys.executable, "-m", "simulators.claude", "--scenario", str(scenario), "--ready-file", str(ready), *arguments]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        running.append(process)
        return RunningClaude(wait_for(ready, process=process))

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=START_SECONDS)


@pytest.fixture
def play(tmp_path: Path, start_claude: Callable[..., RunningClaude]) -> Callable[..., RunningClaude]:
    """Starts a stand-in that plays the script given as text."""
    return lambda script, **options: start_claude(write_scenario(tmp_path, script, **options))
