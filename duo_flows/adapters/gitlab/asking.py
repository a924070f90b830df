"""How GitLab is asked: one question in a thread, its errors in the domain's words. Shared by all roles that GitLab serves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .client import Client, Clients
from .faults import translated

T = TypeVar("T")

# python-gitlab blocks a thread for each call; eight keep one worker's tools busy without tripping GitLab's limits per user.
_THREADS = 8


class Asking:
    """The way to one GitLab, as the service account.

    Args:
        url: GitLab's address, such as `https://gitlab.example.com`.
        token: the service account's access token with the scope `api`.
        timeout: seconds to wait for a connection and for each part of an answer.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 30.0) -> None:
        self.clients = Clients(url, token, timeout=timeout)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="gitlab")

    def close(self) -> None:
        """Take no more questions; those under way end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def ask(self, what: str, question: Callable[[Client], T], *, is_write: bool = False) -> T:
        """Return the answer to a question, which may be several calls; `what` names its object in errors."""

        def answered() -> T:
            client = self.clients.here()
            try:
                return question(client)
            except Exception as error:  # noqa: BLE001 - whatever it is, it leaves here as an error of the domain
                # "from None": the original may quote URLs and bodies, and tracebacks go to logs and histories.
                raise translated(error, what=what, headers=client.last_headers, is_write=is_write) from None

        return await asyncio.get_running_loop().run_in_executor(self._pool, answered)
