"""Runs one planned job and writes its trace as a GitLab runner would.

The law: whatever happens (end, failure, timeout, cancellation), no process of the job is left behind, and nothing of the
stand-in's own environment reaches it.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulators.gitlab.ci.model import JobPlan, JobResult
from simulators.gitlab.ci.sandbox import Box, make_box
from simulators.gitlab.ci.trace import Trace, echo_of
from simulators.gitlab.ci.variables import expanded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

AFTER_SCRIPT_SECONDS = 300.0
"""GitLab gives `after_script` five minutes."""
DRAIN_SECONDS = 1.0
"""Once the group is killed its pipe closes at once; a process that fled into another session must not hold the job."""
TIMED_OUT_EXIT_CODE = 137
"""What a shell reports for a killed process."""
SYSTEM_FAILURE_EXIT_CODE = 1
"""The script never ran, so the number says no more than that it did not succeed."""
_CHUNK_BYTES = 65536


@dataclass(frozen=True)
class _Surroundings:
    """What every shell of one job shares."""

    box: Box
    scratch: Path
    checkout: Path
    environment: Mapping[str, str]
    trace: Trace


async def run_job(job: JobPlan, *, checkout: Path, environment: Mapping[str, str], on_output: Callable[[bytes], None]) -> JobResult:
    """Run the job in its checkout and hand its trace over piece by piece.

    Args:
        job: what to run; its variables lie below `environment`.
        checkout: working tree that the job may change.
        environment: CI variables (predefined, project, trigger). PATH and HOME are always ours.
        on_output: gets the trace's bytes as they come; must not block.

    Returns:
        Exit code 0 and no reason; or the script's code and `script_failure`; or 137 and `job_execution_timeout`; or 1 and
        `runner_system_failure` when the job could not be started here (no bash, no checkout).

    Effects: changes files in `checkout`. On cancellation every process of the job is killed before the error goes on.
    """
    trace = Trace(on_output)
    scratch = Path(tempfile.mkdtemp(prefix="job-"))
    try:
        # In a thread: the first box is tried out by starting programs.
        surroundings = await asyncio.to_thread(
            _surroundings, job, checkout=checkout, scratch=scratch, environment=environment, trace=trace
        )
        return await _run_in(surroundings, job=job)
    except OSError as error:
        trace.failed(f"(system failure): {error.strerror}: {error.filename}")
        return JobResult(exit_code=SYSTEM_FAILURE_EXIT_CODE, failure_reason="runner_system_failure")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


async def _run_in(surroundings: _Surroundings, *, job: JobPlan) -> JobResult:
    _introduce(job, surroundings)
    result = await _run_script(job, surroundings)
    await _run_after_script(job, surroundings, result=result)
    _conclude(job, surroundings.trace, result=result)
    return result


def _surroundings(job: JobPlan, *, checkout: Path, scratch: Path, environment: Mapping[str, str], trace: Trace) -> _Surroundings:
    (scratch / "home").mkdir()
    box = make_box(
        checkout=checkout.resolve(),
        scratch=scratch.resolve(),
        project_path=environment.get("CI_PROJECT_PATH", ""),
        timeout_seconds=job.timeout_seconds,
    )
    variables = expanded({**job.variables, **environment, "CI_PROJECT_DIR": box.project_dir})
    ours = {"PATH": box.search_path, "HOME": f"{box.scratch_dir}/home", "LANG": "C.UTF-8"}
    return _Surroundings(box=box, scratch=scratch, checkout=checkout, environment={**variables, **ours}, trace=trace)


def _introduce(job: JobPlan, surroundings: _Surroundings) -> None:
    trace = surroundings.trace
    trace.headline("Running with the runner of the GitLab stand-in")
    with trace.section("prepare_executor", title=f'Preparing the "{surroundings.box.name}" executor'):
        trace.plain(f"Running in {surroundings.box.description}.")
        if job.image is not None:
            trace.plain(f"The image {job.image} is not pulled: the job runs with the programs of this machine.")
    commit = surroundings.environment.get("CI_COMMIT_SHORT_SHA") or surroundings.environment.get("CI_COMMIT_SHA")
    if commit:
        ref = surroundings.environment.get("CI_COMMIT_REF_NAME", "HEAD")
        with trace.section("get_sources", title="Getting source from Git repository"):
            trace.plain(f"Checking out {commit[:8]} as detached HEAD (ref is {ref})...")


async def _run_script(job: JobPlan, surroundings: _Surroundings) -> JobResult:
    with surroundings.trace.section("step_script", title='Executing "step_script" stage of the job script'):
        code = await _run_commands(
            (*job.before_script, *job.script),
            surroundings,
            environment=surroundings.environment,
            timeout_seconds=job.timeout_seconds,
        )
    if code is None:
        return JobResult(exit_code=TIMED_OUT_EXIT_CODE, failure_reason="job_execution_timeout")
    return JobResult(exit_code=code, failure_reason="script_failure" if code else None)


async def _run_after_script(job: JobPlan, surroundings: _Surroundings, *, result: JobResult) -> None:
    """Its own shell, told how the job went; what it does changes nothing about the result."""
    if not job.after_script:
        return
    status = "failed" if result.exit_code else "success"
    with surroundings.trace.section("after_script", title="Running after_script"):
        surroundings.trace.plain("Running after script...")
        code = await _run_commands(
            job.after_script,
            surroundings,
            environment={**surroundings.environment, "CI_JOB_STATUS": status},
            timeout_seconds=AFTER_SCRIPT_SECONDS,
        )
    if code != 0:
        how = "it took too long" if code is None else f"exit code {code}"
        surroundings.trace.warning(f"after_script failed, but job will continue unaffected: {how}")


def _conclude(job: JobPlan, trace: Trace, *, result: JobResult) -> None:
    if result.failure_reason is None:
        trace.succeeded()
    elif result.failure_reason == "job_execution_timeout":
        trace.failed(f"execution took longer than {_go_duration(job.timeout_seconds)} seconds")
    else:
        trace.failed(f"exit code {result.exit_code}")


def _go_duration(seconds: float) -> str:
    """As the runner prints it: `1h0m0s`, `1m30s`, `2s`."""
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{rest:g}s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def _shell_text(commands: tuple[str, ...]) -> str:
    """One script for all commands, so that directories and variables carry over; it ends at the first that fails."""
    lines = ["set -eo pipefail", "set +o noclobber"]
    for command in commands:
        lines += [f"printf '%s\\n' {shlex.quote(echo_of(command))}", command]
    return "\n".join((*lines, ""))


async def _run_commands(
    commands: tuple[str, ...], surroundings: _Surroundings, *, environment: Mapping[str, str], timeout_seconds: float
) -> int | None:
    """Run the commands in one bash; the exit code as a shell reports it, or None at the timeout."""
    (surroundings.scratch / "script.sh").write_text(_shell_text(commands), encoding="utf-8")
    read_end, write_end = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *surroundings.box.prefix,
            *("bash", f"{surroundings.box.scratch_dir}/script.sh"),
            cwd=surroundings.checkout,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            # A pipe of our own: the end of the process is then seen at once, even while a child still holds its output open.
            stdout=write_end,
            stderr=write_end,
            start_new_session=True,
        )
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    copying = asyncio.create_task(_copy_output(read_end, trace=surroundings.trace))
    try:
        code = await asyncio.wait_for(process.wait(), timeout_seconds)
    except TimeoutError:
        return None
    else:
        return code if code >= 0 else 128 - code
    finally:
        await _end(process, copying=copying, home=surroundings.scratch.resolve() / "home")


async def _end(process: asyncio.subprocess.Process, *, copying: asyncio.Task[None], home: Path) -> None:
    """Kill what is left of the group and whoever left the group, then take what is left of the output."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    for stray in _strays(home):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(stray, signal.SIGKILL)
    with suppress(TimeoutError):
        await asyncio.wait_for(copying, DRAIN_SECONDS)


def _strays(home: Path) -> list[int]:
    """Processes that moved into a session of their own, known by their HOME, which no other job has.

    Only where the system has `/proc`. Inside bubblewrap none are left, because its process namespace ends with it, and none
    are found, because every job there has the same HOME.
    """
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"HOME={home}".encode() in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
    return found


async def _copy_output(read_end: int, *, trace: Trace) -> None:
    reader = asyncio.StreamReader()
    with open(read_end, "rb", buffering=0) as pipe:  # noqa: ASYNC230  # it is a descriptor, read by the event loop
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        try:
            while chunk := await reader.read(_CHUNK_BYTES):
                trace.output(chunk)
        finally:
            transport.close()
