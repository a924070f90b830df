"""A git server on loopback: git's own http-backend behind basic authentication, as GitLab puts it behind its own."""

import base64
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from duo_flows.adapters.git import GitRepository
from duo_flows.domain.changes import Change, ChangedFile, Effects
from duo_flows.domain.people import Project

TOKEN = "glpat-" + "service0account0token"
WHO = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@x"}
WHEN = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}


class Host(ThreadingHTTPServer):
    """Serves the bare repositories below `root`. `status` answers every request with it; `seen` keeps Authorization headers."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.status = 0
        self.location = ""
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Host
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_args) -> None:
        pass

    def _answer(self) -> None:
        body = self._body()
        given = self.headers.get("Authorization", "")
        self.server.seen.append(given)
        wanted = "Basic " + base64.b64encode(f"oauth2:{TOKEN}".encode()).decode()
        status = self.server.status or (0 if given == wanted else 401)
        if status:
            self._refuse(status)
        else:
            self._run_git(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("WWW-Authenticate", 'Basic realm="GitLab"')
        self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _run_git(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "oauth2",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        answer = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Remote:
    """One bare repository with a branch `main`, and what a colleague does to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(path), at=path.parent)
        self.git("config", "http.receivepack", "true")
        self.git("config", "uploadpack.allowFilter", "true")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.base = self.commit("main", FILES)

    def git(self, *arguments: str, stdin: bytes = b"", at: Path | None = None) -> str:
        environment = {**os.environ, **WHO, **WHEN}
        done = subprocess.run(
            ["git", *arguments], cwd=at or self.path, input=stdin, env=environment, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def commit(self, branch: str, files: dict[str, tuple[str, str]], *, parent: str = "") -> str:
        """Put a commit on a branch; `files` maps each path to (mode, content)."""
        index = [
            f"{mode} {self.git('hash-object', '-w', '--stdin', stdin=text.encode()) if mode != '160000' else text}\t{path}\n"
            for path, (mode, text) in files.items()
        ]
        (self.path / "index").unlink(missing_ok=True)
        if parent:
            self.git("read-tree", parent)
        self.git("update-index", "--add", "--index-info", stdin="".join(index).encode())
        tree = self.git("write-tree")
        sha = self.git("commit-tree", tree, *(("-p", parent) if parent else ()), "-m", "work")
        self.git("update-ref", f"refs/heads/{branch}", sha)
        return sha

    def head(self, branch: str = "main") -> str:
        return self.git("rev-parse", f"refs/heads/{branch}")

    def show(self, path: str, *, at: str = "main") -> str:
        return self.git("cat-file", "blob", f"{at}:{path}")

    def hook(self, script: str) -> None:
        path = self.path / "hooks" / "pre-receive"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)


FILES = {
    "README.md": ("100644", "hello\n"),
    "bin/run": ("100755", "#!/bin/sh\n"),
    "src/app.py": ("100644", "print(1)\n"),
    "link": ("120000", "src"),
    "module": ("160000", "1" * 40),
}


@pytest.fixture
def remote(tmp_path):
    (tmp_path / "host" / "shop").mkdir(parents=True)
    return Remote(tmp_path / "host" / "shop" / "api.git")


@pytest.fixture
def host(remote):
    server = Host(remote.path.parent.parent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def project(host):
    return Project(
        id=7, path="shop/api", default_branch="main", web_url=f"{host.url}/shop/api", clone_url=f"{host.url}/shop/api.git"
    )


@pytest.fixture
def repository(tmp_path):
    return GitRepository(TOKEN, account=("Duo Flows", "duo@example.com"), cache_dir=tmp_path / "cache", timeout=30)


@pytest.fixture
def change_of(remote):
    """Return a sealed change of these files (of one ordinary edit without any) on the branch's first commit."""

    def made(*files: ChangedFile, branch: str = "main", base_sha: str = "", project_id: int = 7) -> Change:
        effects = Effects(
            project_id=project_id, project_path="shop/api", branch=branch, paths=(), files_changed=1, lines_added=0, lines_removed=0
        )
        return Change(
            project_id=project_id,
            project_path="shop/api",
            branch=branch,
            base_sha=base_sha or remote.base,
            title="Fix",
            files=files or (ChangedFile(path="src/app.py", content="print(2)\n"),),
            effects=effects,
            diff="",
        ).sealed()

    return made


@pytest.fixture
def push(repository, project):
    """Push a change; the tests say only what differs from the ordinary."""

    async def pushed(change, *, to=project, by=repository, message="Fix the clock\n\nDuo-Session: s-1\n"):
        return await by.push_change(to, change, message=message)

    return pushed
