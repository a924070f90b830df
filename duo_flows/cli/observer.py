"""GitLab as a person sees it in the demonstration: read, and commented on, with that person's own token.

What is told in the story is read back here, from GitLab itself, not from what duo-flows says about it.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx2

from .failures import CommandError, ExitCode

# A demonstration's GitLab stands on the same machine; one that is silent for so long does not come back.
_TIMEOUT_SECONDS = 30.0

Json = dict[str, Any]


class Observer:
    """One person's view of one project of a GitLab."""

    def __init__(self, url: str, token: str, *, project: str) -> None:
        # Not the client's base_url: that adds a slash, which GitLab takes for another page.
        self._project_url = f"{url}/api/v4/projects/{quote(project, safe='')}"
        self._client = httpx2.AsyncClient(headers={"PRIVATE-TOKEN": token}, timeout=_TIMEOUT_SECONDS, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def project(self) -> Json:
        """Return the project."""
        found: Json = (await self._get("")).json()
        return found

    async def merge_requests(self) -> list[Json]:
        """Return the open merge requests, newest first."""
        found: list[Json] = (await self._get("/merge_requests", state="opened")).json()
        return found

    async def pipelines(self, **which: str) -> list[Json]:
        """Return pipelines, newest first; `ref` and `sha` narrow them down."""
        found: list[Json] = (await self._get("/pipelines", **which)).json()
        return found

    async def pipeline(self, pipeline_id: int) -> Json:
        """Return one pipeline."""
        found: Json = (await self._get(f"/pipelines/{pipeline_id}")).json()
        return found

    async def jobs(self, pipeline_id: int) -> list[Json]:
        """Return the jobs of a pipeline."""
        found: list[Json] = (await self._get(f"/pipelines/{pipeline_id}/jobs")).json()
        return found

    async def trace(self, job_id: int) -> str:
        """Return a job's log as text."""
        return (await self._get(f"/jobs/{job_id}/trace")).text

    async def commit(self, ref: str) -> Json:
        """Return a commit."""
        found: Json = (await self._get(f"/repository/commits/{quote(ref, safe='')}")).json()
        return found

    async def notes(self, merge_request_iid: int) -> list[Json]:
        """Return the comments on a merge request, oldest first."""
        found: list[Json] = (
            await self._get(f"/merge_requests/{merge_request_iid}/notes", sort="asc", order_by="created_at")
        ).json()
        return found

    async def comment(self, merge_request_iid: int, body: str) -> Json:
        """Write a comment on a merge request."""
        path = f"/merge_requests/{merge_request_iid}/notes"
        found: Json = (await self._answer("POST", path, json={"body": body})).json()
        return found

    async def _get(self, path: str, **params: str) -> httpx2.Response:
        return await self._answer("GET", path, params=params)

    async def _answer(self, method: str, path: str, **options: Any) -> httpx2.Response:
        try:
            return _checked(await self._client.request(method, self._project_url + path, **options))
        except httpx2.HTTPError as error:
            raise CommandError(f"GitLab does not answer ({type(error).__name__}).", exit_code=ExitCode.UNREACHABLE) from None


def _checked(response: httpx2.Response) -> httpx2.Response:
    if not response.is_success:
        raise CommandError(
            f"GitLab answered {response.status_code} for {response.request.url.path}.", exit_code=ExitCode.UNREACHABLE
        )
    return response
