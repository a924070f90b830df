"""Faults on demand: answers a healthy GitLab would not give.

The law of this module: it decides which request meets which fault, and counts down. Applying one is the
business of `gate`.
"""

from __future__ import annotations

import re
import threading
from dataclasses import asdict, dataclass
from typing import Any

from simulators.gitlab.errors import bad_parameter


@dataclass(slots=True)
class Fault:
    """What is to go wrong, and how often. `count` is what is left; `None` means until it is removed.

    `apply_first` lets the request do its work before its answer is lost or replaced: the case in which a
    careless client repeats an effect.
    """

    id: int
    method: str
    path_regex: str
    status: int | None = None
    retry_after: float | None = None
    count: int | None = 1
    delay_ms: float = 0
    drop_connection: bool = False
    apply_first: bool = False
    hits: int = 0

    def meets(self, method: str, path: str) -> bool:
        """Whether a request is one this fault waits for."""
        if self.count == 0 or self.method not in {"*", method}:
            return False
        return re.search(self.path_regex, path) is not None


class Faults:
    """The faults that wait."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._last_id = 0

    def add(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Register a fault from its JSON (see docs/gitlab-stand-in.md) and return it.

        Raises:
            ApiError: 400, when the pattern or a number is not one.
        """
        match = asked.get("match") or {}
        pattern = str(match.get("path_regex", ".*"))
        try:
            re.compile(pattern)
            numbers = _numbers(asked)
        except (re.error, TypeError, ValueError) as error:
            raise bad_parameter(f"fault is invalid: {error}") from error
        with self._lock:
            self._last_id += 1
            fault = Fault(
                self._last_id,
                str(match.get("method", "*")).upper(),
                pattern,
                **numbers,
                drop_connection=bool(asked.get("drop_connection")),
                apply_first=bool(asked.get("apply_first")),
            )
            self._faults.append(fault)
        return asdict(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault that meets a request, counted as met."""
        with self._lock:
            found = next((fault for fault in self._faults if fault.meets(method, path)), None)
            if found is not None:
                found.hits += 1
                found.count = None if found.count is None else found.count - 1
            return found

    def listing(self) -> list[dict[str, Any]]:
        """Every fault, those used up too."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._faults.clear()


def _numbers(asked: dict[str, Any]) -> dict[str, Any]:
    status, retry_after = asked.get("status"), asked.get("retry_after")
    count = asked.get("count", 1)
    return {
        "status": None if status is None else int(status),
        "retry_after": None if retry_after is None else float(retry_after),
        "count": None if count is None else int(count),
        "delay_ms": float(asked.get("delay_ms", 0)),
    }
