"""Where DUOFLOWS_ALLOW_UNSIGNED is off, starts and answers sent to Temporal by hand count for nobody."""

import secrets

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.contrib.pydantic import pydantic_data_converter

from signals.messages import Answer, StartFlow
from signals.names import TASK_QUEUE
from tests.acceptance.stack import restarted_with
from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]


@pytest.fixture(scope="module", autouse=True)
def signed_only(whole_stack):
    whole_stack.mend()
    with restarted_with(whole_stack, "worker", DUOFLOWS_ALLOW_UNSIGNED="false"):
        yield


async def temporal_of(stack):
    return await Client.connect(stack.layout.temporal_address, data_converter=pydantic_data_converter)


async def test_a_start_by_hand_fails_and_says_why(people, stack):
    client = await temporal_of(stack)
    trouble = people.trouble()
    start = StartFlow(project=trouble.project, requester="maya", pipeline_id=trouble.pipeline_id)

    with pytest.raises(WorkflowFailureError) as failed:
        await client.execute_workflow("fix_pipeline", start, id=f"unsigned-{secrets.token_hex(4)}", task_queue=TASK_QUEUE)

    assert "this start is not signed by a door" in str(failed.value.cause)
    assert people.sessions_of(trouble.project, merge_request_iid=trouble.iid) == []


async def test_answers_by_hand_change_nothing_and_the_door_still_works(people, stack):
    client = await temporal_of(stack)
    trouble = people.trouble()
    session_id, question = people.asked(trouble)
    session = client.get_workflow_handle(people.session(session_id)["workflow_id"])

    await session.signal("answer", Answer(choice="apply", digest=question["digest"], actor="maya"))
    forged = Answer(choice="apply", digest=question["digest"], actor="maya", actor_id=2, signature="0" * 64)
    told = await session.execute_update("submit_answer", forged)

    assert (told["is_accepted"], told["code"]) == (False, "forged")
    eventually("both refusals", lambda: {"unsigned", "forged"} <= set(people.refusals(session_id)))
    assert people.question(session_id) == question
    assert people.answer(session_id, "apply", question["digest"]).status_code == 200
    people.done_once(trouble, session_id)
