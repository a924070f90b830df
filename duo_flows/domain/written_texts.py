"""What a model wrote, before it stands in GitLab: without secrets, calling nobody, within GitLab's limits, and saying for whom.

The law of this module: pure, and the same for the same text. Commands to GitLab and markup that hides are taken out where a text is
marked and posted (`adapters.gitlab.comments`), since texts of ours pass there too; what stands here is for texts of models.
"""

from __future__ import annotations

import re

from .canonical import digest_of
from .errors import Refused
from .markdown_code import outside_code
from .pipelines import SESSION_TRAILER
from .redaction import redact

# Name and value of a line at a commit message's end.
Trailer = tuple[str, str]

# GitLab takes 1,048,576 characters of a description, 1,000,000 of a comment. Source: GitLab docs, administration/instance_limits.
# Below both by what the mark, the line about the requester and escaping may add.
TEXT_MAX = 900_000
# Source: GitLab docs, api/issues and api/merge_requests: a title has at most 255 characters.
TITLE_MAX = 255

# As GitLab finds people in a text: not inside a word, whose letters are ASCII there. Source: GitLab docs, user/markdown,
# "GitLab-specific references".
_MENTION = re.compile(r"(?<![A-Za-z0-9_\\])((?:\\\\)*)@(?=(\w[\w.-]*))")
# The sign in HTML's words, which Markdown turns into the sign before GitLab looks for people.
_SIGN_IN_WORDS = re.compile(r"&(?=(?:#0*64|#x0*40|commat);)", re.IGNORECASE)

# Source: GitLab docs, ci/pipelines, "Skip a pipeline"; its code also takes a hyphen or an underscore for the space.
_SKIP_CI = re.compile(r"\[(?:skip[ _-]ci|ci[ _-]skip|no[ _-]ci)\]", re.IGNORECASE)
_ROUND_BRACKETS = str.maketrans("[]", "()")

# What `attributed` adds; a model that writes a description again writes it with the old line.
_ATTRIBUTION_BEGINS = "---\nWritten in [session "
_ATTRIBUTION = re.compile(r"---\nWritten in \[session [^\]\n]*\]\([^)\n]*\) for `@[^`\n]*`\.")

_DRAFT = re.compile(r"\A\s*(?:draft:|\[draft\]|\(draft\))\s*", re.IGNORECASE)


def call_mark(session_id: str, call_key: str) -> str:
    """Return the mark of what one tool call writes: the same for every try of the call, and of no other call."""
    return f"call-{session_id}-{digest_of(call_key)[:32]}"


def text_of_model(text: str, *, requester: str) -> str:
    """Return a model's text as it may be posted.

    Secrets are taken out, and `@name` calls nobody but the requester, whose session it is: a model that was talked into it could
    otherwise call everybody with `@all`. Escaped is what GitLab shows as the bare sign; fenced code stays as it is.

    Raises:
        Refused: it is empty or longer than GitLab takes.

    Source: GitLab issue 16827, by which a backslash before `@` makes no reference.
    """
    if not text.strip():
        raise Refused("The text is empty; say something or leave it out.", code="empty_text")
    if len(text) > TEXT_MAX:
        raise Refused(f"The text has {len(text):,} characters; GitLab takes about a million. Say less.", code="text_too_long")

    def quiet(line: str) -> str:
        spelled = _SIGN_IN_WORDS.sub("&amp;", line)
        return _MENTION.sub(lambda found: found[0] if _is(found[2], requester) else rf"{found[1]}\@", spelled)

    return outside_code(redact(text), quiet)


def _is(named: str, requester: str) -> bool:
    # A full stop after a name ends the sentence and not the name.
    return named.rstrip(".-").casefold() == requester.casefold()


def title_of_model(title: str) -> str:
    """Return a model's title as one plain line without secrets; it names people without calling them.

    Raises:
        Refused: nothing is left of it, or it is longer than GitLab takes.
    """
    line = one_line(redact(title)).replace("@", "")
    if not line:
        raise Refused("The title is empty; name what this is about.", code="empty_text")
    if len(line) > TITLE_MAX:
        raise Refused(f"The title has {len(line)} characters; GitLab takes {TITLE_MAX}.", code="text_too_long")
    return line


def one_line(text: str) -> str:
    """Return the text on one line, signs that nobody sees left out."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def as_draft(title: str, *, is_draft: bool) -> str:
    """Return the title with GitLab's mark of a draft, or without any."""
    bare = _DRAFT.sub("", title)
    return f"Draft: {bare}" if is_draft else bare


def attributed(text: str, *, session_id: str, session_url: str, requester: str) -> str:
    """Return a description with one last line that says by which session and for whom it was written (requirement S5)."""
    # Code, so that the line calls nobody each time the description is edited.
    return f"{text[: _end_without_attribution(text)]}\n\n---\nWritten in [session {session_id}]({session_url}) for `@{requester}`."


def _end_without_attribution(text: str) -> int:
    """Return where a text ends but for lines of ours and what separates them. Looked for from the end, so that it stays linear."""
    end = _end_without_space(text, len(text))
    while (begin := text.rfind(_ATTRIBUTION_BEGINS, 0, end)) >= 0 and _ATTRIBUTION.fullmatch(text, begin, end):
        end = _end_without_space(text, begin)
    return end


def _end_without_space(text: str, end: int) -> int:
    while end and text[end - 1].isspace():
        end -= 1
    return end


def commit_message(text: str, trailers: tuple[Trailer, ...]) -> str:
    """Return a model's commit message with our trailers: without secrets, and unable to switch pipelines off.

    The trailers are the last paragraph, so that lines of the model's which look like trailers are none.

    Raises:
        Refused: nothing is left of it.
    """
    lines = [one_line(line) for line in redact(text).splitlines()]
    body = "\n".join(lines).strip("\n")
    if not body.strip():
        raise Refused("The commit message is empty; say what the commit does.", code="empty_text")
    subject, _, rest = without_skip_marks(body).partition("\n")
    return with_trailers(f"{subject}\n\n{rest.strip()}" if rest.strip() else subject, trailers)


def without_skip_marks(text: str) -> str:
    """Return the text unable to switch pipelines off."""
    # Not cut out: what is left on both sides could make the mark anew.
    return text.translate(_ROUND_BRACKETS) if _SKIP_CI.search(" ".join(text.split())) else text


def trailers_of(session_id: str, requester: str, *more: Trailer) -> tuple[Trailer, ...]:
    """Return the trailers of a session's commit (requirement S5)."""
    return (SESSION_TRAILER, session_id), ("Duo-Requester", f"@{requester}"), *more


def with_trailers(text: str, trailers: tuple[Trailer, ...]) -> str:
    """Return a commit's message, with the trailers as its last paragraph."""
    return f"{text}\n\n" + "\n".join(f"{name}: {value}" for name, value in trailers) + "\n"
