"""Words that speak of failure in a line of no known shape, and the ways in which the same words mean nothing.

The law of this module: one line in, one answer out; no tool is named here unless its harmless lines look like failures.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from .vocabulary import spellings

# What another tool put before a line: buildx steps, Compose services, workspaces' task runners, job and step of `gh run view`,
# clocks, `remote:`. Only what stands alone before a space, a bar or a tab, so that paths and messages stay whole.
_PREFIX = re.compile(
    r"(?:(?!FAIL|ok |---)[^\t]{1,100}+\t[^\t]{1,100}+\t"
    r"|#\d{1,4} (?:\d{1,5}\.\d{1,3} )?(?=\S)"
    r"|[a-z0-9][\w.@/-]{0,60}+ {1,20}+\| "
    r"|(?:\[?\d{4}-\d\d-\d\d[T ])?\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?(?: [|-])? "
    r"|[@\w/-]{1,60}+:[a-z][\w:.-]{1,40}: (?=\S)"
    r"|[\w@./-]{1,60}+ (?:test|build|lint|check|typecheck)(?::[\w:-]{1,30})?: "
    r"|\[(?:INFO|WARN|WARNING|DEBUG|TRACE)\] )++"
)

# What it begins with, unless it ends with a colon, a bar or a tab: few lines need to be tried.
_PREFIX_SIGNS = frozenset("#[0123456789")

# Ways to say that all is well, or that an error is somebody's name, option or setting.
_HARMLESS = re.compile(
    r"\b(?:no|0|zero|without|any|ignore|ignoring|ignored|if|on|handles?|expected|allow) (?:\w{1,12} )?(?:errors?"
    r"|fail(?:s|ed|ures?)?|exceptions?|warnings?|problems?|issues?)\b"
    r"|\b(?:errors?|fail(?:ed|ures?|ing)?|errored|not ok)\b[\"']?\s{0,3}[:=]\s{0,20}[\"']?(?:0|false|no|none|null|ignore"
    r"|replace|strict|\[\])"
    r"(?=[\"']?\s{0,3}(?:$|[,;)\]}|]))"
    r"|(?<!\w)--?[\w-]{0,40}(?:error|fail)[\w-]{0,40}|\bset -e|\bfail[-_]fast\b|\bcontinue-on-error\b"
    r"|\b[\w-]{1,40}[-_](?:errors?|fail(?:ure|ed)?)\b(?=[:=])"
    r"|\b(?:xfail|xfailed)\b"
    r"|^[\w-]{1,60}: (?:error|fail|failure)$"
)
# What every harmless line has, to be looked for first: few lines are harmless.
_PERHAPS_HARMLESS = re.compile(
    r"(?:no|0|zero|without|any|ignore|ignoring|ignored|if|on|handles?|expected|allow) (?:\w{1,12} )?(?:error|fail|exception"
    r"|warning|problem|issue)"
    r"|(?:error|fail|not ok)\w{0,4}[\"']?\s{0,3}[:=]\s{0,20}[\"']?(?:0|false|no|null|ignore|replace|strict|\[\])"
    r"|-[\w-]{0,40}(?:error|fail)|_(?:error|fail)\w{0,4}[:=]|set -e|fail_fast|xfail|: (?:error|fail|failure)$"
)

# Lines that say that one thing went well, whatever words its name has.
_PASSED_FIRST = re.compile(
    r"(?:PASS(?:ED)?|OK|ok|SKIP(?:PED)?|XFAIL|XPASS|RUN|✓|✔|√|✅|↓|○|\[ {1,8}(?:OK|RUN) {0,8}\]|--- (?:PASS|SKIP)"
    r"|=== (?:RUN|PAUSE|CONT|NAME)|"
    r"\+ |Compiling|Downloading|Downloaded|Unpacking|Selecting|Preparing to unpack|Setting up|Installing|Fetching"
    r"|Collecting|Get:\d{1,6}|Hit:\d{1,6}|"
    r"Using cached|Requirement already|Adding|Checking|Passed|creating|copying|inflating|extracting|Created|Building"
    r"|Linking|Progress|Test #\d)(?=[\s:(\[]|$)"
)
_PASSED_DOTTED = re.compile(r"\.\.\. ?(?:.\[\d{1,2}m)?(?:ok|passed|PASSED|Passed|skipped|Skipped|ignored|yes|done)\b")
_PASSED_LAST = re.compile(r"\b(?:PASSED|SKIPPED|XFAIL|xfail)\b(?: {1,9}\[ ?\d{1,3}%\])?$")
_PASSED_ENDS = ("PASSED", "SKIPPED", "XFAIL", "xfail", "%]")

# A file of a listing, or a test that is about to run.
_ONLY_A_NAME = re.compile(
    r"[\w@.+~\[\]()-]{0,200}+(?:[/\\][\w@.+~\[\]()-]{0,200}+){1,30}+(?:\.map)?$"
    r"|(?:\[gw\d{1,3}\] )?(?:\[ {0,3}\d{1,3}%\] )?(?:PASSED |SKIPPED |XFAIL |XPASS "
    r"|RERUN )?[\w./-]{1,300}\.py::(?!.{0,600}\b(?:FAILED|ERROR)\b)"
    r"|\[gw\d{1,3}\] \[ {0,3}\d{1,3}%\] (?:PASSED|SKIPPED|XFAIL|XPASS|RERUN) "
)

_CODE = re.compile(
    r"(?:raise [A-Z]|return (?!code)|if |elif |def \w|with \w|for \w|while |except\b|try:|assert |const |let |var |function "
    r"|expect\(|self\.|"
    r"\}|throw new |\w{1,40} = |from [\w.]{1,80} import|@\w|//|/\*|\"|\')"
)

# Words are searched in lower-case text with a space before it: a pattern that begins with a set of signs and heeds the case is
# several times as fast as one that looks behind and does not.
_STRONG = re.compile(
    r"[^\w./$@-](?:error|errors|errored|failed|failure|failures|fail|fails|failing|fatal|panic|panicked|exception"
    r"|traceback|aborted|aborting|abort|crash|crashed|denied|refused|rejected|forbidden|timed out|timeout|killed|mismatch"
    r"|unresolved|conflict|conflicts|corrupt|corrupted|stack overflow|deadlock|undefined|unhandled|uncaught|unsatisfied"
    r"|violat\w{1,6}|critical|severe|unreachable|broken)(?![\w/-]|\.\w|\()"
)
# Names of errors: `NotFoundException`, but no `NotFoundException.java`.
_STRONG_NAME = re.compile("|".join(rf"{word}(?<=[a-z0-9]{word})\b(?!\.\w{{2,5}}\b)" for word in ("error", "exception", "failure")))
_WEAK = re.compile(
    r"[^\w./$@-](?:cannot|can't|could not|couldn't|unable to|not found|no such|not exist|doesn't exist|unexpected"
    r"|invalid|missing|illegal|unsupported|incorrect|unknown|not allowed|not permitted|not defined|must be|must not"
    r"|should be|should not|expected|exceeded|too (?:many|large|long|few)|required|incompatible|deprecated|unrecognized"
    r"|malformed|insufficient|exhausted|not installed|not available|unavailable|retry|retrying|give up|giving up|gave up"
    r"|skipping|warning|warn)(?![\w/-]|\.\w)"
)


def _spelled(words: str) -> frozenset[str]:
    return frozenset(spelling for word in words.split() for spelling in spellings(word))


# Lines without one of these need not be searched.
STRONG_TOKENS = _spelled(
    "error errored failed failure fail failing fatal panic panicked exception traceback aborted aborting abort crash crashed "
    "denied "
    "refused rejected forbidden timed timeout killed mismatch unresolved conflict corrupt corrupted overflow deadlock undefined "
    "unhandled uncaught unsatisfied violate violated violating violation critical severe unreachable broken"
)
WEAK_TOKENS = _spelled(
    "cannot can couldn could unable found such exist unexpected invalid missing illegal unsupported incorrect unknown allowed "
    "permitted "
    "defined must should expected exceeded too required incompatible deprecated unrecognized malformed insufficient exhausted "
    "installed "
    "available unavailable retry retrying give giving gave skipping warning warn"
)


WORD_PATTERNS = tuple(
    pattern.pattern
    for pattern in (
        _PREFIX,
        _PASSED_FIRST,
        _PASSED_DOTTED,
        _PASSED_LAST,
        _ONLY_A_NAME,
        _CODE,
        _HARMLESS,
        _STRONG,
        _STRONG_NAME,
        _WEAK,
    )
)


def body_of(line: str) -> str:
    """Return the line without what another tool put before it, stripped of space."""
    if line[:1] in _PREFIX_SIGNS or ": " in line or "| " in line or "\t" in line:
        match = _PREFIX.match(line)
        return (line[match.end() :] if match else line).strip()
    return line.strip()


def has_passed(line: str) -> bool:
    """Tell whether the line says that something went well."""
    return (
        _PASSED_FIRST.match(line) is not None
        or ("..." in line and _PASSED_DOTTED.search(line) is not None)
        or (line.endswith(_PASSED_ENDS) and _PASSED_LAST.search(line) is not None)
    )


def is_name(line: str) -> bool:
    """Tell whether the line is but the name of a file, or of a test that runs or went well."""
    return ("/" in line or "\\" in line or "::" in line or line.startswith("[gw")) and _ONLY_A_NAME.match(line) is not None


def is_code(line: str) -> bool:
    """Tell whether the line is program text, such as a traceback shows: its words are nobody's message."""
    return _CODE.match(line) is not None


def strength(lower: str, tokens: AbstractSet[str]) -> int:
    """Return 2 for words that say failure, 1 for words that may, 0 for none; `lower` is the line in lower case."""
    if not tokens.isdisjoint(STRONG_TOKENS) and _says_failure(lower):
        return 2 if _says_failure(_without_harmless(lower)) else 0
    if not tokens.isdisjoint(WEAK_TOKENS) and _WEAK.search(f" {lower}"):
        return 1 if _WEAK.search(f" {_without_harmless(lower)}") else 0
    return 0


def _says_failure(lower: str) -> bool:
    return _STRONG.search(f" {lower}") is not None or _STRONG_NAME.search(lower) is not None


def _without_harmless(lower: str) -> str:
    return _HARMLESS.sub(" ", lower) if _PERHAPS_HARMLESS.search(lower) else lower
