"""Consent to tool calls on their way through a running flow: what is asked, what is made, and what the agent is told (A4)."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from duo_flows.domain.sessions import Ending, LogKind, SessionStatus
from signals.messages import AnswerResult, Stop
from signals.names import UPDATE_STOP
from tests.doubles.world import World, calls, running, says, serving
from tests.workflows.approving import APPROVED, HELLO, LOOK, asking, lines, note, told, written
from tests.workflows.recording import recorded
from tests.workflows.test_retry import start_next_run

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


async def test_calls_wait_for_the_requester_and_nothing_is_made_before(temporal: WorkflowEnvironment):
    world = asking((LOOK, HELLO))
    async with running(temporal, world, definition=APPROVED) as flow:
        asked = await flow.question()

        session = await flow.session()
        assert (session.status, session.waiting.kind) == (SessionStatus.TOOL_CALL_APPROVAL_REQUIRED, "tool_calls")
        assert (asked["reason"], asked["on"]) == ("consent to tool calls of work", "maya")
        assert asked["choices"] == ["apply", "always", "cancel", "modify"]
        assert (written(world), await lines(flow, LogKind.TOOL)) == ([], [])


async def test_the_question_shows_tool_arguments_and_what_is_pre_approved(temporal: WorkflowEnvironment):
    world = asking((LOOK, HELLO))
    async with running(temporal, world, definition=APPROVED) as flow:
        asked = await flow.question()

        shown = await world.deps.text(asked["question_ref"])
        assert "make these 2 calls?" in shown
        assert "`create_merge_request_note` (read_write_gitlab)" in shown
        assert '"body": "Hello",\n "merge_request_iid": 1' in shown
        assert "pre-approved by the flow" in shown.split("2. ", maxsplit=1)[0]


async def test_apply_makes_exactly_the_calls_that_were_shown(temporal: WorkflowEnvironment, record: bool):
    world = asking((LOOK, HELLO))
    async with running(temporal, world, definition=APPROVED) as flow:
        result = await flow.answer("apply")
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "calls_applied", record=record)

        assert (result.is_accepted, result.reason) == (True, "Accepted: exactly these calls will be made, once.")
        assert written(world) == ["Hello"]
        [read, wrote] = await lines(flow, LogKind.TOOL)
        assert {read.data["consent"], wrote.data["consent"]} == {"pre_approved", result.request_id}
        assert [block["is_error"] for block in told(world, turn=2)] == [False, False]


async def test_calls_that_are_all_pre_approved_are_not_asked_about(temporal: WorkflowEnvironment):
    world = asking((LOOK,))
    async with running(temporal, world, definition=APPROVED) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE

        assert await lines(flow, LogKind.REQUEST) == []
        assert len(await lines(flow, LogKind.TOOL)) == 1


async def test_calls_that_cannot_be_made_are_not_asked_about(temporal: WorkflowEnvironment):
    world = asking((("push_change", {}), ("create_merge_request_note", {"text": "x"})))
    async with running(temporal, world, definition=APPROVED) as flow:
        assert (await flow.ending())["ending"] == Ending.DONE

        assert (await lines(flow, LogKind.REQUEST), written(world)) == ([], [])
        assert [block["is_error"] for block in told(world, turn=2)] == [True, True]


async def test_the_same_call_in_a_later_turn_needs_a_consent_of_its_own(temporal: WorkflowEnvironment):
    world = asking((HELLO,), (HELLO,))
    async with running(temporal, world, definition=APPROVED) as flow:
        first = await flow.question()
        await flow.answer("apply")
        second = await flow.next_question(after=first)
        stale = await flow.answer("apply", digest=first["digest"])
        await flow.answer("apply")
        await flow.ending()

        assert (stale.is_accepted, stale.code) == (False, "stale_digest")
        assert first["request_id"] != second["request_id"]
        assert written(world) == ["Hello", "Hello"]


async def test_always_is_asked_once_for_exactly_these_arguments(temporal: WorkflowEnvironment, record: bool):
    world = asking((HELLO,), (HELLO,), (note("Goodbye"),))
    async with running(temporal, world, definition=APPROVED) as flow:
        first = await flow.question()
        await flow.answer("always")
        second = await flow.next_question(after=first)
        await flow.answer("cancel")
        await flow.ending()
        await recorded(flow, "calls_always", record=record)

        assert '"Goodbye"' in await world.deps.text(second["question_ref"])
        assert written(world) == ["Hello", "Hello"]
        assert len(await lines(flow, LogKind.REQUEST)) == 2


async def test_always_holds_in_the_next_run_of_the_session(temporal: WorkflowEnvironment):
    world = World(replies=[calls(HELLO), says("Done."), calls(HELLO), says("Done.")])
    async with running(temporal, world, definition=APPROVED) as flow:
        await flow.answer("always")
        await flow.ending()
        again = await start_next_run(temporal, flow)
        assert (await again.ending())["ending"] == Ending.DONE

        assert len(await lines(again, LogKind.REQUEST)) == 1
        assert [line.run for line in await lines(again, LogKind.TOOL)] == [1, 2]


async def test_apply_does_not_hold_in_the_next_run_of_the_session(temporal: WorkflowEnvironment):
    world = World(replies=[calls(HELLO), says("Done."), calls(HELLO), says("Done.")])
    async with running(temporal, world, definition=APPROVED) as flow:
        asked = await flow.question()
        await flow.answer("apply")
        await flow.ending()
        again = await start_next_run(temporal, flow)

        assert (await again.question())["digest"] != asked["digest"]
        assert written(world) == ["Hello"]


TWO_AGENTS = """
version: v1
environment: ambient
components:
  - {name: work, type: AgentComponent, prompt_id: p, toolset: [create_merge_request_note], require_tool_approval: true}
  - {name: other, type: AgentComponent, prompt_id: p, toolset: [create_merge_request_note], require_tool_approval: true}
