"""The stand-ins as processes of their own, started as anybody starts them.

A test that needs GitLab takes one from `running_gitlab` and speaks to it as to the real one: over HTTP, with a user's token.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2


class GitLabStandIn:
    """A stand-in that answers. What a person does there is done with `by`, a username; faults are set with `fail`."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.url: str = described["url"]
        self.users: dict[str, dict[str, Any]] = described["users"]
        self.projects: dict[str, dict[str, Any]] = described["projects"]
        self._http = httpx2.Client(base_url=self.url, timeout=30)

    def token(self, username: str) -> str:
        return str(self.users[username]["token"])

    def user_id(self, username: str) -> int:
        return int(self.users[username]["id"])

    def project_id(self, path: str) -> int:
        return int(self.projects[path]["id"])

    def rest(self, method: str, path: str, /, *, by: str, **parameters: Any) -> Any:
        """Return the JSON of one REST call, which has to succeed; its parameters go into the body, or with GET into the query."""
        placed = {"params": parameters} if method == "GET" else {"json": parameters}
        answer = self._http.request(method, f"/api/v4{path}", headers={"PRIVATE-TOKEN": self.token(by)}, **placed)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def raw(self, path: str, *, by: str, **parameters: Any) -> bytes:
        """Return the bytes of a REST call that answers with a file or a trace."""
        answer = self._http.get(f"/api/v4{path}", headers={"PRIVATE-TOKEN": self.token(by)}, params=parameters)
        answer.raise_for_status()
        return answer.content

    def finished_pipeline(self, project_id: int, ref: str, *, by: str) -> int:
        """Run a pipeline on a branch and return its number once it is over; the suite's time limit ends the waiting otherwise."""
        pipeline = self.rest("POST", f"/projects/{project_id}/pipeline", by=by, ref=ref)
        while pipeline["status"] not in {"success", "failed", "canceled", "skipped"}:
            time.sleep(0.05)
            pipeline = self.rest("GET", f"/projects/{project_id}/pipelines/{pipeline['id']}", by=by)
        return int(pipeline["id"])

    def fail(self, method: str, path_regex: str, **fault: Any) -> None:
        """Let the next request that matches meet a fault (keys: docs/gitlab-stand-in.md)."""
        asked = {"match": {"method": method, "path_regex": path_regex}, **fault}
        self._http.post("/-/simulator/faults", json=asked).raise_for_status()

    def fault_hits(self) -> int:
        """Return how many requests have met a fault since faults were last taken back."""
        return sum(fault["hits"] for fault in self._http.get("/-/simulator/faults").json())

    def heal(self) -> None:
        """Take all faults back."""
        self._http.delete("/-/simulator/faults").raise_for_status()

    def close(self) -> None:
        self._http.close()


@contextmanager
def running_gitlab(scenario: Path, directory: Path, *options: str) -> Iterator[GitLabStandIn]:
    """Yield a stand-in that serves the scenario; its ready file goes into the directory, and its process ends with the block."""
    ready = directory / "gitlab.json"
    command = [sys.executable, "-m", "simulators.gitlab", "--scenario", str(scenario), "--ready-file", str(ready), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert "serving at" in process.stdout.readline()
        gitlab = GitLabStandIn(json.loads(ready.read_text()))
        yield gitlab
        gitlab.close()
    finally:
        process.terminate()
        process.communicate(timeout=30)
