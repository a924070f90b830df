"""The stack while it runs: up in order, watched, down in the opposite order."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from .children import Child, StackError
from .layout import Layout
from .plans import plans_of

# A process that dies sooner than this after its start would die again.
_WORTH_RESTARTING_SECONDS = 3.0

Tell = Callable[[str], None]


class Stack:
    """The running processes of a layout."""

    def __init__(self, layout: Layout, *, tell: Tell) -> None:
        self.layout = layout
        self._tell = tell
        self._children: list[Child] = []

    @classmethod
    @asynccontextmanager
    async def running(cls, layout: Layout, *, tell: Tell) -> AsyncIterator[Stack]:
        """Yield the stack once everything is ready; stop everything on leaving, however that happens.

        Args:
            layout: what to run. Its folder is emptied first: a stand-in begins anew, so what refers to it must too.
            tell: is told in words what happens.

        Raises:
            StackError: a process did not start.
        """
        stack = cls(layout, tell=tell)
        try:
            await stack._start()
            yield stack
        finally:
            await asyncio.shield(stack._stop())

    def pid_of(self, name: str) -> int:
        """Return the process id of one of the stack's processes: temporal, gitlab, claude, web or worker."""
        return next(child.pid for child in self._children if child.plan.name == name)

    async def watch(self) -> None:
        """Start again what dies and can be; return never.

        Raises:
            StackError: a process ended that cannot be started again.
        """
        while True:
            waits = {asyncio.ensure_future(child.wait_end()): child for child in self._children}
            try:
                done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
            for wait in done:
                await self._replace(waits[wait])

    async def _start(self) -> None:
        _empty(self.layout)
        for plan in plans_of(self.layout):
            child = await Child.start(plan)
            self._children.append(child)
            await child.wait_ready()
            self._tell(f"{plan.title} is ready (process {child.pid}).")
            # Not before: GitLab disables a hook for a minute after four deliveries that nobody took, and pipelines run already.
            if plan.name == "web" and not self.layout.real_gitlab:
                await self._register_hooks()

    async def _register_hooks(self) -> None:
        # GitLab's client library takes a second to import, and the command line imports this module for its errors.
        from duo_flows.bootstrap.hooks import ProjectHook, register_hook

        for project in self.layout.cast.projects:
            await register_hook(
                ProjectHook(gitlab_url=self.layout.gitlab_url, project=project, hook_url=self.layout.hook_url),
                token=self.layout.cast.admin.token,
                secrets_dir=self.layout.hook_secrets_dir,
            )

    async def _replace(self, child: Child) -> None:
        lived = asyncio.get_running_loop().time() - child.started_at
        if not child.plan.can_restart or lived < _WORTH_RESTARTING_SECONDS:
            raise StackError(f"{child.plan.title} {child.how_it_ended()}.\n{child.log_tail()}")
        self._tell(f"{child.plan.title} {child.how_it_ended()}; starting it again.")
        replacement = await Child.start(child.plan)
        self._children[self._children.index(child)] = replacement
        await replacement.wait_ready()
        self._tell(f"{child.plan.title} is back (process {replacement.pid}).")

    async def _stop(self) -> None:
        while self._children:
            await self._children.pop().stop()


def _empty(layout: Layout) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(layout.home)
    layout.home.mkdir(parents=True, mode=0o700)
