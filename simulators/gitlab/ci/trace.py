"""What a job's trace looks like: a GitLab runner's sections, colours and sentences, and the cap on what a job may print.

Bytes only: nothing here starts a process or decides how a job ended.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024
"""A GitLab runner's default `output_limit`."""

_CLEAR = "\x1b[0K"
_RESET = "\x1b[0;m"
_CYAN, _GREEN, _RED, _YELLOW = "\x1b[36;1m", "\x1b[32;1m", "\x1b[31;1m", "\x1b[33;1m"


class Trace:
    """Writes one job's trace to a callback; the job's own output is cut at the limit, the runner's sentences never are."""

    def __init__(self, write: Callable[[bytes], None], *, limit_bytes: int = OUTPUT_LIMIT_BYTES) -> None:
        self._write = write
        self._limit_bytes = limit_bytes
        self._left_bytes = limit_bytes
        self._is_cut = False

    @contextmanager
    def section(self, name: str, *, title: str) -> Iterator[None]:
        """Bracket what is written inside with `section_start` and `section_end`, stamped with Unix seconds."""
        self._text(f"section_start:{_now()}:{name}\r{_CLEAR}{_CLEAR}{_CYAN}{title}{_RESET}{_RESET}\n")
        try:
            yield
        finally:
            self._text(f"section_end:{_now()}:{name}\r{_CLEAR}")

    def output(self, chunk: bytes) -> None:
        """Write what the job printed, until the limit; then say once that the rest is not kept."""
        kept = chunk[: self._left_bytes]
        self._left_bytes -= len(kept)
        if kept:
            self._write(kept)
        if len(kept) < len(chunk) and not self._is_cut:
            self._is_cut = True
            self._text(
                f"\n{_YELLOW}Job's log exceeded limit of {self._limit_bytes} bytes.\n"
                f"Job execution will continue but no more output will be collected.{_RESET}\n"
            )

    def headline(self, text: str) -> None:
        """A line of the runner itself."""
        self._text(f"{_CLEAR}{text}{_RESET}\n")

    def plain(self, text: str) -> None:
        """A line without colour."""
        self._text(f"{text}\n")

    def warning(self, text: str) -> None:
        """A yellow line that starts with WARNING."""
        self._text(f"{_YELLOW}WARNING: {text}{_RESET}\n")

    def succeeded(self) -> None:
        """The last line of a job that went well."""
        self._text(f"{_GREEN}Job succeeded{_RESET}\n")

    def failed(self, reason: str) -> None:
        """The last line of a job that did not."""
        self._text(f"{_RED}ERROR: Job failed: {reason}\n{_RESET}\n")

    def _text(self, text: str) -> None:
        self._write(text.encode())


def echo_of(command: str) -> str:
    """How a runner announces a command: green, after a dollar sign, with the rest of a long one folded away."""
    first, _, rest = command.strip("\n").partition("\n")
    folded = " # collapsed multi-line command" if rest else ""
    return f"{_GREEN}$ {first}{folded}{_RESET}"


def _now() -> int:
    return int(time.time())
