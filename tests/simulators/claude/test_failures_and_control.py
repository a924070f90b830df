"""Failures that a script or a test asks for, how often turns may answer, and what `/-/simulator` shows."""

import anthropic
import httpx2
import pytest

pytestmark = pytest.mark.server

ECHO = "turns: [{name: echo, reply: [{text: 'You said {{ last_user_text }}.'}]}]"


def test_a_rate_limit_says_how_long_to_wait_and_passes(play):
    claude = play("turns: [{fail: {status: 429, retry_after: 1.5}, reply: [{text: At last.}]}]")

    with pytest.raises(anthropic.RateLimitError) as refusal:
        claude.ask()

    assert refusal.value.response.headers["retry-after"] == "1.5"
    assert claude.ask().content[0].text == "At last."


def test_an_overloaded_server_is_told_from_a_broken_one(play):
    claude = play("turns: [{fail: {status: 529}, reply: [{text: At last.}]}]")

    with pytest.raises(anthropic.OverloadedError):
        claude.ask()


def test_a_stream_can_end_in_an_error_event(play):
    claude = play("turns: [{fail: {status: 529, after_events: 3}, reply: [{text: Never whole.}]}]")

    with pytest.raises(anthropic.APIStatusError, match="overloaded_error"):
        claude.ask()


def test_a_connection_can_break_in_the_middle_of_a_stream(play):
    claude = play("turns: [{fail: {cut_after_events: 3, times: 2}, reply: [{text: Whole.}]}]")

    with pytest.raises((httpx2.RemoteProtocolError, anthropic.APIConnectionError)):
        claude.ask()
    with pytest.raises((httpx2.RemoteProtocolError, anthropic.APIConnectionError)):
        claude.ask()

    assert claude.ask().content[0].text == "Whole."


def test_a_turn_answers_as_often_as_it_may_in_one_conversation(play):
    claude = play("turns: [{times: 1, reply: [{text: First.}]}, {reply: [{text: Later.}]}]")
    first = claude.ask()
    following = [{"role": "user", "content": "hello"}, first.to_param(), {"role": "user", "content": "and now?"}]

    assert claude.ask(messages=following).content[0].text == "Later."
    assert claude.ask(system="another conversation").content[0].text == "First."


def test_the_same_request_again_is_the_same_use_of_a_turn(play):
    claude = play("turns: [{times: 1, reply: [{text: First.}]}]")

    assert [claude.ask().content[0].text for _ in range(2)] == ["First.", "First."]


def test_what_was_asked_is_listed_with_its_turn_and_without_credentials(play):
    claude = play(ECHO)
    claude.ask()

    (asked,) = claude.control("GET", "requests").json()

    assert (asked["number"], asked["turn"], asked["status"], asked["path"]) == (1, "echo", 200, "/v1/messages")
    assert asked["body"]["messages"] == [{"role": "user", "content": "hello"}]
    assert asked["reply"] == [{"type": "text", "text": "You said hello."}]
    assert "Bearer" not in str(asked)


def test_the_list_can_be_emptied(play):
    claude = play(ECHO)
    claude.ask()

    claude.control("DELETE", "requests")

    assert claude.control("GET", "requests").json() == []


def test_a_fault_strikes_as_often_as_it_was_asked_for(play):
    claude = play(ECHO)
    claude.control("POST", "faults", json={"status": 503, "count": 2})

    with pytest.raises(anthropic.InternalServerError):
        claude.ask()
    assert claude.control("GET", "faults").json()[0]["count"] == 1
    with pytest.raises(anthropic.InternalServerError):
        claude.ask()

    assert claude.ask().content[0].text == "You said hello."


def test_faults_can_be_taken_back(play):
    claude = play(ECHO)
    claude.control("POST", "faults", json={"status": 429, "retry_after": 60})

    claude.control("DELETE", "faults")

    assert claude.ask().content[0].text == "You said hello."


def test_the_ready_file_and_the_control_page_name_the_variation(play):
    claude = play(ECHO, scenario="vary: {colour: {choice: [red, blue]}}\nclaude: {script: claude.yaml}\n")

    shown = httpx2.get(f"{claude.url}/-/simulator").json()

    assert shown == {"seed": claude.ready["seed"], "variables": claude.ready["variables"]}
    assert shown["variables"]["colour"] in {"red", "blue"}
