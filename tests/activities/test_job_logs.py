"""The log of a job: reduced with the help of the same job's last green log, of what the requester may read."""

import pytest

from duo_flows.domain.running_jobs import JobRecord
from tests.activities.reading import BRANCH, agent_in
from tests.doubles.world import World

NOISE = b"".join(
    b"WARNING: cache entry %d was rebuilt because its checksum differs from the manifest\n" % n for n in range(1, 1_200)
)
RED = NOISE + b"AssertionError: 3 != 4\nERROR: Job failed: exit code 1\n"


def job(number: int, status: str, ref: str, name: str = "unit") -> JobRecord:
    return JobRecord(id=number, name=name, stage="test", status=status, ref=ref, pipeline_id=500)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def agent(world):
    agent = await agent_in(world)
    world.forge.job_logs[50] = RED
    world.reader.jobs_of[7] = [job(50, "failed", BRANCH)]
    return agent


def green_read(world) -> bool:
    return ("newest_green_job", 7) in world.reader.asked


@pytest.mark.parametrize("ref", [BRANCH, "main"])
async def test_a_long_log_is_reduced_beside_the_last_green_one(agent, world, ref):
    world.reader.jobs_of[7] += [job(40, "success", ref), job(41, "success", "elsewhere"), job(42, "success", ref, name="lint")]
    world.forge.job_logs[40] = NOISE + b"ok\n"

    text = await agent.text("get_job_logs", job_id=50)

    assert green_read(world)
    assert "AssertionError: 3 != 4" in text
    assert "what matters of it" in text


async def test_a_log_without_a_green_one_is_reduced_by_itself(agent, world):
    assert "AssertionError: 3 != 4" in await agent.text("get_job_logs", job_id=50)
    assert green_read(world)


async def test_a_log_whose_job_cannot_be_looked_up_is_reduced_by_itself(agent, world):
    world.reader.jobs_of[7] = []

    assert "AssertionError: 3 != 4" in await agent.text("get_job_logs", job_id=50)


@pytest.mark.parametrize("part", [{"grep": "AssertionError"}, {"start_line": 1_200}])
async def test_nobody_looks_for_a_green_log_for_a_part_that_was_asked_for(agent, world, part):
    assert "AssertionError: 3 != 4" in await agent.text("get_job_logs", job_id=50, **part)
    assert not green_read(world)


async def test_nobody_looks_for_a_green_log_for_a_short_one(agent, world):
    world.forge.job_logs[50] = b"AssertionError: 3 != 4\n"

    assert "the whole log" in await agent.text("get_job_logs", job_id=50)
    assert not green_read(world)
