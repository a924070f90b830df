"""The real stack as processes: what `duoflow dev` starts, but stopped, killed and started again by hand.

Command lines, environments and ready checks are those of `duo_flows.bootstrap.embedded`; here is only who lives when.
"""

import asyncio
import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2

from duo_flows.bootstrap.embedded.children import Child, ChildPlan
from duo_flows.bootstrap.embedded.layout import Layout
from duo_flows.bootstrap.embedded.plans import plans_of
from duo_flows.bootstrap.hooks import ProjectHook, register_hook
from tests.acceptance.waiting import eventually
from tests.stand_ins import GitLabStandIn

OURS = ("web", "worker")
RESTARTABLE = ("temporal", "claude", "web", "worker")


class Stack:
    """A running stack. `settings` are the DUOFLOWS_ variables that a process of ours gets at its next start.

    `temporal` is dynamic configuration of its Temporal server, beside what the stack gives it.
    """

    def __init__(
        self, layout: Layout, runner: asyncio.Runner, settings: Mapping[str, str], temporal: Mapping[str, str] | None = None
    ) -> None:
        self.layout = layout
        self.settings = dict(settings)
        self.gitlab: GitLabStandIn
        self.claude = httpx2.Client(base_url=layout.claude_url, timeout=30)
        self._runner = runner
        self._plans = {plan.name: plan for plan in plans_of(layout)}
        config = [part for name, value in (temporal or {}).items() for part in ("--dynamic-config-value", f"{name}={value}")]
        self._plans["temporal"] = replace(self._plans["temporal"], argv=[*self._plans["temporal"].argv, *config])
        self._children: dict[str, Child] = {}

    def start_all(self) -> None:
        """Start everything in order, with our hook on every project."""
        for name in self._plans:
            self.start(name)
            if name == "gitlab":
                self.gitlab = GitLabStandIn(json.loads((self.layout.home / "gitlab.ready").read_text()))
            # GitLab disables a hook for a minute after four deliveries that nobody took.
            if name == "web":
                self._runner.run(self._register_hooks())

    def start(self, *names: str) -> None:
        """Start processes, all at once, and wait until they do their work."""
        workers = self._workers_that_began()
        for name in names:
            self._children[name] = self._runner.run(Child.start(self._plan(name)))
        for name in names:
            self._runner.run(self._children[name].wait_ready())
        # Temporal names the dead worker for minutes, which would do for ready.
        if "worker" in names:
            eventually("the worker to work", lambda: self._workers_that_began() > workers)

    def kill(self, *names: str) -> None:
        """Kill processes as a machine that fails does: without a word."""
        for name in names:
            os.kill(self._children[name].pid, signal.SIGKILL)
        for name in names:
            self._runner.run(self._children[name].wait_end())

    def restart(self, *names: str) -> None:
        """Stop processes in order and start them again, with the present settings."""
        for name in names:
            self._runner.run(self._children[name].stop())
        self.start(*names)

    def mend(self) -> None:
        """Make the stack whole again, whatever a test has left of it."""
        self.gitlab.heal()
        httpx2.post(f"{self.gitlab.url}/-/simulator/hooks", json={"paused": False}).raise_for_status()
        self.start(*(name for name in RESTARTABLE if not self._lives(name)))
        self.claude.delete("/-/simulator/faults").raise_for_status()

    def play(self, scenario: Path) -> None:
        """Let the Claude stand-in play another script, at the same address."""
        plan = self._plans["claude"]
        words = [str(scenario) if word == str(self.layout.story.folder) else word for word in plan.argv]
        self._runner.run(self._children["claude"].stop())
        (self.layout.home / "claude.ready").unlink(missing_ok=True)
        self._children["claude"] = self._runner.run(Child.start(replace(plan, argv=words)))
        self._runner.run(self._children["claude"].wait_ready())

    def log_text(self, name: str) -> str:
        """Return everything that a process has logged."""
        return (self.layout.home / f"{name}.log").read_text(errors="replace")

    def model_requests(self) -> list[dict[str, Any]]:
        """Return what the Claude stand-in was asked, since its start."""
        shown: list[dict[str, Any]] = self.claude.get("/-/simulator/requests").json()
        return shown

    def stop_all(self) -> None:
        """Stop everything, last started first."""
        for name in reversed(list(self._children)):
            self._runner.run(self._children[name].stop())

    def _workers_that_began(self) -> int:
        file = self.layout.home / "worker.log"
        return file.read_text(errors="replace").count("working as @") if file.exists() else 0

    def _lives(self, name: str) -> bool:
        return self._runner.run(_lives(self._children[name]))

    def _plan(self, name: str) -> ChildPlan:
        plan = self._plans[name]
        if name == "claude":
            (self.layout.home / "claude.ready").unlink(missing_ok=True)
        return replace(plan, env={**plan.env, **self.settings}) if name in OURS else plan

    async def _register_hooks(self) -> None:
        for project in self.layout.cast.projects:
            hook = ProjectHook(gitlab_url=self.layout.gitlab_url, project=project, hook_url=self.layout.hook_url)
            await register_hook(hook, token=self.layout.cast.admin.token, secrets_dir=self.layout.hook_secrets_dir)


async def _lives(child: Child) -> bool:
    # The loop learns of a death when it next runs.
    await asyncio.sleep(0)
    return child.is_running


@contextmanager
def restarted_with(stack: Stack, *names: str, **settings: str) -> Iterator[None]:
    """Have processes run with other settings inside the block."""
    usual = dict(stack.settings)
    stack.settings.update(settings)
    stack.restart(*names)
    try:
        yield
    finally:
        stack.settings = usual
        stack.restart(*names)


@contextmanager
def running_stack(layout: Layout, settings: Mapping[str, str], temporal: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """Yield a stack with these settings; all its processes end with the block."""
    layout.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with asyncio.Runner() as runner:
        stack = Stack(layout, runner, settings, temporal)
        try:
            stack.start_all()
            yield stack
        finally:
            stack.stop_all()
