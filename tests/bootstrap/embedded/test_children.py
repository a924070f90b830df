import os
import select
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from duo_flows.bootstrap.embedded.children import Child, ChildPlan, StackError

READY = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + READY


def a_plan(folder: Path, program: str = READY) -> ChildPlan:
    ready = folder / "ready"

    async def is_ready() -> bool:
        return ready.exists()

    return ChildPlan(
        name="thing",
        title="The thing",
        argv=[sys.executable, "-c", program, str(ready)],
        env=dict(os.environ),
        log_file=folder / "thing.log",
        is_ready=is_ready,
    )


async def test_a_child_is_ready_when_its_check_says_so_and_gone_when_stopped(tmp_path):
    child = await Child.start(a_plan(tmp_path))
    await child.wait_ready()
    assert child.is_running

    await child.stop()
    assert child.how_it_ended() == "was killed by SIGTERM"


async def test_a_child_that_does_not_listen_is_ended_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("duo_flows.bootstrap.embedded.children.STOP_PATIENCE", timedelta(milliseconds=100))
    child = await Child.start(a_plan(tmp_path, DEAF))
    await child.wait_ready()

    await child.stop()
    assert child.how_it_ended() == "was killed by SIGKILL"


async def test_a_child_that_ends_before_it_is_ready_shows_the_end_of_its_log(tmp_path):
    child = await Child.start(a_plan(tmp_path, "raise SystemExit('the port is taken')"))

    with pytest.raises(StackError, match="ended with exit code 1 before it was ready") as caught:
        await child.wait_ready()
    assert "the port is taken" in str(caught.value)
    assert str(tmp_path / "thing.log") in str(caught.value)


PARENT = """
import asyncio, sys, pathlib
sys.path.insert(0, sys.argv[2])
from tests.bootstrap.embedded.test_children import a_plan
from duo_flows.bootstrap.embedded.children import Child
async def main():
    child = await Child.start(a_plan(pathlib.Path(sys.argv[1])))
    await child.wait_ready()
    print(child.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends children with their parent")
def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path):
    root = str(Path(__file__).parents[3])
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path), root], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    watched = os.pidfd_open(child)

    parent.send_signal(signal.SIGKILL)
    parent.wait()
    # A pidfd becomes readable when the process has ended; the suite's time limit ends a wait in vain.
    assert select.select([watched], [], [], 30)[0] == [watched]
