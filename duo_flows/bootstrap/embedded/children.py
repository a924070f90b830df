"""One child process: started with its log in a file, watched until it is ready, stopped for certain.

A child never outlives this process: on Linux the kernel ends it when its parent dies, however that happens.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

# Long enough for a worker to hand back what it is doing, short enough for somebody who waits for the prompt.
STOP_PATIENCE = timedelta(seconds=10)
_LOOK_AGAIN = 0.1
_TAIL_BYTES = 16_384
_TAIL_LINES = 20
# From linux/prctl.h.
_PR_SET_PDEATHSIG = 1

ReadyCheck = Callable[[], Awaitable[bool]]


class StackError(Exception):
    """The stack cannot start or go on. The message names the process and shows the end of its log."""


@dataclass(frozen=True, kw_only=True)
class ChildPlan:
    """How to start one process, and how to know that it is ready. `can_restart`: its state survives its death."""

    name: str
    title: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log_file: Path
    is_ready: ReadyCheck
    patience: timedelta = timedelta(seconds=60)
    can_restart: bool = True


class Child:
    """A running process of the stack."""

    def __init__(self, plan: ChildPlan, process: asyncio.subprocess.Process) -> None:
        self.plan = plan
        self._process = process
        self.started_at = asyncio.get_running_loop().time()

    @classmethod
    async def start(cls, plan: ChildPlan) -> Child:
        """Start the process; its output is added to its log file."""
        plan.log_file.parent.mkdir(parents=True, exist_ok=True)
        parent = os.getpid()
        with plan.log_file.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *plan.argv,
                env=plan.env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                # Its own session: Ctrl-C reaches this process only, which then stops the others in order.
                start_new_session=True,
                # One system call, safe between fork and exec; nothing else ties a child's life to ours.
                preexec_fn=lambda: _die_with(parent),
            )
        return cls(plan, process)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Tell whether the process lives."""
        return self._process.returncode is None

    async def wait_ready(self) -> None:
        """Wait until the process does its work.

        Raises:
            StackError: it ended, or was not ready in time.
        """
        give_up_at = self.started_at + self.plan.patience.total_seconds()
        while not await self.plan.is_ready():
            if not self.is_running:
                raise StackError(f"{self.plan.title} {self.how_it_ended()} before it was ready.\n{self.log_tail()}")
            if asyncio.get_running_loop().time() > give_up_at:
                seconds = self.plan.patience.total_seconds()
                raise StackError(f"{self.plan.title} is not ready after {seconds:.0f} seconds.\n{self.log_tail()}")
            await asyncio.sleep(_LOOK_AGAIN)

    async def wait_end(self) -> None:
        """Wait until the process has ended."""
        await self._process.wait()

    def how_it_ended(self) -> str:
        """Return the end of the process in words, such as `was killed by SIGKILL`."""
        code = self._process.returncode
        if code is None:
            return "is running"
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    async def stop(self) -> None:
        """Ask the process to end, and end it with everything it started if it does not."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_PATIENCE.total_seconds())
        except TimeoutError:
            pass
        finally:
            # What it started itself is in its process group, and goes too.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    def log_tail(self) -> str:
        """Return the last lines of the log, under its name."""
        try:
            text = self.plan.log_file.read_bytes()[-_TAIL_BYTES:].decode(errors="replace")
        except OSError:
            text = ""
        lines = text.splitlines()[-_TAIL_LINES:] or ["(nothing was written)"]
        return "\n".join([f"The end of {self.plan.log_file}:", *(f"  {line}" for line in lines)])


def _die_with(parent: int) -> None:
    """Have the kernel end this process when its parent is gone. Runs in the child, before the program."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)
