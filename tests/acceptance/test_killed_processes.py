"""Processes die without a word, while a question waits and in the middle of effects. It goes on as if nothing had been (P3)."""

import pytest

from tests.acceptance.scenario import with_script
from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(150)]


@pytest.mark.parametrize(
    "killed", [("worker",), ("web",), ("temporal",), ("temporal", "web", "worker")], ids=["worker", "web", "temporal", "all three"]
)
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


def test_a_model_turn_that_died_with_its_worker_is_asked_again_and_both_are_counted(people, stack, scenario, tmp_path):
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
    assert people.session(session_id)["usage"]["turns"] == 1 + asked_again
    assert len([line for line in people.log(session_id) if line["kind"] == "model"]) == asked_again
    assert people.answer(session_id, "apply", question["digest"]).status_code == 200
    people.done_once(trouble, session_id)


@pytest.mark.parametrize("apply_first", [False, True], ids=["before GitLab takes it", "after GitLab took it"])
def test_a_push_that_died_with_its_worker_leaves_one_commit(people, stack, apply_first):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)
    stack.gitlab.fail("POST", "git-receive-pack", delay_ms=3_000, apply_first=apply_first)

    people.comment(trouble, f"@duo apply {question['digest_prefix']}")
    eventually("the push to begin", stack.gitlab.fault_hits)
    stack.kill("worker")
    stack.mend()

    people.done_once(trouble, session_id)
