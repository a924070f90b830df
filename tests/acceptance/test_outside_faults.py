"""GitLab and Claude limit, fail and lose answers for a while: the session ends well, nothing happens twice, paid turns count."""

import pytest

from tests.acceptance.scenario import with_script

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]

# Turns of the model in a journey without trouble: read the log, read the file, propose.
TURNS = 3


def fixed_by_comment(people, trouble):
    session_id, question = people.asked(trouble)
    people.comment(trouble, f"@duo apply {question['digest_prefix']}")
    return people.done_once(trouble, session_id)


def test_a_gitlab_that_limits_and_fails_for_a_while_delays_and_breaks_nothing(people, stack):
    trouble = people.trouble()
    stack.gitlab.fail("GET", "/jobs", status=429, retry_after=1, count=2)
    stack.gitlab.fail("GET", "/repository/files/", status=502, count=2)
    stack.gitlab.fail("POST", "/(notes|discussions)", status=502)
    stack.gitlab.fail("POST", "git-receive-pack", status=502)
    session_id, question = people.asked(trouble)

    assert people.answer(session_id, "apply", question["digest"]).status_code == 200

    session = people.done_once(trouble, session_id)
    assert session["usage"]["turns"] == TURNS
    assert stack.gitlab.fault_hits() == 6


def test_a_gitlab_whose_answers_get_lost_after_it_acted_has_one_commit_and_one_comment_for_each_matter(people, stack):
    trouble = people.trouble()
    session_id, question = people.asked(trouble)
    stack.gitlab.fail("POST", "git-receive-pack", drop_connection=True, apply_first=True)
    stack.gitlab.fail("POST", "/(notes|discussions)$", drop_connection=True, apply_first=True)

    assert people.answer(session_id, "apply", question["digest"]).status_code == 200

    people.done_once(trouble, session_id)
    assert stack.gitlab.fault_hits() == 2


def test_a_claude_that_is_overloaded_and_limits_is_asked_again_and_only_answers_are_counted(people, stack):
    trouble = people.trouble()
    stack.claude.post("/-/simulator/faults", json={"status": 529}).raise_for_status()
    stack.claude.post("/-/simulator/faults", json={"status": 429, "retry_after": 1}).raise_for_status()
    before = len(stack.model_requests())

    session = fixed_by_comment(people, trouble)

    assert len(stack.model_requests()) - before == TURNS + 2
    assert session["usage"]["turns"] == TURNS


@pytest.fixture
def cut_stream(stack, scenario, tmp_path):
    stack.play(with_script(scenario, tmp_path / "cut", fail={"cut_after_events": 4}))
    yield
    stack.play(scenario)


@pytest.mark.usefixtures("cut_stream")
def test_a_stream_that_is_cut_is_asked_for_again_and_was_paid_for(people, stack):
    trouble = people.trouble()

    session = fixed_by_comment(people, trouble)

    assert len(stack.model_requests()) == TURNS + 1
    assert session["usage"]["turns"] == TURNS + 1
