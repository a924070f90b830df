"""How a question reads: the flow's message, and the lines by which it can be answered in GitLab."""

from __future__ import annotations

from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH
from duo_flows.domain.choice_words import meaning_of, place_of_words
from duo_flows.domain.requests import Choice, Request


def question_text(request: Request, message: str, *, account: str) -> str:
    """Return the question as Markdown, for GitLab and for every other door."""
    has_change = request.has_change
    lines = [
        f"- `{_command(choice, request, account)}`: {meaning_of(choice, request.kind, has_change=has_change)}"
        for choice in request.choices
    ]
    until = f"{request.deadline:%Y-%m-%d %H:%M} UTC"
    return (
        f"{message}\n\n@{request.requester}, answer by {until}, here in a new comment or where you started this:\n\n"
        + "\n".join(lines)
        + f"\n\n{_without_an_answer(request)}"
    )


def _without_an_answer(request: Request) -> str:
    return "Without an answer nothing is changed." if request.has_change else "Without an answer the session stops."


def _command(choice: Choice, request: Request, account: str) -> str:
    return f"@{account} {choice} {request.digest[:DIGEST_PREFIX_LENGTH]} {place_of_words(choice)}".rstrip()


def diff_block(diff: str, *, limit: int) -> str:
    """Return a diff as a Markdown code block that its content cannot close."""
    return code_block(diff, language="diff", limit=limit)


def code_block(text: str, *, language: str, limit: int) -> str:
    """Return a text as a Markdown code block that its content cannot close, cut at `limit` characters."""
    shown = text if len(text) <= limit else f"{text[:limit]}\n[cut: {len(text) - limit} more characters]"
    fence = "`" * max(3, _longest_run_of_backticks(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def _longest_run_of_backticks(text: str) -> int:
    longest = run = 0
    for sign in text:
        run = run + 1 if sign == "`" else 0
        longest = max(longest, run)
    return longest
