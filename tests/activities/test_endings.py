"""What became of a run in words: the flow's own summary where it says something, otherwise what stands in for it."""

import pytest

from activities.contracts import CloseSession
from activities.sessions import SessionActivities
from duo_flows.domain.sessions import Ending, LogKind
from tests.activities.acting import SECRET, run, scope_of
from tests.doubles.world import World

FLOW = """
version: v1
environment: ambient
components:
  - {{name: plan, type: AgentComponent, prompt_id: p, toolset: []}}
  - {{name: check, type: AgentComponent, prompt_id: p, toolset: []}}
  - {{name: review, type: HumanInputComponent, sends_response_to: plan, message_template: "Well?"}}
prompts: [{{prompt_id: p, prompt_template: {{system: "x", user: "y"}}}}]
routers: [{{from: plan, to: check}}, {{from: check, to: review}}, {{from: review, to: end}}]
flow: {{entry_point: plan{summary}}}
"""
ANSWERS = {"plan": {"final_answer": "Plan."}, "check": {"final_answer": "Checked."}, "review": {"approval": "approve"}}


@pytest.fixture
def world() -> World:
    return World()


async def closed(world, *, summary="", ending=Ending.DONE, step="review", context=ANSWERS, reason=""):
    """Close a session and return what is posted and what its log ends with."""
    scope = await scope_of(world, definition=FLOW.format(summary=f", summary: '{summary}'" if summary else ""))
    task = CloseSession(scope=scope, ending=ending, step=step, context=context, reason=reason)
    done = await run(SessionActivities(world.deps).close_session, task)
    return await world.deps.text(done.summary_ref), (await world.log(scope.session_id))[-2:]


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (Ending.DONE, "Done."),
        (Ending.CANCELLED, "Cancelled: the answer was no."),
        (Ending.NOTHING_TO_DO, "There was nothing to do."),
    ],
)
@pytest.mark.parametrize("summary", ["{{ reason }}", "{% if false %}x{% endif %}  ", "{{ plan.none }}"])
async def test_a_summary_never_is_empty(world, summary, ending, words):
    text, _ = await closed(world, summary=summary, ending=ending)

    assert text == words


async def test_a_summary_says_what_the_flow_says(world):
    text, _ = await closed(world, summary="{{ ending }}: {{ plan.final_answer }} {{ reason }}", reason="Stopped by @maya.")

    assert text == "done: Plan. Stopped by @maya."


async def test_a_summary_that_does_not_render_is_told_in_the_log_and_the_session_ends(world):
    text, [told, ending] = await closed(world, summary="{{ plan.final_answer / 0 }}")

    assert (text, told.kind, ending.kind) == ("Done.", LogKind.NOTE, LogKind.ENDING)
    assert told.text.startswith("The flow's summary could not be rendered, so its plain ending is shown: ")


async def test_the_line_of_the_ending_has_the_reason_also_where_the_summary_leaves_it_out(world):
    _, [*_, ending] = await closed(world, summary="Over.", ending=Ending.FAULT, reason=f"No route. {SECRET}")

    assert ending.data == {"ending": "fault", "reason": "No route. [redacted:gitlab_token]"}


@pytest.mark.parametrize(("step", "words"), [("review", "Checked."), ("check", "Checked."), ("plan", "Plan.")])
async def test_a_flow_without_a_summary_says_what_its_last_agent_has_answered(world, step, words):
    text, _ = await closed(world, step=step)

    assert text == words


async def test_an_answer_in_fields_is_shown_as_json(world):
    text, _ = await closed(world, context={"plan": {"final_answer": {"title": "It"}}})

    assert text == '```json\n{\n  "title": "It"\n}\n```'


async def test_an_answer_that_stands_for_a_summary_has_no_secret_and_a_length(world):
    text, _ = await closed(world, context={"plan": {"final_answer": "x" * 19_990 + f" {SECRET} more"}})

    assert SECRET[:8] not in text
    assert text.endswith("more characters]")


@pytest.mark.parametrize(
    ("ending", "reason", "words"), [(Ending.CANCELLED, "", "Cancelled"), (Ending.FAULT, "It broke.", "It broke.")]
)
async def test_only_a_run_that_is_done_ends_with_an_answer(world, ending, reason, words):
    text, _ = await closed(world, ending=ending, reason=reason)

    assert text.startswith(words)


async def test_a_flow_whose_agents_have_not_answered_is_plainly_done(world):
    text, _ = await closed(world, context={})

    assert text == "Done."
