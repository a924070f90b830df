"""Commands in comments: what a person tells the service account by mentioning it.

Pure. What lives here: which text is a command, which is none, and what to teach somebody whose command cannot be followed.
What never does: whether the person may, and whether anything is there to be commanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from pydantic import Field

from .canonical import DIGEST_PREFIX_LENGTH
from .choice_words import place_of_words
from .model import Model
from .requests import ANSWER_TEXT_MAX_LENGTH, Choice


class Verb(StrEnum):
    """What the account can be told."""

    FIX = "fix"
    APPLY = "apply"
    ALWAYS = "always"
    DIFF = "diff"
    CANCEL = "cancel"
    MODIFY = "modify"
    RESPOND = "respond"
    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    HELP = "help"


# The verbs that answer an open question, and must therefore name what they answer.
ANSWERS: Mapping[Verb, Choice] = {
    Verb.APPLY: Choice.APPLY,
    Verb.ALWAYS: Choice.ALWAYS,
    Verb.DIFF: Choice.DIFF,
    Verb.CANCEL: Choice.CANCEL,
    Verb.MODIFY: Choice.MODIFY,
    Verb.RESPOND: Choice.RESPOND,
}

# A SHA-256 in hex, or as much of it as makes it unmistakable.
_DIGEST = re.compile(rf"[0-9a-f]{{{DIGEST_PREFIX_LENGTH},64}}", re.IGNORECASE)
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})(?P<info>.*)")
# GitLab's own multi-line quote opens and closes with this line. Source: GitLab docs, user/markdown, "Multiline blockquote".
_QUOTE_FENCE = ">>>"
# Markdown's indented code.
_CODE_INDENT = ("    ", "\t")


class Command(Model):
    """A command as understood. `digest` is lower-case and set for answers; `text` is the rest of the comment."""

    verb: Verb
    digest: str = ""
    text: str = Field(default="", max_length=ANSWER_TEXT_MAX_LENGTH)


class CommandProblem(Model):
    """A comment that addresses the account and cannot be followed; `verb` where one was understood."""

    code: str
    verb: Verb | None = None

    def advice(self, *, account: str, digest: str = "") -> str:
        """Return what to tell the author.

        Args:
            account: the service account's username.
            digest: the digest of the question that is open there, if the door knows one: it goes into the line to copy.
        """
        return _ADVICE[self.code](self, account, digest)


def parse_command(body: str, *, account: str) -> Command | CommandProblem | None:
    """Return the command in a comment; None if the comment does not address the account.

    The account is addressed at the start of the first line that is neither empty, nor quoted, nor code; other people may be
    mentioned before it there. A mention further on is prose.
    """
    first = next(_own_lines(body), None)
    if first is None:
        return None
    start, line = first
    addressed = _address_of(account).match(line)
    if addressed is None:
        return None
    return _understood(body[start + addressed.end() :])


def help_text(account: str) -> str:
    """Return all commands, as Markdown."""
    lines = (
        ("fix", "look into the failed pipeline of this merge request and propose a fix"),
        ("apply <digest>", "say yes to what was shown: apply exactly that change, run exactly those calls, or let the flow go on"),
        ("always <digest>", "run exactly the calls that were shown, and do not ask for them again in this session"),
        ("diff <digest>", "show in full what is asked about; the question stays open"),
        ("cancel <digest>", "say no: nothing that was shown is done"),
        ("modify <digest> <words>", "say no, and what should be different"),
        ("respond <digest> <words>", "answer a question in your own words"),
        ("stop", "stop the session that is running here"),
        ("pause", "let it wait at its next safe point, for as long as it takes"),
        ("resume", "let it go on"),
        ("retry", "run the last session that ended here once more"),
        ("help", "show this list"),
    )
    rows = "\n".join(f"- `@{account} {command}`: {meaning}" for command, meaning in lines)
    return f"I take these commands, in the first line of a new comment:\n\n{rows}"


def _own_lines(body: str) -> Iterator[tuple[int, str]]:
    """Yield (offset, line) of the non-empty lines that are the author's own prose: no quote, no code."""
    fence, in_quote_fence, in_quote, offset = "", False, False, 0
    for raw in body.split("\n"):  # not splitlines(): it also splits where Markdown does not
        line, start = raw.rstrip(), offset
        offset += len(raw) + 1
        if fence:
            fence = "" if _closes(line, fence) else fence
        elif opened := _opened_fence(line):
            fence = opened
        elif line == _QUOTE_FENCE:
            in_quote_fence = not in_quote_fence
        elif not in_quote_fence:
            # A line right under a quoted one still belongs to the quote, as Markdown shows it; an empty line ends it.
            in_quote = bool(line) and (in_quote or line.lstrip().startswith(">"))
            if line and not in_quote and not raw.startswith(_CODE_INDENT):
                yield start, line


