"""The API as the command line uses it: one method per endpoint, the API's refusals as failures with an exit code.

Answers come back as the API gave them (JSON), so that `--json` prints what the API says; only what a command reads is looked into.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx2

from .failures import CommandError, ExitCode

# Far above the seconds for which the API waits for a workflow's word, so that it is the API that tells of one that is silent.
_TIMEOUT_SECONDS = 30.0
# How long one request waits for new log lines. Whatever changes without one is seen this much later.
WAIT_SECONDS = 10.0
# Above the longest wait that the API grants, so that it is the API that ends a wait.
_WAIT_MARGIN_SECONDS = 10.0
_EXIT_CODES = {404: ExitCode.NOT_FOUND}
# Fields that are not as they should be; other refusals of status 422 are about what stands in GitLab.
_NOT_UNDERSTOOD = "invalid_request"
_NO_FLOW = "invalid_definition"
_FIRST_SERVER_FAULT = 500

Json = dict[str, Any]


class Api:
    """The API at `url`, spoken to with a GitLab token."""

    def __init__(self, url: str, token: str, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self.url = url
        self._client = httpx2.AsyncClient(
            base_url=f"{url.rstrip('/')}/api/v1",
            headers={"PRIVATE-TOKEN": token} if token else {},
            timeout=_TIMEOUT_SECONDS,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def me(self) -> Json:
        """Return who the token says you are."""
        me: Json = await self._json("GET", "/me")
        return me

    async def flows(self, project: str = "") -> list[Json]:
        """Return the flows that can be started; with a project, its own too."""
        flows: list[Json] = await self._json("GET", "/flows", params={"project": project} if project else {})
        return flows

    async def flow(self, name: str, project: str = "") -> Json:
        """Return one flow, built in or of a project."""
        found: Json = await self._json("GET", f"/flows/{quote(name, safe='')}", params={"project": project} if project else {})
        return found

    async def start(self, body: Json, *, idempotency_key: str) -> Json:
        """Start a session; the same key starts it once, however often it is sent."""
        found: Json = await self._json("POST", "/sessions", json=body, headers={"Idempotency-Key": idempotency_key})
        return found

    async def sessions(self, params: Mapping[str, Any]) -> Json:
        """Return a page of sessions, newest first."""
        found: Json = await self._json("GET", "/sessions", params=dict(params))
        return found

    async def session(self, session_id: str) -> Json:
        """Return one session."""
        found: Json = await self._json("GET", f"/sessions/{session_id}")
        return found

    async def log(self, session_id: str, *, after: int, limit: int = 200, wait_seconds: float = 0, curated: bool = False) -> Json:
        """Return lines of the session log after `after`, waiting for some if there are none."""
        params = {"after": after, "limit": limit, "wait_seconds": wait_seconds, **({"curated": True} if curated else {})}
        timeout = _TIMEOUT_SECONDS + wait_seconds + _WAIT_MARGIN_SECONDS
        found: Json = await self._json("GET", f"/sessions/{session_id}/log", params=params, timeout=timeout)
        return found

    async def diff(self, session_id: str) -> str:
        """Return the full diff of the change that the open question is about."""
        return (await self._answer("GET", f"/sessions/{session_id}/diff")).text

    async def act(self, session_id: str, verb: str, body: Json, *, idempotency_key: str) -> Json:
        """Answer, stop or retry a session."""
        headers = {"Idempotency-Key": idempotency_key}
        found: Json = await self._json("POST", f"/sessions/{session_id}/{verb}", json=body, headers=headers)
        return found

    async def _json(self, method: str, path: str, **options: Any) -> Any:
        response = await self._answer(method, path, **options)
        try:
            return response.json()
        except ValueError:
            raise CommandError(
                f"{self.url} does not speak our API; is the address right?", exit_code=ExitCode.UNREACHABLE
            ) from None

    async def _answer(self, method: str, path: str, **options: Any) -> httpx2.Response:
        try:
            response = await self._client.request(method, path, **options)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise CommandError(f"{self.url} is not an address: {error}", exit_code=ExitCode.USAGE) from None
        except httpx2.HTTPError as error:
            raise CommandError(_unreachable(self.url, error), exit_code=ExitCode.UNREACHABLE) from None
        if not response.is_success:
            raise _refusal(response)
        return response


def _unreachable(url: str, error: httpx2.HTTPError) -> str:
    reason = "did not answer in time" if isinstance(error, httpx2.TimeoutException) else "does not answer"
    return f"duo-flows {reason} at {url}. Start it with `duoflow dev`, or name its address with --api or DUOFLOWS_API_URL."


def _refusal(response: httpx2.Response) -> CommandError:
    problem = _problem(response)
    fallback = ExitCode.UNREACHABLE if response.status_code >= _FIRST_SERVER_FAULT else ExitCode.REFUSED
    fallback = {_NOT_UNDERSTOOD: ExitCode.USAGE, _NO_FLOW: ExitCode.INVALID_FLOW}.get(str(problem.get("code")), fallback)
    return CommandError(
        str(problem.get("detail") or _unexplained(response)),
        exit_code=_EXIT_CODES.get(response.status_code, fallback),
        code=str(problem.get("code") or ""),
    )


def _unexplained(response: httpx2.Response) -> str:
    return f"{response.url} gives {response.status_code} {response.reason_phrase} and no reason; is it the address of duo-flows?"


def _problem(response: httpx2.Response) -> Json:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
