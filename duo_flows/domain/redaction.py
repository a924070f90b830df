"""Secrets out of text, by their shape, before anything is cut, logged or shown to a model.

The law of this module: pure, linear in the length of the text, never changes the number of lines, and doing it twice is doing it
once. It knows shapes only: what it does not find may still be secret, so that it is the last guard and never the only one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .disguised_secrets import ENCODED, ENCODED_NEEDLES, UNSEEN, without_wrapped, wrapped_in

# Every pattern is linear: a repetition is either bounded, possessive (`++`), or followed by nothing that could make it give back.

_PEM_MARK = re.compile(r"-----(BEGIN|END) (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----")

# The largest RSA key in use (16,384 bits) takes 12,600 characters; with a prefix on each
# line, as in job logs, about three times that.
_PEM_MAX_LENGTH = 40_000

# A key that was cut off: lines of Base64 with, maybe, a log's prefix before each. `\\n` is the line end inside JSON.
_PEM_REST = re.compile(r"(?:(?:\\r)?\\n|\r?\n)(?:[^\n\\]{0,80}[\s:|])?[A-Za-z0-9+/=]{16,}+")

# Prefixes of GitLab's tokens. Source: GitLab docs, security/tokens (token prefixes).
_GITLAB = (
    r"(?:glpat|gloas|gldt|glrtr|glrt|glcbt|glptt|glft|glimt|glagent|glwt|glsoat|glffct)(?:-|%2[Dd])[A-Za-z0-9_.-]{12,}+"
    r"|GR1348941[A-Za-z0-9_-]{12,}+"
)
_GITHUB = r"gh[pousr]_[A-Za-z0-9]{30,}+|github_pat_[A-Za-z0-9_]{22,}+"
_SLACK = r"xox[a-z]-[A-Za-z0-9-]{10,}+|xapp-[A-Za-z0-9-]{10,}+|(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]{20,}+"
_MODEL_KEY = r"sk-ant-[A-Za-z0-9_-]{16,}+|sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}+|(?<![A-Za-z0-9_-])sk-[A-Za-z0-9]{32,}+"
_REGISTRY = r"npm_[A-Za-z0-9]{36,}+|pypi-[A-Za-z0-9_-]{50,}+|dckr_pat_[A-Za-z0-9_-]{20,}+"
_AWS_KEY_ID = r"(?<![A-Za-z0-9\]])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"
_JWT = r"(?<![A-Za-z0-9_\].-])eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]*+){1,3}"

# With each: what no secret of the kind is without. A log of megabytes is asked for that first, which is a hundred times as fast.
_BY_SHAPE: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    ("gitlab_token", ("gl", "GR1348941"), re.compile(_GITLAB)),
    ("github_token", ("gh", "github_pat_"), re.compile(_GITHUB)),
    ("slack_token", ("xox", "xapp-", "hooks.slack.com/services/"), re.compile(_SLACK)),
    ("model_key", ("sk-",), re.compile(_MODEL_KEY)),
    ("webhook_secret", ("whsec_",), re.compile(r"whsec_[A-Za-z0-9+/=_-]{16,}+")),
    ("registry_token", ("npm_", "pypi-", "dckr_pat_"), re.compile(_REGISTRY)),
    ("google_key", ("AIza",), re.compile(r"AIza[A-Za-z0-9_-]{35,}+")),
    ("aws_key", ("AKIA", "ASIA", "ABIA", "ACCA"), re.compile(_AWS_KEY_ID)),
    ("jwt", ("eyJ",), re.compile(_JWT)),
    ("encoded_token", ENCODED_NEEDLES, ENCODED),
)

# What stands between a name and its value has been replaced already.
_NOT_DONE = r"(?!\[redacted:)"

# Names whose value is secret. They end here: MAX_TOKENS and token_url are ordinary.
_NAME = (
    r"(?:password|passwd|passphrase|secret|token|credentials?|(?<=_)pwd"
    r"|(?:api|access|private|secret|signing|encryption|auth|account)[_-]?key)(?:_?[0-9]{1,3})?"
)

# Words that stand where a secret could, and are none.
_NOT_A_WORD = r"(?!(?:true|false|none|null|nil|undefined|yes|no|required|optional|masked|changeme|string|str|bytes|int|self)\b)"

# A literal value: variables, calls, placeholders and templates begin or go on with one of the signs that are left out.
_FIRST = r"[^\s\"'`$(){}\[\]<>*%&|,;:=]"
_REST = r"[^\s\"'`(){}\[\]<>]"
# A call is told from a value after the match: a pattern that refused it would look at the same signs again from each name in them.
_VALUE = rf"{_NOT_DONE}{_NOT_A_WORD}{_FIRST}{_REST}{{3,}}+(?P<call>(?=[(\[{{]))?"
_LONGER_VALUE = rf"{_NOT_DONE}(?=[^\s\"'0-9]{{0,200}}[0-9]){_FIRST}{_REST}{{5,}}+"

_IS = r"[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?"

# scheme://user:password@host, and scheme://token@host where it is too long for a name; neither templates nor the words themselves.
_IN_URL = rf"(://){_NOT_DONE}(?:[^\s/@:\"'<>]{{0,256}}+:(?![{{$%]|pass(?:word|wd)?@)[^\s/@\"'<>]{{1,512}}+|(?![{{$%])[^\s/@:\"'<>]{{20,256}}+)(?=@)"
_HEADER = (
    rf"(\bauthorization{_IS}(?:bearer|basic|token|digest|negotiate)[ \t]{{1,8}}"
    rf"|\b(?:private-token|job-token|deploy-token|x-gitlab-token|x-api-key|x-auth-token){_IS}){_VALUE}"
)
# "Bearer" alone is also a word of prose: here the value is long and has a digit.
_BEARER = r"(\b(?:bearer|basic)[ \t]{1,8})(?=[A-Za-z._~+/=-]{0,200}[0-9])[A-Za-z0-9._~+/=-]{20,}+"
_AWS_SECRET = rf"(aws_secret_access_key{_IS})[A-Za-z0-9/+]{{40}}"
# ?private_token=value
_QUERY = rf"([?&](?:[a-z0-9]{{1,20}}[_-]){{0,3}}(?:{_NAME}|signature)=){_NOT_DONE}[^\s&#\"'<>\[\]]{{6,}}+"
# NAME=value in an environment, a .env file or a shell; only in capitals, since a keyword argument looks the same.
_ENVIRONMENT = rf"({_NAME.upper()}=[\"']?){_VALUE}"
# --password value on a command line; after a space only with a digit, since help texts go on in words.
_OPTION = rf"(\s--(?:[a-z0-9]{{1,20}}-){{0,3}}{_NAME}(?:=|[ ](?=[^\s0-9]{{0,200}}[0-9])))(?!-){_VALUE}"
# name: "value" and name = 'value' in code and settings.
_QUOTED = rf"({_NAME}[\"']?[ \t]{{0,8}}(?:=>|:=|[:=])[ \t]{{0,8}}(?P<quote>[\"'])){_LONGER_VALUE}(?=(?P=quote))"
# name: value alone on a line of YAML or properties.
_SETTING = rf"(^[ \t]{{0,60}}(?:- )?[a-z0-9_.-]{{0,60}}?{_NAME}[ \t]{{0,8}}[:=][ \t]{{1,8}}){_LONGER_VALUE}(?=[ \t\r]{{0,8}}$)"

# What every line has, in small letters, in which one of the patterns below finds something. They look at no other line.
_NEEDLES = ("passw", "passphrase", "secret", "token", "credential", "_pwd", "key", "signature", "authorization", "bearer", "basic")

_BASIC_AUTH = re.compile(_IN_URL)

# Each pattern's first group stays; what follows it is the secret.
_BY_PLACE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("authorization", re.compile(_HEADER, re.IGNORECASE)),
    ("authorization", re.compile(_BEARER, re.IGNORECASE)),
    ("aws_key", re.compile(_AWS_SECRET, re.IGNORECASE)),
    ("secret", re.compile(_QUERY, re.IGNORECASE)),
    ("secret", re.compile(_ENVIRONMENT)),
    ("secret", re.compile(_OPTION)),
    ("secret", re.compile(_QUOTED, re.IGNORECASE)),
    ("secret", re.compile(_SETTING, re.IGNORECASE | re.MULTILINE)),
)

# An AWS secret has no shape of its own, but its name is nobody else's.
_TOKENS = (*(pattern for _, _, pattern in _BY_SHAPE), re.compile(_AWS_SECRET, re.IGNORECASE))


def redact(text: str) -> str:
    """Return the text with each secret replaced by `[redacted:<kind>]`; a key of several lines keeps as many lines.

    A secret that signs without any show cut into pieces (colours of a terminal) is found too; the text then comes without them.
    """
    plain = UNSEEN.sub("", text)
    if plain == text:
        return _redacted(text)
    seen = _redacted(plain)
    if seen != plain:
        return seen
    found = _redacted(text)
    return text if found == text else _redacted(UNSEEN.sub("", found))


def redact_lines(lines: Sequence[str]) -> list[str]:
    """Return as many lines, without secrets; one that goes on over several lines is found too.

    Args:
        lines: a log's lines, cleaned but not cut yet, so that no secret has lost the part by which it is known.
    """
    return redact("\n".join(lines)).split("\n") if lines else []


def tokens_in(text: str) -> frozenset[str]:
    """Return the tokens and private keys in a text themselves, for comparing only.

    Not what is found by its place alone: settings of tests and examples look the same.
    """
    return frozenset(token for reading in {text, UNSEEN.sub("", text)} for token in _tokens(reading))


def _tokens(text: str) -> Iterator[str]:
    for pattern in _TOKENS:
        yield from (found[0] for found in pattern.finditer(text))
    yield from wrapped_in(text)
    yield from (text[start:end] for start, end in _private_keys(text))


def _redacted(text: str) -> str:
    text = without_wrapped(_without_private_keys(text))
    for kind, needles, pattern in _BY_SHAPE:
        if any(needle in text for needle in needles):
            text = pattern.sub(f"[redacted:{kind}]", text)
    text = _BASIC_AUTH.sub(lambda found: _without_value(found, "basic_auth"), text)
    return _without_values(text)


def _without_values(text: str) -> str:
    """Return the text without what is secret by its place, which is found line by line: only some lines are worth the look."""
    lines = text.split("\n")
    named = [number for number, line in enumerate(lines) if _has_needle(line.lower())]
    if not named:
        return text
    # The line before each is empty, as the patterns ask what stands before an option.
    looked_at = "\n\n".join(["", *(lines[number] for number in named)])
    for kind, pattern in _BY_PLACE:
        looked_at = pattern.sub(lambda found, kind=kind: _without_value(found, kind), looked_at)  # type: ignore[misc]
    for number, line in zip(named, looked_at.split("\n\n")[1:], strict=True):
        lines[number] = line
    return "\n".join(lines)


def _has_needle(line: str) -> bool:
    return any(needle in line for needle in _NEEDLES)


def _without_value(found: re.Match[str], kind: str) -> str:
    return found[0] if found.groupdict().get("call") is not None else f"{found[1]}[redacted:{kind}]"


def redact_each_line(text: str) -> str:
    """Return the text with the secrets of each line taken out, of a text whose parts are redacted already."""
    return "\n".join(redact(line) for line in text.split("\n"))


def redact_value(value: Any) -> Any:
    """Return a JSON value with every text in it redacted, keys included."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(name): redact_value(part) for name, part in value.items()}
    return [redact_value(part) for part in value] if isinstance(value, list | tuple) else value


