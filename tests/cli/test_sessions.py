import json

import pytest

from duo_flows.cli.answering import LETTERS
from duo_flows.cli.views import brief_log_line
from duo_flows.domain.requests import CHOICES, RequestKind
from duo_flows.domain.sessions import Ending, LogKind, NewLogEntry, SessionStatus, SessionUpdate, Waiting
from signals.messages import AnswerResult
from tests.web.a_door import a_change
from tests.web.test_calls_asked import DIGEST as DIGEST_OF_CALLS
from tests.web.test_calls_asked import ask

DIGEST = a_change().digest


def end_with(listening, status, ending):
    update = SessionUpdate(session_id="s1", run=1, status=status, ending=ending, summary="That was it.")
    listening.do(listening.door.store.sessions.update(update))


def test_a_session_is_listed(listening, alice, capsys):
    listening.do(listening.door.a_session())

    assert alice("sessions", "list") == 0
    assert "s1" in capsys.readouterr().out


def test_a_list_is_json_for_programs(listening, alice, capsys):
    listening.do(listening.door.a_session())

    assert alice("sessions", "list", "--json") == 0
    assert [session["id"] for session in json.loads(capsys.readouterr().out)["sessions"]] == ["s1"]


def test_only_sessions_that_wait_for_me_are_listed_on_request(listening, alice, capsys):
    listening.do(listening.door.a_session("s2"))
    listening.do(listening.door.a_question("s1"))

    assert alice("sessions", "list", "--waiting-for-me", "--json") == 0
    assert [session["id"] for session in json.loads(capsys.readouterr().out)["sessions"]] == ["s1"]


def test_a_status_is_named_as_gitlab_names_it(listening, alice, capsys):
    listening.do(listening.door.a_question("s1"))

    assert alice("sessions", "list", "--status", "input_required", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["sessions"]) == 1


def test_showing_an_open_question_names_who_is_asked_and_the_digest(listening, alice, capsys):
    listening.do(listening.door.a_question())

    assert alice("sessions", "show", "s1") == 0
    shown = capsys.readouterr().out
    assert "@alice is asked" in shown
    assert DIGEST[:12] in shown


def test_a_session_that_does_not_exist_is_exit_code_4(alice, capsys):
    assert alice("sessions", "show", "nope") == 4
    assert "There is no session nope" in capsys.readouterr().err


def test_a_refusal_is_json_for_programs(alice, capsys):
    assert alice("sessions", "show", "nope", "--json") == 4
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "not_found"


def test_a_command_that_is_not_understood_is_json_for_programs(alice, capsys):
    assert alice("sessions", "answer", "s1", "perhaps", "--json") == 2
    printed = capsys.readouterr()
    error = json.loads(printed.out)["error"]
    assert (error["exit_code"], "perhaps" in error["detail"], printed.err) == (2, True, "")


def test_a_session_shows_its_goal(listening, alice, capsys):
    listening.do(listening.door.a_session(goal="Plan the release."))

    assert alice("sessions", "show", "s1") == 0
    assert "Plan the release." in capsys.readouterr().out


def test_an_ending_is_told_with_its_reason():
    entry = {"kind": "ending", "text": "A long summary.", "at": "2026-03-01T12:00:00Z", "actor": "", "door": "", "component": ""}

    assert "fault: No route." in str(brief_log_line({**entry, "data": {"ending": "fault", "reason": "No route."}}))
    assert str(brief_log_line({**entry, "data": {"ending": "done"}})).endswith("done")


def test_a_pause_that_is_still_to_come_is_shown(listening, alice, capsys):
    listening.do(listening.door.a_session())
    waiting = Waiting(reason="the pipeline of commit 0123abcd", on="GitLab", then="it pauses, as @mary asked")
    listening.do(listening.door.store.sessions.update(SessionUpdate(session_id="s1", run=1, waiting=waiting)))

    assert alice("sessions", "show", "s1") == 0
    assert "the pipeline of commit 0123abcd; then it pauses, as @mary asked" in " ".join(capsys.readouterr().out.split())


def test_the_diff_is_a_patch_when_piped(listening, alice, capsys):
    listening.do(listening.door.a_question())

    assert alice("sessions", "diff", "s1") == 0
    assert capsys.readouterr().out == a_change().diff


def test_an_answer_reaches_the_workflow(listening, alice, capsys):
    listening.do(listening.door.a_question())
    listening.door.runtime.result = AnswerResult(is_accepted=True, code="apply", reason="It will be applied.")

    assert alice("sessions", "answer", "s1", "apply", "--digest", DIGEST[:12]) == 0
    assert "It will be applied." in capsys.readouterr().out
    assert [answer.choice for answer in listening.door.runtime.asked] == ["apply"]


def test_an_answer_without_a_digest_is_not_given_where_nobody_can_be_asked(listening, alice, capsys):
    listening.do(listening.door.a_question())

    assert alice("sessions", "answer", "s1", "apply") == 2
    assert f"duoflow sessions answer s1 apply --digest {DIGEST[:12]}" in capsys.readouterr().err
    assert listening.door.nothing_reached_a_workflow()


def test_an_answer_by_somebody_else_is_exit_code_3_and_changes_nothing(listening, bob, capsys):
    listening.do(listening.door.a_question())

    assert bob("sessions", "answer", "s1", "apply", "--digest", DIGEST) == 3
    assert "Only @alice" in capsys.readouterr().err
    assert listening.door.nothing_reached_a_workflow()


