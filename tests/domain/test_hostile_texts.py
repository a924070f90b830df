"""Texts made to be slow: to look at what a model or a stranger wrote takes time by its length, and not by the square of it."""

import time
from collections.abc import Callable

import pytest

from duo_flows.adapters.gitlab.comments import harmless, without_marks
from duo_flows.domain.code_links import parse_code_link
from duo_flows.domain.commands import parse_command
from duo_flows.domain.links import parse_link
from duo_flows.domain.redaction import redact
from duo_flows.domain.shown_whole import shown_diff
from duo_flows.domain.visible_text import visible
from duo_flows.domain.written_texts import attributed, commit_message, one_line, text_of_model

GITLAB = "https://gitlab.test"
LOOKS: dict[str, Callable[[str], object]] = {
    "attributed": lambda text: attributed(text, session_id="s", session_url="u", requester="r"),
    "code_link": lambda text: parse_code_link(GITLAB + text.replace("\n", ""), base_url=GITLAB),
    "command": lambda text: parse_command(text, account="duo"),
    "commit_message": lambda text: commit_message(f"x{text}", ()),
    "diff": lambda text: shown_diff("".join(f" {line}\n" for line in text.split("\n"))),
    "harmless": harmless,
    "link": lambda text: parse_link(text, base_url=GITLAB),
    "marks": without_marks,
    "one_line": one_line,
    "redact": redact,
    "text_of_model": lambda text: text_of_model(f"x{text}", requester="maya"),
    "visible": visible,
}
PIECES = (
    *(" ", "\t", "\n", "\r", "\v", "\x85", "\u2028", "\u202e", "\x1b[", "\x1b]", "\\", "&#0", "/", "\n/", "\v/a", "a/", "../"),
    *("`", "```\n", "~~~ a\n", ">>>\n", "> a\n", "<!--", "<!-- ", "<!-- duo-flows:a -->", "<", "---\nWritten in [session "),
    *("@", "@a ", "@a, ", "@duo ", "@a.a-", "[skip ", f"{GITLAB}/a/", "glpat-", "eyJaaaaaaaa.", "token: 'a", "--token a1"),
    *("TOKEN=aaaa", "private-token:aaa-", "?a_b_token=", "://a:b", "-----BEGIN PRIVATE KEY-----", "-----BEGIN "),
)
# Eight times the text may take three times eight times as long; what looks at every sign from every sign takes 64 times.
GROWTH, MOST = 8, 24
# Below this a machine's own unrest counts for more.
UNREST = 0.004


def seconds(look: Callable[[str], object], piece: str, length: int) -> float:
    """Return the best time of three: of the processor, so that what else it does counts little."""
    text = f"a{piece * (length // len(piece))}("

    def once() -> float:
        begun = time.process_time()
        look(text)
        return time.process_time() - begun

    return min(once(), once(), once())


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("piece", PIECES, ids=repr)
def test_a_text_that_is_eight_times_as_long_is_not_looked_at_for_64_times_as_long(name, piece):
    short = seconds(LOOKS[name], piece, 4_000)

    assert seconds(LOOKS[name], piece, GROWTH * 4_000) < MOST * (short + UNREST)


@pytest.mark.parametrize("space", ["\v", "\x85", "\u2028", " \v ", "\n \f"])
def test_a_quick_action_after_any_end_of_a_line_is_none(space):
    assert harmless(f"x{space}/close") == f"x{space}\\/close"
    assert harmless("x /close and \v/usr/bin") == "x /close and \v/usr/bin"


@pytest.mark.parametrize("call", ["TOKEN=get(", "TOKEN=aTOKEN=get(", "TOKEN=a.b[", "private-token: aaa{"])
def test_a_call_is_no_value_of_a_secrets_name(call):
    assert redact(call) == call
    assert "[redacted:" in redact(f"{call[:-1]}value")


def test_a_link_whose_host_cannot_be_read_leads_nowhere():
    assert parse_code_link(f"{GITLAB}[a/b/c", base_url=GITLAB) is None
