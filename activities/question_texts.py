"""How a question reads: the flow's message, and the lines by which it can be answered in GitLab."""

from __future__ import annotations

from duo_flows.domain.canonical import DIGEST_PREFIX_LENGTH
from duo_flows.domain.requests import Choice, Request

_MEANINGS = {
    Choice.APPLY: ("", "apply exactly this change"),
    Choice.DIFF: ("", "show me the full diff"),
    Choice.CANCEL: ("", "change nothing"),
    Choice.MODIFY: (" <what should be different>", "ask for another proposal"),
}


def question_text(request: Request, message: str, *, account: str) -> str:
    """Return the question as Markdown, for GitLab and for every other door."""
    digest = request.digest[:DIGEST_PREFIX_LENGTH]
    lines = [f"- `@{account} {choice} {digest}{_MEANINGS[choice][0]}`: {_MEANINGS[choice][1]}" for choice in request.choices]
    until = f"{request.deadline:%Y-%m-%d %H:%M} UTC"
    return (
        f"{message}\n\n@{request.requester}, answer by {until}, here in a new comment or where you started this:\n\n"
        + "\n".join(lines)
        + "\n\nWithout an answer nothing is changed."
    )


def diff_block(diff: str, *, limit: int) -> str:
    """Return a diff as a Markdown code block that its content cannot close."""
    shown = diff if len(diff) <= limit else f"{diff[:limit]}\n[cut: {len(diff) - limit} more characters]"
    fence = "`" * max(3, _longest_run_of_backticks(shown) + 1)
    return f"{fence}diff\n{shown}\n{fence}"


def _longest_run_of_backticks(text: str) -> int:
    longest = run = 0
    for sign in text:
        run = run + 1 if sign == "`" else 0
        longest = max(longest, run)
    return longest