def _opened_fence(line: str) -> str:
    match = _FENCE.fullmatch(line)
    if match is None or (match["fence"].startswith("`") and "`" in match["info"]):
        return ""
    return match["fence"]


def _closes(line: str, fence: str) -> bool:
    match = _FENCE.fullmatch(line)
    return match is not None and match["fence"].startswith(fence) and not match["info"]


def _address_of(account: str) -> re.Pattern[str]:
    """Return the pattern of mentions that end with the account. GitLab's usernames do not differ by case alone."""
    return re.compile(rf"\s*(?:@[\w.\-/]+[,:]?\s+)*@{re.escape(account)}(?=[\s,:]|$)[,:]?", re.IGNORECASE)


def _understood(rest: str) -> Command | CommandProblem:
    word, text = _first_word(rest)
    try:
        verb = Verb(word.rstrip(".,:;!?").lower())
    except ValueError:
        return CommandProblem(code="unknown_verb" if word else "no_verb")
    if len(text) > ANSWER_TEXT_MAX_LENGTH:
        return CommandProblem(code="text_too_long", verb=verb)
    return _answer(verb, text) if verb in ANSWERS else Command(verb=verb, text=text)


def _answer(verb: Verb, rest: str) -> Command | CommandProblem:
    digest, text = _first_word(rest)
    if not _DIGEST.fullmatch(digest.strip("`")):
        return CommandProblem(code="digest_missing", verb=verb)
    return Command(verb=verb, digest=digest.strip("`").lower(), text=text)


def _first_word(text: str) -> tuple[str, str]:
    """Return (first word of the first line, what follows it); the word is empty where the line is."""
    line, _, below = text.partition("\n")
    word, _, after = line.strip().partition(" ")
    return word, f"{after}\n{below}".strip()


def _advise_verb(problem: CommandProblem, account: str, _digest: str) -> str:
    start = "I was mentioned without a command." if problem.code == "no_verb" else "I do not know that command."
    return f"{start} {help_text(account)}"


def _advise_digest(problem: CommandProblem, account: str, digest: str) -> str:
    choice = ANSWERS.get(problem.verb) if problem.verb else None
    place = place_of_words(choice) if choice else ""
    words = f" {place}" if place else ""
    shown = digest[:DIGEST_PREFIX_LENGTH] or f"<the {DIGEST_PREFIX_LENGTH} digits shown with the question>"
    return (
        "An answer names what it is about, so that it cannot count for another one. Nothing was changed. "
        f"Please copy this line into a new comment:\n\n```text\n@{account} {problem.verb} {shown}{words}\n```"
    )


def _advise_shorter(_problem: CommandProblem, _account: str, _digest: str) -> str:
    return f"That is more than the {ANSWER_TEXT_MAX_LENGTH:,} characters I can take. Nothing was changed; please write it shorter."


_ADVICE = {
    "unknown_verb": _advise_verb,
    "no_verb": _advise_verb,
    "digest_missing": _advise_digest,
    "text_too_long": _advise_shorter,
}
