"""Processes die without a word, while a question waits and in the middle of effects. It goes on as if nothing had been (P3)."""

import pytest

from tests.acceptance.scenario import with_script
from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(150)]


@pytest.mark.parametrize("killed", [("web",), ("temporal",), ("temporal", "web", "worker")], ids=["web", "temporal", "all three"])
def test_a_question_outlives_the_process(people, stack, killed):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)

    stack.kill(*killed)
    stack.mend()

    assert people.question(session_id) == question
    assert people.answer(session_id, "apply", question["digest"]).status_code in {200, 202}
    people.done_once(trouble, session_id)


def test_an_answer_by_comment_is_kept_while_the_worker_is_dead(people, stack):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)

    stack.kill("worker")
    people.comment(trouble, f"@duo apply {question['digest_prefix']}")
    stack.mend()

    people.done_once(trouble, session_id)


def push_under_way(people, trouble, *, apply_first):
    """Consent to a change, and return while GitLab is taking the push, or has taken it and not said so."""
    session_id, question = people.asked(trouble)
    # Longer than everything that is done before the worker is killed.
    people.gitlab.fail("POST", "git-receive-pack", delay_ms=20_000, apply_first=apply_first)
    met = people.gitlab.fault_hits()
    assert people.answer(session_id, "apply", question["digest"]).status_code == 200
    eventually("the push to begin", lambda: people.gitlab.fault_hits() > met)
    return trouble, session_id


def test_a_model_turn_and_pushes_that_died_with_their_worker_take_effect_once(people, stack, scenario, tmp_path):
    # One death for three stories: Temporal waits for half a minute before it gives a dead worker's call to another.
    not_taken = push_under_way(people, people.trouble(), apply_first=False)
    taken = push_under_way(people, people.trouble(), apply_first=True)
    trouble = people.trouble()
    # The stream of the first turn goes on for long enough to die in.
    stack.play(with_script(scenario, tmp_path / "slow", chunk_delay_ms=1_000))
    session_id = people.start(trouble)
    eventually("the first turn to be paid for", lambda: people.session(session_id)["usage"]["turns"] == 1)

    stack.kill("worker")
    stack.play(scenario)
    stack.mend()
    question = people.question(session_id)
    asked_again = len(stack.model_requests())
    assert people.answer(session_id, "apply", question["digest"]).status_code == 200

    people.done_once(*not_taken)
    people.done_once(*taken)
    session = people.done_once(trouble, session_id)
    # The turn that died was paid for, and is told by nobody.
    assert session["usage"]["turns"] == 1 + asked_again
    assert len([line for line in people.log(session_id) if line["kind"] == "model"]) == asked_again
