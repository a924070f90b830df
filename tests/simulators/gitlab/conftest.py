"""A stand-in as a program of its own, with a small scenario, and a receiver for its hooks."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import gitlab
import httpx2
import pytest

SIGNING_TOKEN = "whsec_" + "A" * 43 + "="
SECRET_TOKEN = "kept-by-the-receiver"
WAIT_SECONDS = 30

SCENARIO = f"""
gitlab:
  users:
    - {{username: olga, name: Olga Owner, token: olga-token}}
    - {{username: mara, name: Mara Maintainer, token: mara-token}}
    - {{username: dan, name: Dan Developer, token: dan-token}}
    - {{username: rita, name: Rita Reporter, token: rita-token}}
    - {{username: gus, name: Gus Guest, token: gus-token}}
    - {{username: sam, name: Sam Stranger, token: sam-token}}
    - {{username: bob, name: Blocked Bob, token: bob-token, state: blocked}}
  projects:
    - path: team/app
      name: App
      visibility: private
      members: {{olga: owner, mara: maintainer, dan: developer, rita: reporter, gus: guest}}
      files: main
      commits:
        - {{branch: feature, start_branch: main, author: dan, message: Break it, contents: {{"check.sh": "exit 3\\n"}}}}
      merge_requests:
        - {{source_branch: feature, target_branch: main, author: dan, title: Feature, description: "Please look <!-- mark -->"}}
      issues:
        - {{title: First, author: gus, description: It hurts, labels: [bug]}}
      hooks:
        - {{url: "http://127.0.0.1:9/hook", signing_token: "{SIGNING_TOKEN}", token: "{SECRET_TOKEN}"}}
    - path: team/open
      visibility: public
      members: {{olga: owner}}
      files: main
"""

CI = """
stages: [check, ship]
check:
  stage: check
  script: [sh check.sh]
maybe:
  stage: check
  script: [exit 1]
  allow_failure: true
ship:
  stage: ship
  script: [echo shipped]
by-hand:
  stage: ship
  script: [echo by hand]
  when: manual
  allow_failure: true
"""
FILES = {
    ".gitlab-ci.yml": CI,
    "README.md": "# App\n",
    "check.sh": "echo fine\n",
    "src/one.py": "ONE = 1\n",
    "src/deep/two.py": "TWO = 2\n",
}


class Receiver:
    """Takes hooks and answers each with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self._seen: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.status)
                self.end_headers()
                receiver._seen.put((dict(self.headers), body))

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def next(
        self, kind: str, wanted: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> tuple[dict[str, str], dict[str, Any], bytes]:
        """The next hook of a kind that is `wanted`; others are dropped."""
        while True:
            headers, raw = self._seen.get(timeout=WAIT_SECONDS)
            body = json.loads(raw)
            if body["object_kind"] == kind and wanted(body):
                return headers, body, raw

    def forget(self) -> None:
        while not self._seen.empty():
            self._seen.get_nowait()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class StandIn:
    url: str
    described: dict[str, Any]
    folder: Path

    def as_user(self, username: str) -> gitlab.Gitlab:
        return gitlab.Gitlab(self.url, private_token=self.described["users"][username]["token"], retry_transient_errors=False)

    def project(self, username: str, path: str = "team/app") -> Any:
        return self.as_user(username).projects.get(path)

    def clone_url(self, username: str, path: str = "team/app") -> str:
        return f"{self.url.replace('://', f'://any:{username}-token@')}/{path}.git"

    def control(self, method: str, path: str, **asked: Any) -> Any:
        answer = httpx2.request(method, f"{self.url}/-/simulator/{path}", json=asked or None)
        return answer.json() if answer.content else None


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[StandIn]:
    scenario = folder / "scenario"
    for name, text in FILES.items():
        file = scenario / "main" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (scenario / "scenario.yaml").write_text(SCENARIO)
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "simulators.gitlab", "--scenario", str(scenario), "--seed", "7", "--ready-file", str(ready)]
    process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert "serving at" in process.stdout.readline()
        described = json.loads(ready.read_text())
        yield StandIn(described["url"], described, folder)
    finally:
        process.terminate()
        assert process.wait(WAIT_SECONDS) == 0


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[StandIn]:
    """One stand-in per module of tests; its hooks go to `receiver`."""
    with ExitStack() as stack:
        yield stack.enter_context(running(tmp_path_factory.mktemp("stand-in"), "--hook-url", receiver.url))


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """git without this machine's settings; `check=False` gives the refusal instead of raising it."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
    person = ["-c", "user.name=Dan", "-c", "user.email=dan@example.com"]

    def run(*arguments: str, folder: Path = tmp_path, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *person, *arguments], cwd=folder, env=environment, check=check, capture_output=True, text=True
        )

    return run
