"""One python-gitlab client for each thread, set up so that Temporal alone decides about trying again.

The law of this module: it knows how requests leave this process, and nothing of what they ask for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlsplit

import gitlab
import requests

from duo_flows.domain.errors import NeverAgain

# GitLab's own upper limit for a page.
PAGE_SIZE = 100


class _SameOriginSession(requests.Session):
    """A session that follows a redirect (GitLab sends one for a moved project) only to where it came from."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target is None or urlsplit(target).netloc == "" or origin_of(target) == origin_of(resp.url):
            return target
        return None


def origin_of(url: str) -> tuple[str, str]:
    """Return (scheme, host and port) of a URL, in lower case."""
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


class Client(gitlab.Gitlab):
    """python-gitlab without its own waiting and retrying; it keeps the headers of the last answer."""

    def __init__(self, url: str, *, timeout: float, private_token: str | None = None, bearer: str | None = None) -> None:
        session = _SameOriginSession()
        super().__init__(
            url,
            private_token=private_token,
            oauth_token=bearer,
            timeout=timeout,
            keep_base_url=True,
            session=session,
        )
        self.last_headers: dict[str, str] = {}
        session.hooks["response"].append(self._keep_headers)

    def _keep_headers(self, response: requests.Response, *_args: Any, **_kwargs: Any) -> None:
        self.last_headers = {name.lower(): value for name, value in response.headers.items()}

    def http_request(self, verb: str, path: str, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request once. A full URL (the next page of a list) must lead to this GitLab."""
        if "://" in path and not path.startswith(f"{self._url}/"):
            raise NeverAgain(
                "GitLab named a next page on another host, which was not followed. Set GITLAB_URL to GitLab's own address.",
                code="foreign_page",
            )
        self.last_headers = {}
        kwargs |= {"obey_rate_limit": False, "max_retries": 0, "retry_transient_errors": False}
        return super().http_request(verb, path, *args, **kwargs)

    def one(self, path: str, /, **query: Any) -> dict[str, Any]:
        """Return the JSON object at a path below /api/v4."""
        return _object(self.http_get(path, query_data=query))

    def every(self, path: str, /, **query: Any) -> Iterator[dict[str, Any]]:
        """Return the JSON objects of a list at a path, page after page as they are asked for."""
        query = {"per_page": PAGE_SIZE} | query
        return iter(self.http_list(path, query_data=query, iterator=True))

    def page(self, path: str, /, *, number: int, count: int, **query: Any) -> list[dict[str, Any]]:
        """Return one page of a list at a path, its `number` from 1; empty past the end."""
        answer = self.http_get(path, query_data={**query, "page": number, "per_page": count})
        if not isinstance(answer, list):
            raise gitlab.GitlabParsingError("not a JSON list")
        return answer

    def streamed(self, path: str, /, **query: Any) -> requests.Response:
        """Return an answer whose body has not been read yet; close it."""
        return cast(requests.Response, self.http_get(path, query_data=query, streamed=True))

    def create(self, path: str, data: dict[str, Any]) -> dict[str, Any]:
        """POST, and return the JSON object that was made."""
        return _object(self.http_post(path, post_data=data))

    def change(self, path: str, data: dict[str, Any]) -> dict[str, Any]:
        """PUT, and return the JSON object as it is now."""
        return _object(self.http_put(path, post_data=data))


def _object(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise gitlab.GitlabParsingError("not a JSON object")
    return answer


class Clients:
    """The clients of one account, one for each thread: a requests session is not promised to be safe between threads."""

    def __init__(self, url: str, token: str, *, timeout: float) -> None:
        self._url, self._token, self._timeout = checked_url(url), token, timeout
        self._own = threading.local()

    def here(self) -> Client:
        """Return this thread's client."""
        client: Client | None = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = Client(self._url, timeout=self._timeout, private_token=self._token)
        return client

    def of_bearer(self, token: str) -> Client:
        """Return a client of somebody else's token, personal or OAuth, to be closed after use."""
        return Client(self._url, timeout=self._timeout, bearer=token)


def checked_url(url: str) -> str:
    """Return GitLab's address, if it is one that requests and messages may carry.

    Raises:
        NeverAgain: it is not http(s), or has a user or password in it.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise NeverAgain("GITLAB_URL must be an http or https address without a user or password in it.", code="bad_setting")
    return url.rstrip("/")
