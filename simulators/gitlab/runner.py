"""The runner: takes pending jobs one after another and runs them for real.

The law of this module: checkouts and processes. What a job's end means for its pipeline is decided in
`pipelines`. Lives on the server's event loop; other threads hand jobs over.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from simulators.gitlab import pipelines
from simulators.gitlab.ci import JobResult, run_job
from simulators.gitlab.ci_variables import predefined_variables
from simulators.gitlab.repositories import ENVIRONMENT

if TYPE_CHECKING:
    from simulators.gitlab.model import Job, Pipeline, Project
    from simulators.gitlab.simulator import Simulator

JOBS_AT_ONCE = 2  # a stand-in shares its machine with what is tried against it
CHECKOUT_DEPTH = "20"  # what a GitLab project clones by default
SYSTEM_FAILURE = 1


class Runner:
    """Runs at most two jobs at once, in the order in which they became pending."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._queue: asyncio.Queue[tuple[Project, Pipeline, Job]] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._early: list[tuple[Project, Pipeline, Job]] = []

    async def start(self) -> None:
        """Begin to take jobs, first those that became pending while the scenario was laid out."""
        self._loop = asyncio.get_running_loop()
        for work in self._early:
            self._queue.put_nowait(work)
        self._workers = [asyncio.create_task(self._work()) for _ in range(JOBS_AT_ONCE)]

    async def stop(self) -> None:
        """Kill what runs; a job's processes end with it."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def submit(self, project: Project, pipeline: Pipeline, job: Job) -> None:
        """Queue a job. Safe from any thread."""
        if self._loop is None:
            self._early.append((project, pipeline, job))
        else:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, (project, pipeline, job))

    def stop_job(self, job: Job) -> None:
        """Kill a job that runs. Safe from any thread."""
        if self._loop is not None and job.task is not None:
            self._loop.call_soon_threadsafe(job.task.cancel)

    async def _work(self) -> None:
        while True:
            project, pipeline, job = await self._queue.get()
            await self._run(project, pipeline, job)

    async def _run(self, project: Project, pipeline: Pipeline, job: Job) -> None:
        simulator = self._simulator
        with simulator.state.lock:
            if job.status != "pending":
                return
            environment = predefined_variables(simulator, project, pipeline, job)
            pipelines.set_job_status(simulator, project, pipeline, job, "running")
            pipelines.advance(simulator, project, pipeline)
        checkout = simulator.root / "builds" / str(job.id)
        job.task = asyncio.create_task(self._execute(project, pipeline, job, checkout, environment))
        try:
            await asyncio.wait({job.task})
        finally:
            job.task.cancel()
            await asyncio.gather(job.task, return_exceptions=True)
            await asyncio.to_thread(shutil.rmtree, checkout, ignore_errors=True)
        if not job.task.cancelled():
            with simulator.state.lock:
                pipelines.finish_job(simulator, project, pipeline, job, job.task.result())

    async def _execute(
        self, project: Project, pipeline: Pipeline, job: Job, checkout: Path, environment: dict[str, str]
    ) -> JobResult:
        try:
            await asyncio.to_thread(_check_out, project.repository_path, pipeline.sha, checkout)
            return await run_job(job.plan, checkout=checkout, environment=environment, on_output=job.trace.extend)
        except Exception as error:  # noqa: BLE001 - whatever breaks a runner fails its job, never the runner
            job.trace.extend(f"ERROR: Job failed (system failure): {error}\n".encode())
            return JobResult(exit_code=SYSTEM_FAILURE, failure_reason="runner_system_failure")


def _check_out(repository: Path, sha: str, checkout: Path) -> None:
    """A working copy of one commit that shares nothing with the bare repository."""
    checkout.mkdir(parents=True)
    for arguments in (
        ("init", "--quiet"),
        ("fetch", "--quiet", "--no-tags", "--depth", CHECKOUT_DEPTH, repository.as_uri(), sha),
        ("checkout", "--quiet", "--detach", "FETCH_HEAD"),
    ):
        subprocess.run(["git", *arguments], cwd=checkout, env=ENVIRONMENT, capture_output=True, check=True)
