import asyncio
import os
import re
import shutil
import sys

import pytest

from simulators.gitlab.ci import JobPlan, run_job
from simulators.gitlab.ci.sandbox import make_box, python_prefix, working_bwrap
from simulators.gitlab.ci.trace import Trace

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def run(tmp_path):
    """Runs commands as a job in an empty checkout; gives the result and the trace."""

    async def run(*script, environment=None, **keys):
        output = []
        job = JobPlan(name="job", stage="test", script=script, **keys)
        result = await run_job(job, checkout=tmp_path, environment=environment or {}, on_output=output.append)
        return result, b"".join(output).decode()

    return run


@pytest.fixture(params=["process", pytest.param("bubblewrap", marks=pytest.mark.sandbox)])
def box(request, monkeypatch):
    """Each kind of box; the sandboxed one only where bubblewrap works."""
    if request.param == "process":
        monkeypatch.setattr(shutil, "which", lambda name, which=shutil.which: None if name == "bwrap" else which(name))
    elif working_bwrap() is None:
        pytest.skip("bubblewrap is not installed, or its self-test fails here")
    return request.param


async def test_a_trace_looks_like_a_runners(run):
    result, trace = await run("echo hello", "echo multi\necho line")

    assert (result.exit_code, result.failure_reason) == (0, None)
    assert re.search(r"section_start:\d{10}:step_script\r\x1b\[0K", trace)
    assert re.search(r"section_end:\d{10}:step_script\r\x1b\[0K", trace)
    assert "\x1b[32;1m$ echo hello\x1b[0;m\nhello\n" in trace
    assert "\x1b[32;1m$ echo multi # collapsed multi-line command\x1b[0;m\nmulti\nline\n" in trace
    assert trace.endswith("\x1b[32;1mJob succeeded\x1b[0;m\n")


async def test_the_trace_says_which_box_it_was(run, box):
    _, trace = await run("true", image="python:3.11")

    assert f'Preparing the "{box}" executor' in trace
    assert "The image python:3.11 is not pulled" in trace


@pytest.mark.parametrize("failing", ["exit 3", "(exit 3)", "sh -c 'exit 3' | cat"])
@pytest.mark.usefixtures("box")
async def test_the_first_failing_command_ends_the_job(run, failing):
    result, trace = await run(failing, "echo not reached")

    assert (result.exit_code, result.failure_reason) == (3, "script_failure")
    assert "\nnot reached" not in trace
    assert "\x1b[31;1mERROR: Job failed: exit code 3\n\x1b[0;m" in trace


@pytest.mark.usefixtures("box")
async def test_scripts_find_a_plain_python(run):
    result, trace = await run("python3 -c 'import sys, unittest; print(\"python\", sys.version_info >= (3, 9))'")

    assert result.exit_code == 0
    assert "python True" in trace


@pytest.mark.usefixtures("box")
async def test_only_ci_variables_reach_the_job(run, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_MACHINE", "hidden")

    _, trace = await run("env", environment={"CI": "true", "HOME": "elsewhere"}, variables={"GREETING": "hi $NAME", "NAME": "you"})

    names = set(re.findall(r"^(\w+)=", trace, re.MULTILINE))
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "HOME", "LANG", "CI", "CI_PROJECT_DIR", "GREETING", "NAME"}
    assert "GREETING=hi you" in trace
    assert "elsewhere" not in trace


async def test_the_callers_variables_win_over_the_configurations(run):
    _, trace = await run("echo =$MODE=", environment={"MODE": "project"}, variables={"MODE": "yaml"})

    assert "=project=" in trace


async def test_directories_and_variables_carry_over_between_commands(run, tmp_path):
    await run("mkdir inner && cd inner", "A=1", "echo $A > file", before_script=("B=2",))

    assert (tmp_path / "inner" / "file").read_text() == "1\n"


