"""One request to the REST API: who calls, what was sent, and what of it may be seen.

The law of this module: every endpoint is a plain function from a `Call` to a response. It runs in a thread
and holds the state's lock from its first line to its last, so that no two acts interleave.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from simulators.gitlab import auth
from simulators.gitlab.errors import bad_parameter, forbidden, not_found, unauthorized
from simulators.gitlab.model import Access
from simulators.gitlab.state import find_issue, find_merge_request, find_pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.gitlab.model import Issue, Job, MergeRequest, Pipeline, Project, User
    from simulators.gitlab.repositories import Repository
    from simulators.gitlab.simulator import Simulator
    from simulators.gitlab.state import State

__all__ = ["Api", "Call", "JSONResponse", "PlainTextResponse", "Response", "no_content"]

TRUE, FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off"})


@dataclass(slots=True)
class Call:
    """A request that has been read. `parameters` is the query with the body laid over it."""

    simulator: Simulator
    request: Request
    user: User | None
    parameters: dict[str, Any]

    @property
    def state(self) -> State:
        """The stand-in's records."""
        return self.simulator.state

    @property
    def me(self) -> User:
        """The user who calls; 401 for a stranger."""
        if self.user is None:
            raise unauthorized()
        return self.user

    def segment(self, name: str) -> str:
        """A part of the path, decoded: names of files and branches arrive with `%2F`."""
        return unquote(self.request.path_params[name])

    def segment_number(self, name: str) -> int:
        """A part of the path that has to be a number."""
        text = self.segment(name)
        if not text.isdecimal():
            raise bad_parameter(f"{name} is invalid")
        return int(text)

    def has(self, name: str) -> bool:
        """Whether the parameter was sent at all, be it empty."""
        return name in self.parameters

    def text(self, name: str) -> str | None:
        """A parameter as text; `None` when it is absent or null."""
        value = self.parameters.get(name)
        return None if value is None else str(value)

    def needed(self, name: str) -> str:
        """A parameter that must be there; GitLab says `<name> is missing`, or `is empty`."""
        if not self.has(name) or self.parameters[name] is None:
            raise bad_parameter(f"{name} is missing")
        value = str(self.parameters[name])
        if not value.strip():
            raise bad_parameter(f"{name} is empty")
        return value

    def number(self, name: str) -> int | None:
        """A parameter as a whole number."""
        value = self.text(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except ValueError:
            raise bad_parameter(f"{name} is invalid") from None

    def flag(self, name: str) -> bool | None:
        """A parameter as yes or no."""
        value = self.text(name)
        if value is None or value == "":
            return None
        if value.lower() not in TRUE | FALSE:
            raise bad_parameter(f"{name} is invalid")
        return value.lower() in TRUE

    def words(self, name: str) -> list[str] | None:
        """A list, sent as JSON, as `name[]=…` or as words between commas; `None` when absent."""
        value = self.parameters.get(name)
        if value is None:
            return None
        parts = value if isinstance(value, list) else str(value).split(",")
        return [text for part in parts if (text := str(part).strip())]

    def numbers(self, name: str) -> list[int] | None:
        """A list of whole numbers; `None` when absent. GitLab's `0` for "nobody" is left out."""
        words = self.words(name)
        if words is None:
            return None
        if not all(word.isdecimal() for word in words):
            raise bad_parameter(f"{name} is invalid")
        return [int(word) for word in words if int(word)]

    def project(self, needs: int = Access.NONE) -> Project:
        """The project of the path.

        Raises:
            ApiError: 404 when the user may not know of it, 401 for a stranger and 403 for a known user below `needs`.
        """
        project = self.state.find_project(self.segment("project_id"))
        if not auth.can_see(self.user, project):
            raise not_found("Project")
        self.require(project, needs)
        return project

    def require(self, project: Project, needs: int) -> None:
        """Refuse a user below a level."""
        if needs > Access.NONE and auth.access_level(self.me, project) < needs:
            raise forbidden()

    def code(self, needs: int = Access.NONE) -> tuple[Project, Repository]:
        """The project of the path and its repository, for a user who may read the code."""
        project = self.project(needs)
        if not auth.can_read_code(self.user, project):
            raise forbidden()
        return project, self.simulator.repository(project)

    def commit_sha(self, repository: Repository, revision: str | None, default: str) -> str:
        """The commit a parameter names, or 404."""
        sha = repository.resolve(revision or default)
        if sha is None:
            raise not_found("Commit")
        return sha

    def issue(self, project: Project) -> Issue:
        """The issue of the path; a confidential one does not exist for those who may not read it."""
        issue = find_issue(project, self.segment_number("iid"))
        if not auth.can_read_issue(self.user, project, issue):
            raise not_found("Issue")
        return issue

    def merge_request(self, project: Project) -> MergeRequest:
        """The merge request of the path, for a user who may read the code."""
        if not auth.can_read_code(self.user, project):
            raise forbidden()
        return find_merge_request(project, self.segment_number("iid"))

    def pipeline(self, project: Project) -> Pipeline:
        """The pipeline of the path."""
        return find_pipeline(project, self.segment_number("pipeline_id"))

    def job(self, project: Project) -> tuple[Pipeline, Job]:
        """The job of the path, with its pipeline."""
        wanted = self.segment_number("job_id")
        for pipeline in project.pipelines:
            for job in pipeline.jobs:
                if job.id == wanted:
                    return pipeline, job
        raise not_found()


class Api:
    """A router whose endpoints take a `Call`."""

    def __init__(self) -> None:
        self.router = APIRouter()

    def get(self, path: str) -> Callable[[Callable[[Call], Response]], Callable[[Call], Response]]:
        """Serve GET (and HEAD) on a path."""
        return self._route(path, ["GET", "HEAD"])

    def post(self, path: str, *, locked: bool = True) -> Callable[[Callable[[Call], Response]], Callable[[Call], Response]]:
        """Serve POST on a path; not `locked` for the few that wait for the event loop and lock by themselves."""
        return self._route(path, ["POST"], locked=locked)

    def put(self, path: str) -> Callable[[Callable[[Call], Response]], Callable[[Call], Response]]:
        """Serve PUT (and PATCH) on a path."""
        return self._route(path, ["PUT", "PATCH"])

    def delete(self, path: str) -> Callable[[Callable[[Call], Response]], Callable[[Call], Response]]:
        """Serve DELETE on a path."""
        return self._route(path, ["DELETE"])

    def _route(
        self, path: str, methods: list[str], *, locked: bool = True
    ) -> Callable[[Callable[[Call], Response]], Callable[[Call], Response]]:
        def register(endpoint: Callable[[Call], Response]) -> Callable[[Call], Response]:
            async def handle(request: Request) -> Response:
                call = await open_call(request)
                return await run_in_threadpool(_answer if locked else _answer_unlocked, endpoint, call)

            self.router.add_api_route(path, handle, methods=methods, response_model=None)
            return endpoint

        return register


def no_content() -> Response:
    """The answer to a deletion."""
    return Response(status_code=204)


def _answer(endpoint: Callable[[Call], Response], call: Call) -> Response:
    with call.state.lock:
        return endpoint(call)


def _answer_unlocked(endpoint: Callable[[Call], Response], call: Call) -> Response:
    return endpoint(call)


async def open_call(request: Request) -> Call:
    """Read a request; a wrong token is refused here, a missing one only where something needs a user."""
    simulator: Simulator = request.app.state.simulator
    user = auth.authenticate(simulator.state, request.headers)
    if user is None and request.method not in {"GET", "HEAD"}:
        raise unauthorized()
    return Call(simulator, request, user, {**_gather(request.query_params.multi_items()), **await _body(request)})


async def _body(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "")
    if kind.startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
        form = await request.form()
        return _gather([(key, value) for key, value in form.multi_items() if not isinstance(value, UploadFile)])
    raw = await request.body()
    if not raw or "json" not in kind:
        return {}
    try:
        parsed = json.loads(raw)
    except ValueError:
        raise bad_parameter("Problems parsing JSON") from None
    if not isinstance(parsed, dict):
        raise bad_parameter("The body has to be a JSON object")
    return {key.removesuffix("[]"): value for key, value in parsed.items()}


def _gather(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Query or form fields as GitLab reads them: `a[]=1&a[]=2` is a list, `a[b]=1` a map."""
    gathered: dict[str, Any] = {}
    for key, value in pairs:
        if key.endswith("[]"):
            gathered.setdefault(key[:-2], []).append(value)
        elif key.endswith("]") and "[" in key:
            outer, _, inner = key[:-1].partition("[")
            gathered.setdefault(outer, {})[inner] = value
        else:
            gathered[key] = value
    return gathered
