"""Model turns: asked once, counted always, never beyond the cap, and never told a secret."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.contracts import ModelTurn, Scope, ToolResult
from activities.conversations import load_conversation
from activities.model_turns import ModelActivities
from duo_flows.domain.errors import NeverAgain, TryAgain
from duo_flows.domain.model_turns import StopReason, TurnProgress, TurnReply
from duo_flows.domain.ports import TurnKey
from duo_flows.domain.sessions import LogKind
from tests.activities.acting import FORGED, SECRET, refused, run, scope_of
from tests.doubles.world import COST, READS, World, calls, diagnosis, says

FAILURES = {"outcome": "failed", "pipeline": {"id": 500, "ref": "main"}, "jobs": [], "left_out": 0}
INPUTS = {
    "goal": "Mend it",
    "branch": "fix",
    "failures": FAILURES,
    "changes": None,
    "failures_after_change": None,
    "pushed": None,
    "proposed": None,
}


def plain_agent(shown: str) -> str:
    """A flow of one agent without a response schema, which shows these events."""
    return f"""
version: v1
environment: ambient
components: [{{name: work, type: AgentComponent, prompt_id: p, ui_log_events: [{shown}]}}]
prompts: [{{prompt_id: p, prompt_template: {{system: "Work.", user: "{{{{ goal }}}}"}}}}]
routers: [{{from: work, to: end}}]
flow: {{entry_point: work}}
"""


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def scope(world) -> Scope:
    return await scope_of(world)


def first_turn(scope: Scope, **fields) -> ModelTurn:
    known = {"component": "diagnose", "step": 3, "turn": 0, "inputs": INPUTS, "greets": True, "cost_cap_microusd": 5_000_000}
    return ModelTurn(scope=scope, **{**known, **fields})


async def take(world, task, **options):
    return await run(ModelActivities(world.deps).model_turn, task, **options)


async def used(world, scope):
    return await world.store.sessions.usage(scope.session_id)


# Asked once, counted always.


async def test_a_turn_that_was_answered_is_given_again_without_asking(world, scope):
    first = await take(world, first_turn(scope))

    again = await take(world, first_turn(scope), attempt=2)

    assert again == first
    assert len(world.planner.asked) == 1
    assert await used(world, scope) == COST


async def test_a_turn_that_was_paid_for_and_never_answered_is_counted_beside_its_repetition(world, scope):
    world.planner.replies[:] = [TryAgain("Broke off."), READS]

    with pytest.raises(ApplicationError, match="Broke off"):
        await take(world, first_turn(scope))
    await take(world, first_turn(scope), attempt=2)

    assert await used(world, scope) == COST.plus(COST)
    assert len(world.planner.asked) == 2


class NeverBegins:
    """A planner whose provider never begins to answer."""

    async def turn(self, request, *, on_progress):
        del request
        on_progress(TurnProgress(events=1))
        raise TryAgain("Overloaded.", retry_after=timedelta(seconds=7))


async def test_a_turn_that_the_provider_never_began_costs_nothing(world, scope):
    world.planner = NeverBegins()

    with pytest.raises(ApplicationError) as caught:
        await take(world, first_turn(scope))

    assert caught.value.next_retry_delay == timedelta(seconds=7)
    assert (await used(world, scope)).turns == 0


async def test_a_session_that_has_used_its_cap_is_not_asked_for_again(world, scope):
    key = TurnKey(session_id=scope.session_id, run=1, component="diagnose", step=1, turn=9)
    await world.store.sessions.note_turn(key, attempt=1, usage=COST)

    done = await take(world, first_turn(scope, cost_cap_microusd=COST.cost_microusd))

    assert (done.is_over_cap, done.calls, done.answer) == (True, (), None)
    assert world.planner.asked == []


async def test_one_microdollar_below_the_cap_is_still_below(world, scope):
    key = TurnKey(session_id=scope.session_id, run=1, component="diagnose", step=1, turn=9)
    await world.store.sessions.note_turn(key, attempt=1, usage=COST)

    done = await take(world, first_turn(scope, cost_cap_microusd=COST.cost_microusd + 1))

    assert (done.is_over_cap, len(world.planner.asked)) == (False, 1)


# What the model is told.


async def test_an_agent_that_is_entered_gets_its_prompts_its_tools_and_its_schema(world, scope):
    await take(world, first_turn(scope))

    [asked] = world.planner.asked
    assert asked.system
    assert "Mend it" in str(asked.messages)
    assert {tool.name for tool in asked.tools} >= {"get_job_logs", "get_repository_file"}
    assert asked.answer_schema["type"] == "object"
    assert asked.labels == {"session": scope.session_id}


async def test_secrets_of_prompts_tools_and_people_never_reach_the_model(world, scope):
    world.planner.replies[:] = [READS, diagnosis()]
    first = await take(world, first_turn(scope, inputs={**INPUTS, "goal": f"Use {SECRET}"}))
    text_ref = await world.deps.put_text(f"export T={SECRET}")
    results = tuple(ToolResult(call_id=call.id, text_ref=text_ref) for call in first.calls)

    await take(
        world,
        first_turn(
            scope, turn=1, greets=False, conversation_ref=first.conversation_ref, tool_results=results, messages=(f"take {SECRET}",)
        ),
    )

    told = str(world.planner.asked)
    assert SECRET not in told
    assert told.count("[redacted:gitlab_token]") >= 3


async def test_an_agent_that_is_entered_with_the_same_prompt_is_not_told_it_twice(world, scope):
    world.planner.replies[:] = [diagnosis(), diagnosis()]
    first = await take(world, first_turn(scope))

    await take(world, first_turn(scope, turn=1, conversation_ref=first.conversation_ref, messages=("smaller, please",)))

    said = [part["text"] for message in world.planner.asked[1].messages for part in message.content if message.role == "user"]
    assert (len(said), said[1]) == (2, "smaller, please")


async def test_an_agent_that_makes_the_same_mistake_twice_is_told_of_it_twice(world, scope):
    world.planner.replies[:] = [diagnosis(), diagnosis()]
    first = await take(world, first_turn(scope))

    await take(world, first_turn(scope, turn=1, conversation_ref=first.conversation_ref))

    # A conversation that ends with the model's own words is refused by the API.
    last = world.planner.asked[1].messages[-1]
    assert last.role == "user"
    assert "Mend it" in str(last.content)


async def test_who_must_finish_gets_no_tools_and_is_told_so(world, scope):
    world.planner.replies[:] = [diagnosis()]

    await take(world, first_turn(scope, must_finish=True))

    [asked] = world.planner.asked
    assert asked.tools == ()
    assert "Do not call any more tools" in str(asked.messages[-1].content)


# What comes of the answer.


def with_ids(reply: TurnReply, *ids: str) -> TurnReply:
    """Return a reply whose calls have these ids."""
    known = [call.id for call in reply.tool_calls]
    blocks = [{**block, "id": ids[known.index(block["id"])]} for block in reply.message.content]
    named = tuple(call.model_copy(update={"id": new}) for call, new in zip(reply.tool_calls, ids, strict=True))
    return reply.model_copy(update={"message": reply.message.model_copy(update={"content": blocks}), "tool_calls": named})


@pytest.mark.parametrize("ids", [("c1", "c1"), ("", "c2"), ("c1", "c" * 201)])
async def test_calls_that_cannot_be_told_apart_are_not_made_and_the_model_is_told(world, scope, ids):
    world.planner.replies[:] = [with_ids(READS, *ids)]

    done = await take(world, first_turn(scope))

    assert (done.calls, "each needs an id of its own" in done.problem) == ((), True)
    kept = await load_conversation(world.deps.contents, done.conversation_ref)
    assert [message.role for message in kept.messages] == ["user"]


@pytest.mark.parametrize("name", ["x** [ok](http://evil)" + "y" * 300_000, "get_job_logs\u200b", "create commit", ""])
async def test_a_name_that_no_tool_can_have_goes_no_further(world, scope, name):
    world.planner.replies[:] = [calls((name, {"a": 1}))]

    done = await take(world, first_turn(scope))

    assert (done.calls, "Call your tools by their names" in done.problem) == ((), True)
    [line] = await world.store.sessions.lines(scope.session_id, kind=LogKind.MODEL)
    assert line.text == done.problem


async def test_calls_are_handed_on_and_told_in_the_log(world, scope):
    done = await take(world, first_turn(scope))

    assert [(call.name, call.arguments) for call in done.calls] == [
        ("get_job_logs", {"job_id": 50}),
        ("get_repository_file", {"file_path": "tests/test_retry.py"}),
    ]
    [line] = [line for line in await world.log(scope.session_id) if line.kind is LogKind.MODEL]
    assert line.text == "[calls get_job_logs, get_repository_file]"
    shown = {"event": "on_agent_reasoning", "is_shown": True, "role": "agent"}
    assert line.data == {"tokens": 1_100, "cost_microusd": 3_000, **shown}


@pytest.mark.parametrize("answer", ["I found it.", "The token is " + SECRET])
async def test_a_final_answer_stands_in_the_log_where_its_author_shows_it_without_secrets(world, answer):
    world.planner.replies[:] = [says(answer)]
    shown = await scope_of(world, definition=plain_agent("on_agent_final_answer"))

    await take(world, first_turn(shown, component="work"))

    [line] = [line for line in await world.log(shown.session_id) if line.kind is LogKind.MODEL]
    assert line.text.startswith(answer[:12])
    assert line.data["event"] == "on_agent_final_answer"
    assert SECRET not in line.text


async def test_a_final_answer_that_its_author_does_not_show_is_only_mentioned(world):
    world.planner.replies[:] = [says("For nobody's eyes.")]
    hidden = await scope_of(world, definition=plain_agent(""))

    await take(world, first_turn(hidden, component="work"))

    [line] = [line for line in await world.log(hidden.session_id) if line.kind is LogKind.MODEL]
    assert (line.text, line.data["is_shown"]) == ("The agent has given its answer.", False)


async def test_an_answer_that_fits_goes_into_the_context(world, scope):
    world.planner.replies[:] = [diagnosis()]

    done = await take(world, first_turn(scope))

    assert (done.answer["decision"], done.problem) == ("propose", "")


async def test_a_long_answer_travels_by_reference(world, scope):
    world.planner.replies[:] = [diagnosis(explanation="x" * 10_000)]

    done = await take(world, first_turn(scope))

    assert done.answer["$fields"]["decision"] == "propose"
    assert (await world.deps.loaded(done.answer))["explanation"] == "x" * 10_000


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("no JSON", "it is not one JSON value"),
        ('{"decision": "propose"}', "breaks the rule 'required'"),
    ],
)
async def test_an_answer_that_does_not_fit_is_told_to_the_model_and_still_counted(world, scope, text, problem):
    world.planner.replies[:] = [says(text)]

    done = await take(world, first_turn(scope))

    assert (done.answer, problem in done.problem) == (None, True)
    assert await used(world, scope) == COST


FREE = """
version: v1
environment: ambient
components: [{name: diagnose, type: AgentComponent, prompt_id: p, response_schema_id: s}]
prompts: [{prompt_id: p, prompt_template: {system: "x", user: "{{ goal }}"}}]
response_schemas: [{schema_id: s, definition: {type: object}}]
routers: [{from: diagnose, to: end}]
flow: {entry_point: diagnose, inputs: []}
"""


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ('{"a": [{"$ref": "0", "$size": 1, "$fields": {}}]}', "only duo-flows writes these"),
        ('{"a": "\\ud800"}', "holds half a character"),
        ('{"a": Infinity}', "or a number that JSON does not have"),
    ],
)
async def test_an_answer_that_cannot_be_believed_or_kept_goes_back_to_the_model(world, answer, problem):
    world.planner.replies[:] = [says(answer)]
    scope = await scope_of(world, definition=FREE)

    done = await take(world, first_turn(scope, inputs={"goal": "x"}))

    assert (done.answer, problem in done.problem) == (None, True)


async def test_arguments_that_cannot_be_kept_end_the_turn_for_good_and_are_paid_for(world, scope):
    world.planner.replies[:] = [calls(("get_job_logs", {"job_id": "\ud800"}))]

    error = await refused(ModelActivities(world.deps).model_turn, first_turn(scope))

    assert error.type == "not_storable"
    assert (len(world.planner.asked), await used(world, scope)) == (1, COST)


async def test_a_call_that_poses_as_a_stored_value_is_not_made_and_the_model_is_told_so(world, scope):
    world.planner.replies[:] = [calls(("get_job_logs", {"job_id": FORGED}), ("get_job_logs", {"job_id": 50}))]

    done = await take(world, first_turn(scope))

    forged, sound = done.calls
    assert (forged.arguments, "only duo-flows writes these" in forged.problem) == ({}, True)
    assert (sound.arguments, sound.problem) == ({"job_id": 50}, "")


async def test_a_cut_off_answer_leaves_the_conversation_as_it_was_and_asks_for_a_shorter_one(world, scope):
    world.planner.replies[:] = [says('{"decision', StopReason.CUT_OFF)]

    done = await take(world, first_turn(scope))

    conversation = await load_conversation(world.deps.contents, done.conversation_ref)
    assert [message.role for message in conversation.messages] == ["user"]
    assert ("shorter" in done.problem, done.answer, done.calls) == (True, None, ())
    assert await used(world, scope) == COST


async def test_a_refusal_of_the_model_is_handed_on_as_such(world, scope):
    world.planner.replies[:] = [says("", StopReason.REFUSED)]

    done = await take(world, first_turn(scope))

    assert (done.stop_reason, done.answer, done.problem) == (StopReason.REFUSED, None, "")


async def test_a_fault_that_stays_ends_the_turn_for_good_with_its_advice(world, scope):
    world.planner.replies[:] = [NeverAgain("Claude does not accept the key. Set ANTHROPIC_API_KEY.", code="claude_401")]

    error = await refused(ModelActivities(world.deps).model_turn, first_turn(scope))

    assert (error.type, "Set ANTHROPIC_API_KEY" in str(error)) == ("claude_401", True)


async def test_only_an_agent_can_be_asked(world, scope):
    error = await refused(ModelActivities(world.deps).model_turn, first_turn(scope, component="propose"))

    assert (error.type, world.planner.asked) == ("invalid_definition", [])


# Signs of life.


class Silent:
    """A planner that says nothing until its activity has given three signs of life by itself."""

    def __init__(self, reply) -> None:
        self.reply = reply
        self.beats = 0
        self.is_asked = asyncio.Event()
        self._enough = asyncio.Event()

    def on_heartbeat(self, *_details) -> None:
        self.beats += 1
        if self.beats >= 3:
            self._enough.set()

    async def turn(self, request, *, on_progress):
        del request, on_progress
        self.is_asked.set()
        await self._enough.wait()
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


def others() -> set[asyncio.Task]:
    return asyncio.all_tasks() - {asyncio.current_task()}


async def test_a_silent_model_does_not_look_like_a_dead_worker(world, scope):
    world.planner = silent = Silent(diagnosis())
    activities = ModelActivities(world.deps, heartbeat_interval=timedelta(milliseconds=1))

    done = await run(activities.model_turn, first_turn(scope), on_heartbeat=silent.on_heartbeat)

    assert done.answer["decision"] == "propose"


async def test_the_signs_of_life_end_with_the_answer(world, scope):
    world.planner = silent = Silent(diagnosis())
    before = others()
    activities = ModelActivities(world.deps, heartbeat_interval=timedelta(milliseconds=1))

    await run(activities.model_turn, first_turn(scope), on_heartbeat=silent.on_heartbeat)

    assert others() <= before


async def test_the_signs_of_life_end_with_a_fault(world, scope):
    world.planner = silent = Silent(TryAgain("Broke off."))
    before = others()
    activities = ModelActivities(world.deps, heartbeat_interval=timedelta(milliseconds=1))

    with pytest.raises(ApplicationError):
        await run(activities.model_turn, first_turn(scope), on_heartbeat=silent.on_heartbeat)

    assert others() <= before


async def test_the_signs_of_life_end_when_the_turn_is_cancelled(world, scope):
    world.planner = silent = Silent(diagnosis())
    before = others()
    turn = asyncio.create_task(take(world, first_turn(scope)))
    await silent.is_asked.wait()

    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn

    assert others() <= before