async def test_after_script_runs_in_a_shell_of_its_own_and_changes_nothing(run):
    result, trace = await run("A=1; exit 5", after_script=('echo "status $CI_JOB_STATUS, A=$A."', "exit 7"))

    assert result.exit_code == 5
    assert "status failed, A=." in trace
    assert "WARNING: after_script failed, but job will continue unaffected: exit code 7" in trace


@pytest.mark.usefixtures("box")
async def test_a_job_that_takes_too_long_is_killed(run):
    result, trace = await run("echo begun; sleep 1000", timeout_seconds=1)

    assert (result.exit_code, result.failure_reason) == (137, "job_execution_timeout")
    assert "begun" in trace
    assert "ERROR: Job failed: execution took longer than 1s seconds" in trace


async def test_a_job_that_cannot_be_started_is_the_runners_fault(tmp_path):
    output = []
    job = JobPlan(name="job", stage="test", script=("true",))

    result = await run_job(job, checkout=tmp_path / "missing", environment={}, on_output=output.append)

    assert (result.exit_code, result.failure_reason) == (1, "runner_system_failure")
    assert "ERROR: Job failed: (system failure): No such file or directory" in b"".join(output).decode()


@pytest.mark.usefixtures("box")
async def test_no_process_is_left_when_a_job_ends(run):
    mark = f"10{os.getpid()}"

    result, _ = await run(f"sleep {mark} & setsid sleep {mark} & true")

    assert result.exit_code == 0
    assert await _commands_with(mark) == []


@pytest.mark.usefixtures("box")
async def test_no_process_is_left_when_a_job_is_cancelled(tmp_path):
    mark, begun = f"20{os.getpid()}", asyncio.Event()
    job = JobPlan(name="job", stage="test", script=(f"setsid sleep {mark} & echo begun; sleep {mark}",))

    def listen(chunk):
        # The echo of the command names the word too; the word itself stands alone in its line.
        begun.set() if chunk.endswith(b"begun\n") else None

    running = asyncio.create_task(run_job(job, checkout=tmp_path, environment={}, on_output=listen))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert await _commands_with(mark) == []


async def _commands_with(mark):
    """Processes of this argument; a killed one may need a moment to disappear."""
    await asyncio.sleep(0.2)
    listing = await asyncio.create_subprocess_exec("ps", "-eo", "args", stdout=asyncio.subprocess.PIPE)
    output, _ = await listing.communicate()
    return [line for line in output.decode().splitlines() if line == f"sleep {mark}"]


@pytest.mark.sandbox
async def test_a_sandboxed_job_sees_no_other_files_and_no_network(run, tmp_path):
    box = make_box(checkout=tmp_path, scratch=tmp_path, project_path="group/app", timeout_seconds=10)
    if box.name != "bubblewrap":
        pytest.skip("bubblewrap is not installed, or its self-test fails here")
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("private")
    connect = "import socket; print('network', socket.socket().connect_ex(('127.0.0.1', 22)))"

    _, trace = await run(f"cat {outside} || true", "pwd", f'python3 -c "{connect}"', environment={"CI_PROJECT_PATH": "group/app"})

    assert "private" not in trace
    assert "/builds/group/app" in trace
    assert "network 0" not in trace


def test_output_is_cut_at_the_limit_and_says_so_once():
    written = []
    trace = Trace(written.append, limit_bytes=10)

    trace.output(b"12345678")
    trace.output(b"90abc")
    trace.output(b"more")
    trace.succeeded()

    text = b"".join(written).decode()
    assert text.startswith("1234567890\n\x1b[33;1mJob's log exceeded limit of 10 bytes.\n")
    assert text.count("exceeded limit") == 1
    assert "more\n" not in text
    assert text.endswith("Job succeeded\x1b[0;m\n")


def test_the_python_of_jobs_is_no_shim():
    assert "shims" not in str(python_prefix())
    assert (python_prefix() / "bin" / "python3").exists()
    assert sys.version_info >= (3, 11)
