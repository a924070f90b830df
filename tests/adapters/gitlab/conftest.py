"""One stand-in for this folder, with people of every kind, and the service account's forge on it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from duo_flows.adapters.gitlab import GitLabForge
from duo_flows.domain.pipelines import NoteTarget, TargetKind
from tests.stand_ins import running_gitlab

SCENARIO = """
gitlab:
  users:
    - {username: duo, name: GitLab Duo, token: glpat-duo-service-account-token, bot: true}
    - {username: maya, name: Maya Chen, token: maya-token}
    - {username: dan, name: Dan Reyes, token: dan-token}
    - {username: gus, name: Gus Aaltonen, token: gus-token}
    - {username: bea, name: Bea Blocked, token: bea-token, state: blocked}
    - {username: mallory, name: Mallory Stone, token: mallory-token}
  projects:
    - path: shop/tools/api
      members: {duo: maintainer, maya: developer, dan: maintainer, gus: guest, bea: owner}
      files: files
      commits:
        - branch: fix/clock
          start_branch: main
          author: maya
          message: "Work\\n\\nDuo-Session: s-1"
          contents: {src/new.py: "x\\n"}
      merge_requests:
        - {source_branch: fix/clock, author: maya, title: Fix the clock, description: It is late.}
      issues:
        - {title: The clock is late, author: maya}
    - path: shop/open
      visibility: public
      members: {duo: developer}
    - path: shop/hidden
      members: {maya: owner}
"""

CI = """
build:
  script: [echo built]
test:
  script: [echo testing, exit 3]
lint:
  script: [exit 1]
  allow_failure: true
"""


@pytest.fixture(scope="package")
def gitlab(tmp_path_factory):
    directory = tmp_path_factory.mktemp("gitlab")
    files = directory / "files"
    (files / "src").mkdir(parents=True)
    (files / "README.md").write_text("grüße\n", encoding="utf-8")
    (files / ".gitlab-ci.yml").write_text(CI)
    (files / "src/app.py").write_text("print(1)\n")
    (files / "src/run").write_text("#!/bin/sh\n")
    (files / "src/run").chmod(0o755)
    (files / "logo.png").write_bytes(b"\x89PNG\0\xff")
    (files / "zeros.txt").write_bytes(b"text\0text")
    (files / "large.txt").write_bytes(b"x" * (1024 * 1024 + 1))
    (files / "huge.txt").write_bytes(b"x" * (3 * 1024 * 1024))
    (files / "just.txt").write_bytes(b"x" * (1024 * 1024))
    (directory / "scenario.yaml").write_text(SCENARIO)
    with running_gitlab(directory, directory) as running:
        yield running


@pytest.fixture
def forge(gitlab):
    made = GitLabForge(gitlab.url, gitlab.token("duo"), timeout=10)
    yield made
    made.close()
    gitlab.heal()


@pytest.fixture(scope="package")
def project_id(gitlab):
    return gitlab.project_id("shop/tools/api")


@pytest.fixture
def merge_request(project_id):
    return NoteTarget(project_id=project_id, kind=TargetKind.MERGE_REQUEST, iid=1)


@pytest.fixture
def issue(gitlab, project_id):
    """A fresh issue, so that a test can count its comments."""
    made = gitlab.rest("POST", f"/projects/{project_id}/issues", by="maya", title="Another")
    return NoteTarget(project_id=project_id, kind=TargetKind.ISSUE, iid=made["iid"])


@pytest.fixture
def comment(gitlab):
    """Write a comment as a person, and return its number."""

    def written(target, body, *, by="maya"):
        path = f"/projects/{target.project_id}/{target.kind}/{target.iid}/notes"
        return gitlab.rest("POST", path, by=by, body=body)["id"]

    return written


@pytest.fixture(scope="package")
def pipeline_id(gitlab, project_id):
    """A finished pipeline: build passes, test fails, lint may fail."""
    return gitlab.finished_pipeline(project_id, "main", by="maya")


class Scripted(ThreadingHTTPServer):
    """Answers as told, for what no healthy GitLab says: path below /api/v4 to (status, headers, body). `asked` keeps the paths."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _ScriptedHandler)
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _ScriptedHandler(BaseHTTPRequestHandler):
    server: Scripted

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.removeprefix("/api/v4")
        self.server.asked.append(f"{self.command} {path}")
        status, headers, body = self.server.answers.get(path.partition("?")[0], (404, {}, b""))
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def log_message(self, *_args) -> None:
        pass


def _serving():
    server = Scripted()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def scripted():
    yield from _serving()


@pytest.fixture
def elsewhere():
    """Another host, which nothing may be sent to."""
    yield from _serving()


@pytest.fixture
def scripted_forge(scripted):
    made = GitLabForge(scripted.url, "glpat-duo-service-account-token", timeout=10)
    yield made
    made.close()
