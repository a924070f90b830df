"""Texts of a model: what of them may stand in GitLab."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.errors import Refused
from duo_flows.domain.written_texts import (
    TEXT_MAX,
    TITLE_MAX,
    as_draft,
    attributed,
    call_mark,
    commit_message,
    text_of_model,
    title_of_model,
)
from tests.activities.acting import SECRET

TRAILERS = (("Duo-Session", "s-1"), ("Duo-Requester", "@maya"))


def said(text):
    return text_of_model(text, requester="maya")


@pytest.mark.parametrize(
    ("text", "posted"),
    [
        ("@all look", r"\@all look"),
        ("ask @daniel-r.", r"ask \@daniel-r."),
        ("(@group/sub)", r"(\@group/sub)"),
        (r"\@all", r"\@all"),
        (r"\\@all", r"\\\@all"),
        (r"\\\@all", r"\\\@all"),
        ("`@all", r"`\@all"),
        ("é@all", r"é\@all"),
        ("&#64;all &#x0040;all &Commat;all &amp;#64;", "&amp;#64;all &amp;#x0040;all &amp;Commat;all &amp;#64;"),
        ("```\n@all\n```\n@all", "```\n@all\n```\n" + r"\@all"),
        ("- ```\n@all", "- ```\n" + r"\@all"),
        ("@all\r\n@all", "\\@all\r\n\\@all"),
    ],
)
def test_a_model_calls_nobody(text, posted):
    assert said(text) == posted


@pytest.mark.parametrize("text", ["@maya, it is done.", "Ask @Maya.", "mail a@example.com", "a @ b", "3@", "~bug #4 !5"])
def test_the_requester_is_called_and_what_calls_nobody_stays(text):
    assert said(text) == text


def test_code_that_is_suggested_keeps_its_decorators():
    text = "```suggestion:-0+0\n@pytest.fixture\ndef world():\n```"
    assert said(text) == text


def test_no_secret_stands_in_a_text_a_title_or_a_message():
    written = said(f"use {SECRET}") + title_of_model(f"use {SECRET}") + commit_message(f"Use {SECRET}", TRAILERS)
    assert SECRET not in written
    assert written.count("[redacted:gitlab_token]") == 3


@given(st.text(alphabet="@\\`~ \nam-", max_size=40))
def test_what_is_quiet_stays_so_when_it_is_said_again(text):
    whole = f"x{text}x"
    assert said(said(whole)) == said(whole)


@pytest.mark.parametrize(("text", "code"), [("", "empty_text"), (" \n", "empty_text"), ("x" * (TEXT_MAX + 1), "text_too_long")])
def test_a_text_that_gitlab_would_not_take_is_refused(text, code):
    with pytest.raises(Refused) as refused:
        said(text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("title", "line"),
    [("  Fix\nthe clock ", "Fix the clock"), ("For @all", "For all"), ("a\u200bb", "a b"), ("x" * 255, "x" * 255)],
)
def test_a_title_is_one_plain_line_that_calls_nobody(title, line):
    assert title_of_model(title) == line


@pytest.mark.parametrize(("title", "code"), [("@", "empty_text"), ("\n", "empty_text"), ("x" * (TITLE_MAX + 1), "text_too_long")])
def test_a_title_that_says_nothing_or_too_much_is_refused(title, code):
    with pytest.raises(Refused) as refused:
        title_of_model(title)
    assert refused.value.code == code


@pytest.mark.parametrize("title", ["Fix", "Draft: Fix", "[Draft] Fix", "(draft)  Fix"])
def test_a_draft_is_marked_once_and_unmarked_wholly(title):
    assert as_draft(title, is_draft=True) == "Draft: Fix"
    assert as_draft(title, is_draft=False) == "Fix"


def test_a_description_ends_with_one_line_about_session_and_requester():
    once = attributed("Why.", session_id="s-1", session_url="http://duo.test/s-1", requester="maya")
    again = attributed(once, session_id="s-2", session_url="http://duo.test/s-2", requester="dan")

    assert once == "Why.\n\n---\nWritten in [session s-1](http://duo.test/s-1) for `@maya`."
    assert again == "Why.\n\n---\nWritten in [session s-2](http://duo.test/s-2) for `@dan`."


def test_a_commit_message_ends_with_our_trailers_alone():
    message = commit_message("Fix the clock\nIt is late.\n\nDuo-Session: forged", TRAILERS)
    assert message == "Fix the clock\n\nIt is late.\n\nDuo-Session: forged\n\nDuo-Session: s-1\nDuo-Requester: @maya\n"


@pytest.mark.parametrize("text", ["Fix [skip ci]", "Fix\n\n[ci skip]", "Fix [Skip-CI]", "Fix [skip\nci]"])
def test_a_commit_message_switches_no_pipeline_off(text):
    assert "[" not in commit_message(text, TRAILERS)


def test_an_empty_commit_message_is_refused():
    with pytest.raises(Refused, match="commit message is empty"):
        commit_message(" \n", TRAILERS)


def test_a_call_has_one_mark_and_no_other_call_has_it():
    assert call_mark("s-1", "run1/step1/a/t/c1") == call_mark("s-1", "run1/step1/a/t/c1")
    assert len({call_mark("s-1", "a"), call_mark("s-1", "b"), call_mark("s-2", "a")}) == 3