def _without_private_keys(text: str) -> str:
    pieces: list[str] = []
    position = 0
    for start, end in _private_keys(text):
        pieces.append(text[position:start])
        pieces.append("\n".join(["[redacted:private_key]"] * (text.count("\n", start, end) + 1)))
        position = end
    return "".join([*pieces, text[position:]])


def _private_keys(text: str) -> Iterator[tuple[int, int]]:
    """Yield (where it begins, where it ends) of each key in the text."""
    marks = list(_PEM_MARK.finditer(text))
    position = 0
    for number, mark in enumerate(marks):
        if mark.start() < position:
            continue
        position = _end_of_key(text, mark, marks[number + 1] if number + 1 < len(marks) else None)
        if position > mark.start():
            yield mark.start(), position


def _end_of_key(text: str, mark: re.Match[str], following: re.Match[str] | None) -> int:
    """Return where the key that this mark belongs to ends; where it begins if the mark stands alone, as in code."""
    if mark[1] == "END":
        return mark.end()
    has_end = following is not None and following[1] == "END"
    if following and has_end and following.end() - mark.start() <= _PEM_MAX_LENGTH:
        return following.end()
    end = mark.end()
    while line := _PEM_REST.match(text, end):
        end = line.end()
    return end if has_end or end > mark.end() else mark.start()
