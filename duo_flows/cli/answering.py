"""Answering a question: what is asked first, what must be named, and what is sent."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from dataclasses import dataclass

from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH
from duo_flows.domain.requests import Choice

from . import views
from .client import Api, Json
from .failures import CommandError, ExitCode
from .output import out, say

# One letter for each choice: what a person types while watching. No two of one question are the same.
LETTERS = {
    "a": Choice.APPLY,
    "l": Choice.ALWAYS,
    "d": Choice.DIFF,
    "c": Choice.CANCEL,
    "m": Choice.MODIFY,
    "r": Choice.RESPOND,
}
# What a person is asked for the words of a choice that needs them.
_ASKED_FOR_WORDS = {Choice.MODIFY: "What should be different? ", Choice.RESPOND: "Your answer: "}


@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer to send. `request_id` makes sure that it answers the question that was shown."""

    choice: Choice
    digest: str
    text: str = ""
    request_id: str = ""


async def required_answer(api: Api, session_id: str, wanted: Given, *, can_ask: bool) -> Given | None:
    """Return the answer to send: as wanted if it names a digest, else after asking; None if the person thought better of it.

    Raises:
        CommandError: nothing is asked, or something is missing and nobody can be asked for it.
    """
    if wanted.digest:
        _check_digest(wanted.digest)
        _check_text(wanted.choice, wanted.text)
        return wanted
    session = await api.session(session_id)
    if not session.get("waiting") or not session["waiting"]["choices"]:
        raise CommandError(f"Session {session_id} asks nothing at present.", exit_code=ExitCode.REFUSED, code="no_open_request")
    if not can_ask:
        line = f"duoflow sessions answer {session_id} {wanted.choice} --digest {session['waiting']['digest_prefix']}"
        question = session["waiting"]["question"]
        raise CommandError(
            f"{question}\n\nTo answer exactly this, say so:\n  {line}", exit_code=ExitCode.USAGE, code="digest_missing"
        )
    out.print(views.question_panel(session))
    return await _confirmed(session, wanted.choice, wanted.text)


async def give_answer(api: Api, session_id: str, given: Given) -> Json:
    """Send the answer and return what came of it.

    Raises:
        CommandError: it was refused; the reason is the API's.
    """
    body = {"choice": given.choice.value, "digest": given.digest, "text": given.text, "request_id": given.request_id}
    return await api.act(session_id, "answer", body, idempotency_key=uuid.uuid4().hex)


async def read_line(prompt: str) -> str:
    """Return a line that is typed at the terminal; can be cancelled, unlike `input`. At the end of input it is empty."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()

    def on_input() -> None:
        if not typed.done():
            # A terminal hands over whole lines.
            typed.set_result(os.read(sys.stdin.fileno(), 65_536).decode(errors="replace"))

    loop.add_reader(sys.stdin.fileno(), on_input)
    try:
        return (await typed).strip()
    finally:
        loop.remove_reader(sys.stdin.fileno())


async def words_for(choice: Choice, given: str = "") -> str:
    """Return the words that go with a choice, asked for at the terminal if they are needed and not given."""
    return given or (await read_line(_ASKED_FOR_WORDS[choice]) if choice in _ASKED_FOR_WORDS else "")


async def _confirmed(session: Json, choice: Choice, text: str) -> Given | None:
    words = await words_for(choice, text)
    _check_text(choice, words)
    waiting = session["waiting"]
    if (await read_line(f"Answer {choice} to exactly this? [y/N] ")).lower() not in {"y", "yes"}:
        return None
    return Given(choice=choice, digest=waiting["digest"], text=words, request_id=waiting["request_id"])


def _check_digest(digest: str) -> None:
    is_hex = all(sign in "0123456789abcdefABCDEF" for sign in digest)
    if not is_hex or len(digest) < DIGEST_PREFIX_LENGTH:
        raise CommandError(f"--digest takes at least {DIGEST_PREFIX_LENGTH} of the digest's hex digits.", exit_code=ExitCode.USAGE)


def _check_text(choice: Choice, text: str) -> None:
    if choice is Choice.MODIFY and not text.strip():
        raise CommandError("To modify the proposal, say with --text what should be different.", exit_code=ExitCode.USAGE)
    if choice is Choice.RESPOND and not text.strip():
        raise CommandError("To respond, say it with --text.", exit_code=ExitCode.USAGE)


def tell_result(result: Json) -> None:
    """Print what came of an answer."""
    say(views.answer_sentence(result), style="green")
