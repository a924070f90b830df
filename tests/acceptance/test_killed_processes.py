"""Processes die without a word, while a question waits and in the middle of effects. It goes on as if nothing had been (P3)."""

from dataclasses import dataclass

import pytest

from tests.acceptance.people import People, Trouble
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


@dataclass(frozen=True, kw_only=True)
class Death:
    """What a worker was in the middle of when it died: a model turn, and two pushes. `asked_again`: requests to the model since."""

    turn: tuple[Trouble, str]
    push_not_taken: tuple[Trouble, str]
    push_taken: tuple[Trouble, str]
    asked_again: int


@pytest.fixture(scope="module")
def death(whole_stack, scenario, tmp_path_factory):
    """One death for all three, since Temporal waits for half a minute before it gives a call to another worker."""
    whole_stack.mend()
    people = People(whole_stack)
    troubles = [people.trouble() for _ in range(3)]
    not_taken, taken = push_under_way(people, troubles[1], apply_first=False), push_under_way(people, troubles[2], apply_first=True)
    # The stream of the first turn goes on for long enough to die in.
    whole_stack.play(with_script(scenario, tmp_path_factory.mktemp("slow") / "script", chunk_delay_ms=1_000))
    session_id = people.start(troubles[0])
    eventually("the first turn to be paid for", lambda: people.session(session_id)["usage"]["turns"] == 1)
    whole_stack.kill("worker")
    whole_stack.play(scenario)
    whole_stack.mend()
    question = people.question(session_id)
    asked_again = len(whole_stack.model_requests())
    assert people.answer(session_id, "apply", question["digest"]).status_code == 200
    return Death(turn=(troubles[0], session_id), push_not_taken=not_taken, push_taken=taken, asked_again=asked_again)


def push_under_way(people, trouble, *, apply_first):
    """Consent to a change, and return while GitLab is taking the push, or has taken it and not said so."""
    session_id, question = people.asked(trouble)
    # Longer than everything that is done before the worker is killed.
    people.gitlab.fail("POST", "git-receive-pack", delay_ms=20_000, apply_first=apply_first)
    met = people.gitlab.fault_hits()
    assert people.answer(session_id, "apply", question["digest"]).status_code == 200
    eventually("the push to begin", lambda: people.gitlab.fault_hits() > met)
    return trouble, session_id


def test_a_model_turn_that_died_with_its_worker_is_asked_again_and_both_are_counted(people, death):
    trouble, session_id = death.turn

    session = people.done_once(trouble, session_id)

    assert session["usage"]["turns"] == 1 + death.asked_again
    assert len([line for line in people.log(session_id) if line["kind"] == "model"]) == death.asked_again


def test_a_push_that_died_before_gitlab_took_it_leaves_one_commit(people, death):
    people.done_once(*death.push_not_taken)


def test_a_push_that_died_after_gitlab_took_it_leaves_one_commit(people, death):
    people.done_once(*death.push_taken)
