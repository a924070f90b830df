"""Tokens that do not look like themselves: coloured or cut by signs that show nothing, wrapped at the end of a line, in Base64.

The law of this module: pure and linear like `redaction`, which calls it; it never changes the number of lines.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

# Signs that show nothing on a screen: terminal codes (CSI, OSC, and short ones), control signs but tab and line ends, and
# characters without width. Source: ECMA-48 for the codes, Unicode's Default_Ignorable_Code_Point for the last.
UNSEEN = re.compile(
    r"\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b\][^\x07\x1b\n]{0,2000}+(?:\x07|\x1b\\)|\x1b[ -/]{1,3}[0-~]|\x1b[@-Z\\-_]"
    r"|\x9b[0-?]*+[ -/]*+[@-~]|[\x00-\x08\x0e-\x1f\x7f\xad\u200b-\u200f\u2060-\u2064\ufeff]"
)

# Prefix of a token, how much of it may stand before the line's end (less than a whole one), and how long it is at least.
_WRAPPED = (
    ("gitlab_token", r"(?:glpat|gloas|gldt|glrtr|glrt|glcbt|glptt|glft|glimt|glagent|glwt|glsoat|glffct)-", 19, 20),
    ("github_token", r"gh[pousr]_", 35, 36),
    ("model_key", r"sk-ant-", 90, 40),
    ("webhook_secret", r"whsec_", 40, 40),
)

# The rest of a wrapped token stands at the beginning of the next line, is no word (it has a digit), and ends there.
_REST = r"(\r?\n[ \t]{0,8})(?=[A-Za-z_+/=.-]{0,80}[0-9])([A-Za-z0-9_+/=.-]{6,120}+)(?![^\s\"',;:)\]}<])"

_WRAPPED_PATTERNS = tuple(
    (kind, least, re.compile(rf"{prefix}([A-Za-z0-9_-]{{0,{most}}}+){_REST}")) for kind, prefix, most, least in _WRAPPED
)

# Prefixes long enough for their Base64 to be no chance.
_ENCODED_PREFIXES = ("glpat-", "gldt-", "glrt-", "glcbt-", "github_pat_", "sk-ant-")
# In Base64 a whole token is at least this much longer than its prefix.
_ENCODED_REST = r"[A-Za-z0-9+/_-]{16,}+={0,2}"


def _cores(prefix: str) -> Iterator[str]:
    """Yield what every Base64 of a text with this prefix contains, for each of the three places in a group where it may begin."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + prefix.encode()).decode()
        yield encoded[-(-before * 8 // 6) : (before + len(prefix)) * 8 // 6]


ENCODED_NEEDLES = tuple(core for prefix in _ENCODED_PREFIXES for core in _cores(prefix))
ENCODED = re.compile(f"(?:{'|'.join(re.escape(core) for core in ENCODED_NEEDLES)}){_ENCODED_REST}")


def without_wrapped(text: str) -> str:
    """Return the text without tokens that go on in the next line; both of their parts are replaced."""
    for kind, least, pattern in _WRAPPED_PATTERNS:
        text = pattern.sub(lambda found, kind=kind, least=least: _replaced(found, kind, least), text)  # type: ignore[misc]
    return text


def wrapped_in(text: str) -> Iterator[str]:
    """Yield the tokens that go on in the next line, with the line's end in them."""
    for _, least, pattern in _WRAPPED_PATTERNS:
        yield from (found[0] for found in pattern.finditer(text) if _is_whole(found, least))


def _replaced(found: re.Match[str], kind: str, least: int) -> str:
    return f"[redacted:{kind}]{found[2]}[redacted:{kind}]" if _is_whole(found, least) else found[0]


def _is_whole(found: re.Match[str], least: int) -> bool:
    return len(found[1]) + len(found[3]) >= least
