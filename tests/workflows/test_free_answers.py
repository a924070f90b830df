"""Questions that are answered in a person's own words: what the agent and routers read of them, and what is refused."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.sessions import Ending, LogKind, SessionStatus
from tests.doubles.world import World, running, says
from tests.workflows.recording import recorded

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

# Asked once more after each answer in words; a router that took words for a yes would abort.
INPUT = """
version: v1
environment: ambient
components:
  - {name: plan, type: AgentComponent, prompt_id: p, toolset: []}
  - {name: ask, type: HumanInputComponent, sends_response_to: plan, message_template: "Which branch?", interaction_type: input}
prompts: [{prompt_id: p, prompt_template: {system: "x", user: "Plan it."}}]
routers:
  - {from: plan, to: ask}
  - {from: ask, condition: {input: "context:ask.approval", routes: {respond: plan, reject: end, approve: abort, modify: abort}}}
flow: {entry_point: plan}
"""


def asking() -> World:
    return World(replies=[says("I need to know the branch."), says("Good.")])


async def test_the_agent_reads_the_words_as_they_were_said(temporal: WorkflowEnvironment, record: bool):
    world = asking()
    async with running(temporal, world, definition=INPUT) as flow:
        first = await flow.question()
        result = await flow.answer("respond", text="Use main.")
        await flow.next_question(after=first)
        await flow.answer("cancel")
        await flow.ending()
        await recorded(flow, "responded", record=record)

        assert (result.is_accepted, result.reason) == (True, "Accepted: your words go to the agent.")
        assert world.planner.asked[1].messages[-1].content == [{"type": "text", "text": "Use main."}]
        [answer, _no] = await world.store.sessions.lines((await flow.session()).id, kind=LogKind.ANSWER)
        assert answer.text == "@maya answered respond: Use main."


async def test_a_question_for_words_shows_what_it_takes(temporal: WorkflowEnvironment):
    async with running(temporal, asking(), definition=INPUT) as flow:
        asked = await flow.question()

        assert (asked["choices"], asked["kind"], asked["reason"]) == (["respond", "cancel"], "input", "an answer to ask")
        assert (await flow.session()).status is SessionStatus.INPUT_REQUIRED


async def test_no_answer_ends_the_session_where_the_flow_says_so(temporal: WorkflowEnvironment):
    async with running(temporal, asking(), definition=INPUT) as flow:
        result = await flow.answer("cancel")

        assert (await flow.ending())["ending"] == Ending.CANCELLED
        assert "you give no answer" in result.reason


@pytest.mark.parametrize(
    ("choice", "text", "code"),
    [("respond", " \n", "words_missing"), ("apply", "yes", "not_offered"), ("modify", "other", "not_offered")],
)
async def test_what_is_no_answer_in_words_is_refused_and_the_question_stays(temporal: WorkflowEnvironment, choice, text, code):
    world = asking()
    async with running(temporal, world, definition=INPUT) as flow:
        asked = await flow.question()
        result = await flow.answer(choice, text=text)

        assert (result.is_accepted, result.code) == (False, code)
        assert (await flow.question())["request_id"] == asked["request_id"]
        assert len(world.planner.asked) == 1


async def test_a_question_for_words_expires_like_any_other(temporal: WorkflowEnvironment):
    async with running(temporal, asking(), definition=INPUT) as flow:
        await flow.question()
        await temporal.fast_forward(flow.handle, timedelta(days=7, minutes=1))

        assert (await flow.ending())["ending"] == Ending.EXPIRED