prompts: [{prompt_id: p, prompt_template: {system: "x", user: "{{ goal }}"}}]
routers: [{from: work, to: other}, {from: other, to: end}]
flow: {entry_point: work}
"""


async def test_calls_with_one_id_in_two_turns_and_two_agents_are_three_calls_and_three_questions(temporal: WorkflowEnvironment):
    same = calls(("create_merge_request_note", {"merge_request_iid": 1, "body": "Hello"}))
    world = World(replies=[same, same, says("Done."), same, says("Done.")])
    async with running(temporal, world, definition=TWO_AGENTS) as flow:
        first = await flow.question()
        await flow.answer("apply")
        second = await flow.next_question(after=first)
        await flow.answer("cancel")
        await flow.next_question(after=second)
        await flow.answer("apply")
        assert (await flow.ending())["ending"] == Ending.DONE

        assert len(await lines(flow, LogKind.REQUEST)) == 3
        made = [(line.component, line.data["consent"]) for line in await lines(flow, LogKind.TOOL)]
        assert [component for component, _ in made] == ["work", "other"]
        assert (len({consent for _, consent in made}), written(world)) == (2, ["Hello", "Hello"])


async def test_cancel_makes_none_of_the_calls_and_the_agent_goes_on(temporal: WorkflowEnvironment, record: bool):
    world = asking((LOOK, HELLO))
    async with running(temporal, world, definition=APPROVED) as flow:
        result = await flow.answer("cancel")
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "calls_cancelled", record=record)

        assert "looks for another way" in result.reason
        assert (written(world), await lines(flow, LogKind.TOOL)) == ([], [])
        results = told(world, turn=2)
        assert [block["is_error"] for block in results] == [True, True]
        assert "did not agree to these calls" in results[0]["content"]


async def test_modify_makes_none_of_the_calls_and_the_agent_reads_the_words(temporal: WorkflowEnvironment):
    world = asking((HELLO,), (note("Good morning"),))
    async with running(temporal, world, definition=APPROVED) as flow:
        first = await flow.question()
        await flow.answer("modify", text="Say good morning instead.")
        await flow.next_question(after=first)
        await flow.answer("apply")
        await flow.ending()

        assert "@maya says:\n\nSay good morning instead." in told(world, turn=2)[0]["content"]
        assert written(world) == ["Good morning"]


async def test_an_unanswered_question_about_calls_expires_and_nothing_is_made(temporal: WorkflowEnvironment, record: bool):
    world = asking((HELLO,))
    async with running(temporal, world, definition=APPROVED) as flow:
        await flow.question()
        await temporal.fast_forward(flow.handle, timedelta(days=7, minutes=1))
        assert (await flow.ending())["ending"] == Ending.EXPIRED
        await recorded(flow, "calls_expired", record=record)

        assert ((await flow.session()).status, written(world)) == (SessionStatus.STOPPED, [])


async def test_a_stop_while_calls_wait_ends_the_session_and_nothing_is_made(temporal: WorkflowEnvironment):
    world = asking((HELLO,))
    async with running(temporal, world, definition=APPROVED) as flow:
        asked = await flow.question()
        await flow.handle.execute_update(UPDATE_STOP, Stop(actor="maya"), result_type=AnswerResult)
        assert (await flow.ending())["ending"] == Ending.STOPPED

        assert asked["request_id"]
        assert written(world) == []


async def test_somebody_elses_consent_is_refused_and_the_calls_go_on_waiting(temporal: WorkflowEnvironment):
    world = asking((HELLO,))
    async with running(temporal, world, definition=APPROVED) as flow:
        result = await flow.answer("always", actor="daniel-r")

        assert (result.is_accepted, result.code) == (False, "not_the_requester")
        assert ((await flow.session()).status, written(world)) == (SessionStatus.TOOL_CALL_APPROVAL_REQUIRED, [])


@pytest.mark.parametrize("choice", ["diff", "respond"])
async def test_what_is_not_offered_is_refused_and_the_calls_go_on_waiting(temporal: WorkflowEnvironment, choice: str):
    world = asking((HELLO,))
    async with running(temporal, world, definition=APPROVED) as flow:
        result = await flow.answer(choice, text="words")

        assert (result.is_accepted, result.code, written(world)) == (False, "not_offered", [])


async def test_long_arguments_are_cut_in_the_question_and_shown_in_full_on_asking(temporal: WorkflowEnvironment):
    body = "line\n" * 5_000
    world = asking((note(body),))
    async with running(temporal, world, definition=APPROVED) as flow:
        asked = await flow.question()
        result = await flow.answer("diff")

        assert "more characters]" in await world.deps.text(asked["question_ref"])
        assert (result.is_accepted, "in full" in result.reason) == (True, True)
        assert "line\\n" * 5_000 in await world.deps.text(result.change_ref)
        await flow.answer("apply")
        await flow.ending()
        assert written(world) == [body]


async def test_what_was_agreed_and_what_waits_survives_continuing_as_new(forgetful_temporal: WorkflowEnvironment):
    # Each round of these leaves about twenty events: the history is long after three.
    turns = [(note(f"Hello {number}"),) for number in range(6)]
    world = asking((HELLO,), *turns, (HELLO,))
    async with running(forgetful_temporal, world, definition=APPROVED) as flow:
        asked = await flow.question()
        await flow.answer("always")
        for _ in turns:
            asked = await flow.next_question(after=asked)
            await flow.answer("apply")
        ending = await flow.handle.result(follow_runs=True)

        assert ending["ending"] == Ending.DONE
        assert written(world) == ["Hello", *(f"Hello {number}" for number in range(6)), "Hello"]
        assert len(await lines(flow, LogKind.REQUEST)) == 7
        first = forgetful_temporal.client.get_workflow_handle(flow.handle.id, run_id=flow.handle.first_execution_run_id)
        assert (await first.describe()).status is WorkflowExecutionStatus.CONTINUED_AS_NEW


async def test_calls_that_wait_survive_a_flood_of_refused_answers(forgetful_temporal: WorkflowEnvironment):
    world = asking((HELLO,))
    async with running(forgetful_temporal, world, definition=APPROVED) as flow:
        asked = await flow.question()
        for number in range(30):
            await flow.answer("apply", digest="0" * 12, event_id=f"wrong:{number}")
        again = await flow.question()
        await flow.answer("apply")
        await flow.handle.result(follow_runs=True)

        assert (again["digest"], again["until"]) == (asked["digest"], asked["until"])
        assert (written(world), len(await lines(flow, LogKind.REQUEST))) == (["Hello"], 1)


async def test_calls_that_wait_outlive_their_worker(temporal: WorkflowEnvironment):
    world = asking((HELLO,))
    async with running(temporal, world, definition=APPROVED) as flow:
        asked = await flow.question()
    async with serving(temporal, world, flow):
        await flow.answer("apply", digest=asked["digest"])
        assert (await flow.ending())["ending"] == Ending.DONE

        assert (written(world), len(world.planner.asked)) == (["Hello"], 2)


async def test_of_many_answers_at_once_one_is_accepted_and_the_call_is_made_once(temporal: WorkflowEnvironment):
    world = asking((HELLO,))
    async with running(temporal, world, definition=APPROVED) as flow:
        await flow.question()
        results = await asyncio.gather(*(flow.answer("apply", event_id=f"e{number}") for number in range(5)))
        await flow.ending()

        assert [result.is_accepted for result in results].count(True) == 1
        assert written(world) == ["Hello"]


TEAM = """
version: v1
environment: ambient
components:
  - {name: lead, type: AgentComponent, prompt_id: p, toolset: [], subagents: [{name: writer}]}
  - name: writer
    type: AgentComponent
    description: Writes comments.
    prompt_id: p
    toolset: [{create_merge_request_note: {merge_request_iid: 1}}]
    require_tool_approval: true
