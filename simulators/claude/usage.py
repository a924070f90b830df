"""What a request costs: estimated tokens, and which of them the prompt cache had already.

Blocks count in the API's order: tools, system, messages. A prefix is written to the cache at every block that carries
`cache_control` (or, with `cache_control` at the top, at the last one) and read back when a later request has the same prefix.
Unlike the API the stand-in caches prefixes of any length, so that small tests see it too.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulators.claude.conversation import blocks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BYTES_PER_TOKEN = 4
"""A usual rule of thumb; only the ratios matter to a client."""

LIFETIME_SECONDS = {"5m": 300.0, "1h": 3600.0}


@dataclass(frozen=True)
class _Prefix:
    digest: str
    tokens: int
    lifetime_seconds: float | None


@dataclass(frozen=True)
class InputUsage:
    """Input tokens by what they cost: plain, written to the cache, read from it."""

    plain: int
    created: int
    read: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.plain + self.created + self.read


def tokens_of(value: Any) -> int:
    """Estimated tokens of a text or JSON value, at least one."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return max(1, -(-len(text.encode()) // BYTES_PER_TOKEN))


class PromptCache:
    """Remembers prefixes until they expire; reading one makes it live longer."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._expires_at: dict[str, float] = {}

    def account(self, body: Mapping[str, Any]) -> InputUsage:
        """Count a request's input and remember the prefixes that it marks."""
        prefixes = list(_prefixes(body))
        marked = [index for index, prefix in enumerate(prefixes) if prefix.lifetime_seconds is not None]
        total = prefixes[-1].tokens
        if not marked:
            return InputUsage(plain=total, created=0, read=0)
        cacheable = prefixes[: marked[-1] + 1]
        read = max((prefix.tokens for prefix in cacheable if self._is_known(prefix.digest)), default=0)
        for index in marked:
            self._remember(prefixes[index])
        until = cacheable[-1].tokens
        return InputUsage(plain=total - until, created=until - read, read=read)

    def _is_known(self, prefix_digest: str) -> bool:
        return self._expires_at.get(prefix_digest, 0.0) > self._now()

    def _remember(self, prefix: _Prefix) -> None:
        self._expires_at[prefix.digest] = self._now() + (prefix.lifetime_seconds or 0.0)


def _prefixes(body: Mapping[str, Any]) -> Iterator[_Prefix]:
    """The request up to and including each of its blocks."""
    running = hashlib.sha256(str(body["model"]).encode())
    tokens = 0
    blocks = list(_blocks(body))
    for index, (label, block) in enumerate(blocks):
        is_last = index == len(blocks) - 1
        control = block.get("cache_control") or (body.get("cache_control") if is_last else None)
        bare = {key: value for key, value in block.items() if key != "cache_control"}
        running.update(json.dumps([label, bare], sort_keys=True).encode())
        tokens += tokens_of(bare)
        lifetime = LIFETIME_SECONDS[control.get("ttl", "5m")] if control else None
        yield _Prefix(digest=running.hexdigest(), tokens=tokens, lifetime_seconds=lifetime)


def _blocks(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for tool in body.get("tools") or ():
        yield "tool", tool
    for block in blocks_of(body.get("system")):
        yield "system", block
    for message in body["messages"]:
        for block in blocks_of(message["content"]):
            yield message["role"], block