@pytest.mark.parametrize("digest", ["abc", "not-a-digest!"])
def test_a_digest_that_cannot_be_one_is_not_sent(alice, capsys, digest):
    assert alice("sessions", "answer", "s1", "apply", "--digest", digest) == 2
    assert "--digest takes at least 12" in capsys.readouterr().err


def test_modifying_needs_words(alice, capsys):
    assert alice("sessions", "answer", "s1", "modify", "--digest", DIGEST) == 2
    assert "--text" in capsys.readouterr().err


def test_responding_needs_words(alice, capsys):
    assert alice("sessions", "answer", "s1", "respond", "--digest", DIGEST) == 2
    assert "To respond, say it with --text." in capsys.readouterr().err


def test_a_question_about_calls_says_what_each_choice_does_with_them(listening, alice, capsys):
    listening.do(ask(listening.door, RequestKind.TOOL_CALLS))

    assert alice("sessions", "show", "s1") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "apply: run exactly these calls" in told
    assert "cancel: run none of them; the agent looks for another way" in told
    assert f"duoflow sessions answer s1 always --digest {DIGEST_OF_CALLS[:12]}" in told


def test_always_reaches_the_workflow(listening, alice):
    listening.do(ask(listening.door, RequestKind.TOOL_CALLS))
    listening.door.runtime.result = AnswerResult(is_accepted=True, code="always", reason="They will be made.")

    assert alice("sessions", "answer", "s1", "always", "--digest", DIGEST_OF_CALLS) == 0
    assert [answer.choice for answer in listening.door.runtime.asked] == ["always"]


@pytest.mark.parametrize("kind", RequestKind)
def test_no_two_choices_of_a_question_have_the_same_letter(kind):
    offered = [letter for letter, choice in LETTERS.items() if choice in CHOICES[kind]]

    assert len(offered) == len(CHOICES[kind])


@pytest.mark.parametrize("verb", ["stop", "pause", "resume"])
def test_steering_reaches_the_workflow_with_the_reason_and_tells_its_word(listening, alice, capsys, verb):
    listening.do(listening.door.a_session())
    listening.door.runtime.result = AnswerResult(is_accepted=True, code="taken", reason="Taken by the workflow.")

    assert alice("sessions", verb, "s1", "--reason", "wrong branch") == 0
    assert [message.reason for _, message in listening.door.runtime.steered] == ["wrong branch"]
    assert "Session s1: Taken by the workflow." in capsys.readouterr().out


def test_pausing_a_session_that_is_over_is_exit_code_3(listening, alice, capsys):
    listening.do(listening.door.a_session())
    listening.do(listening.door.end())

    assert alice("sessions", "pause", "s1") == 3
    assert "is over" in capsys.readouterr().err
    assert listening.door.nothing_reached_a_workflow()


@pytest.mark.parametrize(
    "case",
    [
        (SessionStatus.FINISHED, Ending.DONE, 0),
        (SessionStatus.FAILED, Ending.FAULT, 1),
        (SessionStatus.STOPPED, Ending.EXPIRED, 6),
    ],
)
def test_watching_ends_as_the_session_ended(listening, alice, capsys, case):
    status, ending, exit_code = case
    listening.do(listening.door.a_question())
    end_with(listening, status, ending)

    assert alice("sessions", "watch", "s1", "--json") == exit_code
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["entry"]["text"] for line in lines[:-1]] == ["Asked."]
    assert lines[-1]["session"]["status"] == status


def test_watching_goes_on_after_a_line_that_was_seen(listening, alice, capsys):
    listening.do(listening.door.a_question())
    end_with(listening, SessionStatus.FINISHED, Ending.DONE)

    assert alice("sessions", "watch", "s1", "--after", "1", "--json") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_text_of_others_cannot_drive_the_terminal(listening, alice, capsys):
    listening.do(listening.door.a_session(goal="\x1b]0;evil\x07"))
    listening.do(listening.door.store.sessions.update(SessionUpdate(session_id="s1", run=1, summary="\x1b[2Jgone\x07")))

    assert alice("sessions", "show", "s1") == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_page_larger_than_the_api_grants_is_not_understood(alice, capsys):
    assert alice("sessions", "list", "--limit", "201") == 2
    assert "--limit" in capsys.readouterr().err


def test_an_address_without_a_protocol_is_not_understood(alice, capsys):
    assert alice("sessions", "list", "--api", "nonsense", "--token", "any") == 2
    assert "nonsense is not an address" in capsys.readouterr().err


def told_lines(capsys):
    return [json.loads(line)["entry"]["text"] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    "case",
    [
        ((), ["One.", "Two.", "Three."]),
        (("--curated",), ["One.", "Three."]),
        (("--after", "1"), ["Two.", "Three."]),
        (("--follow",), ["One.", "Two.", "Three."]),
        (("--follow", "--curated", "--after", "1"), ["Three."]),
    ],
)
def test_the_log_can_be_curated_begun_anywhere_and_followed_to_its_end(listening, alice, capsys, case):
    options, told = case
    listening.do(listening.door.a_session())
    texts = {"One.": True, "Two.": False, "Three.": True}
    entries = [NewLogEntry(key=text, kind=LogKind.TOOL, text=text, data={"is_shown": shown}) for text, shown in texts.items()]
    listening.do(listening.door.store.sessions.append("s1", 1, entries))
    listening.do(listening.door.end())

    assert alice("sessions", "log", "s1", *options, "--json") == 0
    assert told_lines(capsys) == told
