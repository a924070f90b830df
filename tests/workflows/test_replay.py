"""Every workflow change replays the committed histories: a session that waits for days is still there after a deploy."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from workers.wiring import workflow_runner
from workflows.flow import Flow

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


def test_there_are_histories_of_every_ending():
    assert {path.stem for path in HISTORIES} >= {
        "attempts_used_up",
        "calls_always",
        "calls_applied",
        "calls_cancelled",
        "calls_expired",
        "calls_of_a_sub_agent",
        "cancelled",
        "cancelled_by_operator",
        "compacted",
        "compacted_when_refused",
        "cost_cap",
        "done",
        "expired",
        "fault",
        "low_confidence",
        "modified",
        "moved_branch",
        "not_fixable",
        "nothing_to_do",
        "one_off",
        "one_off_corrected",
        "paused_after_an_answer",
        "paused_and_resumed",
        "responded",
        "second_attempt",
        "stopped",
        "stopped_while_paused",
        "sub_agents",
        "sub_agents_continued",
    }


@pytest.mark.parametrize("path", HISTORIES, ids=[path.stem for path in HISTORIES])
async def test_a_committed_history_replays(path: Path):
    replayer = Replayer(workflows=[Flow], data_converter=pydantic_data_converter, workflow_runner=workflow_runner())

    await replayer.replay_workflow(WorkflowHistory.from_json(f"test/{path.stem}", path.read_text()))  # noqa: ASYNC240 - a small file
