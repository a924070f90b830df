"""git over HTTP: `clone`, `fetch` and `push` at `/<path>.git`, through `git http-backend`.

The law of this module: it decides who may read and write, hands the request to git's own CGI program, and
tells `pushes` which refs moved. It never touches objects or refs itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from simulators.gitlab import auth, git_hooks
from simulators.gitlab.errors import ApiError, forbidden, not_found, unauthorized
from simulators.gitlab.model import Access
from simulators.gitlab.pushes import RefUpdate, after_push
from simulators.gitlab.repositories import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from simulators.gitlab.model import Project, User
    from simulators.gitlab.simulator import Simulator

CHUNK = 64 * 1024
router = APIRouter()


@router.get("/{project_path:path}.git/info/refs", response_model=None)
async def advertise(request: Request, project_path: str) -> Response:
    """The refs, for the service the client asks for."""
    service = request.query_params.get("service", "")
    return await _serve(request, project_path, "/info/refs", writes=service == "git-receive-pack")


@router.post("/{project_path:path}.git/git-upload-pack", response_model=None)
async def upload_pack(request: Request, project_path: str) -> Response:
    """Clone and fetch."""
    return await _serve(request, project_path, "/git-upload-pack", writes=False)


@router.post("/{project_path:path}.git/git-receive-pack", response_model=None)
async def receive_pack(request: Request, project_path: str) -> Response:
    """Push."""
    return await _serve(request, project_path, "/git-receive-pack", writes=True)


async def _serve(request: Request, project_path: str, service: str, *, writes: bool) -> Response:
    simulator: Simulator = request.app.state.simulator
    try:
        project, user = _admit(simulator, request, project_path, writes=writes)
    except ApiError as error:
        return _refusal(error)
    if service == "/git-receive-pack":
        return await _push(simulator, request, project, user)
    program = await _start(request, project, user, service, extra={})
    status, headers = await _exchange(program, request)
    return StreamingResponse(_output(program), status_code=status, headers=headers)


def _admit(simulator: Simulator, request: Request, project_path: str, *, writes: bool) -> tuple[Project, User | None]:
    """The project and the user, if this user may do this.

    Raises:
        ApiError: 401 to a stranger (git then asks for a password), 404 for a hidden project, 403 below the level.
    """
    user = auth.authenticate_git(simulator.state, request.headers)
    try:
        project = simulator.state.find_project(project_path.strip("/"))
    except ApiError:
        raise unauthorized() if user is None else not_found("Project") from None
    if not auth.can_see(user, project):
        raise unauthorized() if user is None else not_found("Project")
    if not auth.can_read_code(user, project):
        raise forbidden("You are not allowed to download code from this project.")
    if writes and user is None:
        raise unauthorized()
    if writes and auth.access_level(user, project) < Access.DEVELOPER:
        raise forbidden("You are not allowed to push code to this project.")
    return project, user


def _refusal(error: ApiError) -> Response:
    texts = {
        401: "HTTP Basic: Access denied. Use a token as the password.",
        404: "The project you were looking for could not be found or you don't have permission to view it.",
    }
    text = texts.get(error.status, str(error.body["message"]).removeprefix("403 Forbidden - "))
    headers = {"WWW-Authenticate": 'Basic realm="GitLab"'} if error.status == 401 else {}  # noqa: PLR2004
    return PlainTextResponse(text + "\n", status_code=error.status, headers=headers)


async def _push(simulator: Simulator, request: Request, project: Project, user: User | None) -> Response:
    """Let git take the push; answer when everything that follows from it has been recorded."""
    with tempfile.TemporaryDirectory(prefix="push-") as folder:
        report = Path(folder) / "moved"
        extra = {git_hooks.REPORT: str(report), **_protections(project, user)}
        program = await _start(request, project, user, "/git-receive-pack", extra=extra)
        status, headers = await _exchange(program, request)
        body = b"".join([chunk async for chunk in _output(program)])
        if report.exists() and user is not None:
            updates = _read_report(report.read_text())
            await run_in_threadpool(after_push, simulator, project, user, updates)
    return Response(body, status_code=status, headers=headers)


def _protections(project: Project, user: User | None) -> dict[str, str]:
    rules = project.protected_branches
    refused = [rule.name for rule in rules if not auth.can_push(user, project, rule.name)]
    kept = [rule.name for rule in rules if not rule.allow_force_push]
    return {
        git_hooks.REFUSED: "\n".join(f"refs/heads/{name}" for name in refused),
        git_hooks.PROTECTED: "\n".join(f"refs/heads/{name}" for name in [*kept, project.default_branch]),
    }


def _read_report(text: str) -> list[RefUpdate]:
    return [RefUpdate(ref=ref, old=old, new=new) for old, new, ref in (line.split() for line in text.splitlines())]


async def _start(
    request: Request, project: Project, user: User | None, service: str, *, extra: dict[str, str]
) -> asyncio.subprocess.Process:
    """Start git's CGI program for one request."""
    environment = {
        **ENVIRONMENT,
        "GIT_PROJECT_ROOT": str(project.repository_path.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{project.repository_path.name}{service}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.url.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "REMOTE_USER": user.username if user else "",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        **extra,
    }
    if length := request.headers.get("content-length"):
        environment["CONTENT_LENGTH"] = length
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec("git", "http-backend", env=environment, stdin=pipe, stdout=pipe)


async def _exchange(program: asyncio.subprocess.Process, request: Request) -> tuple[int, dict[str, str]]:
    """Feed the request's body to git and read the head of its answer; the rest is left in the pipe."""
    feeding = asyncio.create_task(_feed(program, request))
    head = await _headers(program)
    await feeding
    return head


async def _feed(program: asyncio.subprocess.Process, request: Request) -> None:
    assert program.stdin is not None  # noqa: S101 - asked for as a pipe
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        async for chunk in request.stream():
            program.stdin.write(chunk)
            await program.stdin.drain()
    program.stdin.close()


async def _headers(program: asyncio.subprocess.Process) -> tuple[int, dict[str, str]]:
    assert program.stdout is not None  # noqa: S101 - asked for as a pipe
    status, headers = 200, {}
    while line := (await program.stdout.readline()).decode().strip():
        name, _, value = line.partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers[name] = value.strip()
    return status, headers


async def _output(program: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
    assert program.stdout is not None  # noqa: S101 - asked for as a pipe
    try:
        while chunk := await program.stdout.read(CHUNK):
            yield chunk
    finally:
        if program.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                program.terminate()
        await program.wait()