prompts: [{prompt_id: p, prompt_template: {system: "x", user: "{{ goal }}"}}]
routers: [{from: lead, to: end}]
flow: {entry_point: lead}
"""
TASK = ("delegate_task", {"subagent_name": "writer", "prompt": "Greet them."})


def a_team() -> World:
    return World(replies=[calls(TASK), calls(HELLO), says("Greeted."), calls(TASK), calls(HELLO), says("Again."), says("Done.")])


async def test_a_sub_agents_calls_are_asked_about_in_each_of_its_subsessions(temporal: WorkflowEnvironment, record: bool):
    world = a_team()
    async with running(temporal, world, definition=TEAM) as flow:
        first = await flow.question()
        await flow.answer("apply")
        await flow.next_question(after=first)
        await flow.answer("cancel")
        assert (await flow.ending())["ending"] == Ending.DONE
        await recorded(flow, "calls_of_a_sub_agent", record=record)

        assert first["reason"] == "consent to tool calls of writer"
        assert written(world) == ["Hello"]
        made = [line.data["consent"] for line in await lines(flow, LogKind.TOOL) if line.data.get("tool") == HELLO[0]]
        assert made == [first["request_id"]]


async def test_a_sub_agents_question_survives_continuing_as_new(forgetful_temporal: WorkflowEnvironment):
    world = a_team()
    async with running(forgetful_temporal, world, definition=TEAM) as flow:
        first = await flow.question()
        for number in range(30):
            await flow.answer("apply", digest="0" * 12, event_id=f"wrong:{number}")
        await flow.answer("always")
        ending = await flow.handle.result(follow_runs=True)

        assert ending["ending"] == Ending.DONE
        assert (first["request_id"], written(world)) == (
            (await lines(flow, LogKind.REQUEST))[0].data["request"],
            ["Hello", "Hello"],
        )
        assert len(await lines(flow, LogKind.REQUEST)) == 1
