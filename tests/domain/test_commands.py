"""Which comments are commands. The parser takes any text and never raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.commands import Command, CommandProblem, Verb, help_text, parse_command

DIGEST = "0123456789ab"


def parsed(body: str) -> Command | CommandProblem | None:
    return parse_command(body, account="duo-fix")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("@duo-fix fix", Command(verb=Verb.FIX)),
        ("@duo-fix Fix with GitLab Duo", Command(verb=Verb.FIX, text="with GitLab Duo")),
        ("\n  \n@DUO-FIX: FIX!", Command(verb=Verb.FIX)),
        ("@alice @duo-fix fix it", Command(verb=Verb.FIX, text="it")),
        ("@group/sub, @duo-fix, help", Command(verb=Verb.HELP)),
        (f"@duo-fix apply {DIGEST}", Command(verb=Verb.APPLY, digest=DIGEST)),
        (f"@duo-fix   diff   `{DIGEST.upper()}`", Command(verb=Verb.DIFF, digest=DIGEST)),
        (f"@duo-fix cancel {'a' * 64}\r\nno more", Command(verb=Verb.CANCEL, digest="a" * 64, text="no more")),
        (f"@duo-fix always {DIGEST}", Command(verb=Verb.ALWAYS, digest=DIGEST)),
        (f"@duo-fix respond {DIGEST} It is main.\n", Command(verb=Verb.RESPOND, digest=DIGEST, text="It is main.")),
        (f"@duo-fix modify {DIGEST} use UTC\n\n> as here\n", Command(verb=Verb.MODIFY, digest=DIGEST, text="use UTC\n\n> as here")),
        (f"@duo-fix apply\n{DIGEST}", Command(verb=Verb.APPLY, digest=DIGEST)),
        ("> you said\n\n@duo-fix stop", Command(verb=Verb.STOP)),
        ("```\n@duo-fix fix\n```\n@duo-fix retry", Command(verb=Verb.RETRY)),
    ],
)
def test_a_comment_that_begins_with_the_account_is_a_command(body: str, expected: Command) -> None:
    assert parsed(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Thanks @duo-fix fix",
        "Hello\n@duo-fix fix",
        "@duo-fixer fix",
        "@duo fix",
        "@duo-fix.bot fix",
        "mail@duo-fix fix",
        "`@duo-fix fix`",
        "> @duo-fix fix",
        "> quoted\n@duo-fix fix",
        ">>>\n\n@duo-fix fix\n>>>",
        "```\n@duo-fix fix\n```",
        "~~~~text\n```\n@duo-fix fix\n",
        "````\n```\n@duo-fix fix\n```\n````",
        "    @duo-fix fix",
        "\t@duo-fix fix",
        "<!--\n@duo-fix fix\n-->",
        "<details>\n@duo-fix fix\n</details>",
        "- @duo-fix fix",
    ],
)
def test_anything_else_is_none(body: str) -> None:
    assert parsed(body) is None


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("@duo-fix", CommandProblem(code="no_verb")),
        ("@duo-fix\nfix", CommandProblem(code="no_verb")),
        ("@duo-fix thanks", CommandProblem(code="unknown_verb")),
        ("@duo-fix apply", CommandProblem(code="digest_missing", verb=Verb.APPLY)),
        ("@duo-fix apply please", CommandProblem(code="digest_missing", verb=Verb.APPLY)),
        ("@duo-fix apply 0123456789a", CommandProblem(code="digest_missing", verb=Verb.APPLY)),
        (f"@duo-fix apply {'a' * 65}", CommandProblem(code="digest_missing", verb=Verb.APPLY)),
        (f"@duo-fix modify {DIGEST} {'x' * 20_001}", CommandProblem(code="text_too_long", verb=Verb.MODIFY)),
    ],
)
def test_a_command_that_cannot_be_followed_is_a_problem(body: str, problem: CommandProblem) -> None:
    assert parsed(body) == problem


def test_an_answer_without_digest_is_given_the_line_to_copy() -> None:
    problem = CommandProblem(code="digest_missing", verb=Verb.MODIFY)

    assert f"\n@duo-fix modify {DIGEST} <what should be different>\n" in problem.advice(account="duo-fix", digest=DIGEST + "cdef")
    assert "<the 12 digits shown with the question>" in problem.advice(account="duo-fix")


@pytest.mark.parametrize("code", ["unknown_verb", "no_verb", "text_too_long"])
def test_every_problem_teaches_and_none_of_its_words_is_a_command(code: str) -> None:
    advice = CommandProblem(code=code, verb=Verb.MODIFY).advice(account="duo-fix")

    assert len(advice) > 40
    assert parsed(advice) is None


@pytest.mark.parametrize("verb", list(Verb))
def test_the_list_of_commands_is_complete_and_no_command_itself(verb: Verb) -> None:
    assert f"`@duo-fix {verb}" in help_text("duo-fix")
    assert parsed(help_text("duo-fix")) is None


near_commands = st.lists(
    st.sampled_from(
        ["@duo-fix", " fix", " apply ", DIGEST, "\n", "\r\n", "```", "~~~", ">", ">>>", "    ", "@", "`", "\x0c", "\u2028"]
    ),
    max_size=30,
).map("".join)


@given(st.one_of(st.text(), near_commands))
def test_no_text_makes_the_parser_raise(body: str) -> None:
    assert isinstance(parsed(body), Command | CommandProblem | None)


@given(near_commands)
def test_what_is_quoted_line_by_line_never_commands(body: str) -> None:
    assert parsed("\n".join(f"> {line}" for line in body.split("\n"))) is None


@given(near_commands)
def test_what_stands_in_a_code_block_never_commands(body: str) -> None:
    fence = "`" * (1 + max((len(line) for line in body.split("\n")), default=0) + 3)
    assert parsed(f"{fence}\n{body}\n{fence}") is None


@given(near_commands)
def test_what_follows_prose_never_commands(body: str) -> None:
    assert parsed(f"I think\n{body}") is None
