"""Words that speak of failure in a line of no known shape, and the ways in which the same words mean nothing.

The law of this module: one line in, one answer out; no tool is named here unless its harmless lines look like failures.
"""

from __future__ import annotations

import re

from .shape import spellings

# What another tool put before a line: buildx steps, Compose services, workspaces' task runners, job and step of `gh run view`,
# clocks, `remote:`. Only what stands alone before a space, a bar or a tab, so that paths and messages stay whole.
_PREFIX = re.compile(
    r"(?:(?!FAIL|ok |---)[^\t]{1,100}+\t[^\t]{1,100}+\t"
    r"|#\d{1,4} (?:\d{1,5}\.\d{1,3} )?(?=\S)"
    r"|[a-z0-9][\w.@/-]{0,60} {1,20}\| "
    r"|(?:\[?\d{4}-\d\d-\d\d[T ])?\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?(?: [|-])? "
    r"|[@\w/-]{1,60}:[a-z][\w:.-]{1,40}: (?=\S)"
    r"|[\w@./-]{1,60} (?:test|build|lint|check|typecheck)(?::[\w:-]{1,30})?: "
    r"|\[(?:INFO|WARN|WARNING|DEBUG|TRACE)\] )++"
)

# Ways to say that all is well, or that an error is somebody's name, option or setting.
_HARMLESS = re.compile(
    r"\b(?:no|0|zero|without|any|ignore|ignoring|ignored|if|on|handles?|expected|allow) (?:\w{1,12} )?(?:errors?"
    r"|fail(?:s|ed|ures?)?|exceptions?|warnings?|problems?|issues?)\b"
    r"|\b(?:errors?|fail(?:ed|ures?|ing)?|errored|not ok)\b[\"']?\s{0,3}[:=]\s{0,20}[\"']?(?:0|false|no|none|null|ignore"
    r"|replace|strict|\[\])"
    r"(?=[\"']?\s{0,3}(?:$|[,;)\]}|]))"
    r"|(?<!\w)--?[\w-]{0,40}(?:error|fail)[\w-]{0,40}|\bset -e|\bfail[-_]fast\b|\bcontinue-on-error\b"
    r"|\b[\w-]{1,40}[-_](?:errors?|fail(?:ure|ed)?)\b(?=[:=])"
    r"|\b(?:xfail|XFAIL|xfailed|XFAILED)\b"
    r"|^[\w-]{1,60}: (?:error|fail|failure)$",
    re.IGNORECASE,
)

# Lines that say that one thing went well, whatever words its name has.
_PASSED = re.compile(
    r"^(?:(?:PASS(?:ED)?|OK|ok|SKIP(?:PED)?|XFAIL|XPASS|RUN|✓|✔|√|✅|↓|○|\[ {1,8}(?:OK|RUN) {0,8}\]|--- (?:PASS|SKIP)"
    r"|=== (?:RUN|PAUSE|CONT|NAME)|"
    r"\+ |Compiling|Downloading|Downloaded|Unpacking|Selecting|Preparing to unpack|Setting up|Installing|Fetching"
    r"|Collecting|Get:\d{1,6}|Hit:\d{1,6}|"
    r"Using cached|Requirement already|Adding|Checking|Passed|creating|copying|inflating|extracting|Created|Building"
    r"|Linking|Progress|Test #\d)(?=[\s:(\[]|$))"
    r"|\.\.\. ?(?:.\[\d{1,2}m)?(?:ok|passed|PASSED|Passed|skipped|Skipped|ignored|yes|done)\b|\b(?:PASSED|SKIPPED"
    r"|XFAIL|xfail)\b(?: {1,9}\[ ?\d{1,3}%\])?$"
)

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

_STRONG = re.compile(
    r"(?<![\w./$@-])(?:error|errors|errored|failed|failure|failures|fail|fails|failing|fatal|panic|panicked|exception"
    r"|traceback|aborted|aborting|abort|"
    r"crash|crashed|denied|refused|rejected|forbidden|timed out|timeout|killed|mismatch|unresolved|conflict|conflicts"
    r"|corrupt|corrupted|"
    r"stack overflow|deadlock|undefined|unhandled|uncaught|unsatisfied|violat\w{1,6}|critical|severe|unreachable"
    r"|broken)(?![\w/-]|\.\w|\()"
    r"|\b[A-Z]\w{0,80}(?:Error|Exception|Failure)\b(?!\.\w{2,5}\b)",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"(?<![\w./$@-])(?:cannot|can't|could not|couldn't|unable to|not found|no such|not exist|doesn't exist|unexpected"
    r"|invalid|missing|illegal|unsupported|incorrect|unknown|"
    r"not allowed|not permitted|not defined|must be|must not|should be|should not|expected|exceeded|too (?:many|large"
    r"|long|few)|required|incompatible|deprecated|"
    r"unrecognized|malformed|insufficient|exhausted|not installed|not available|unavailable|retry|retrying|give up"
    r"|giving up|gave up|skipping|warning|warn)(?![\w/-]|\.\w)",
    re.IGNORECASE,
)


def _spelled(words: str) -> frozenset[str]:
    return frozenset(spelling for word in words.split() for spelling in spellings(word))


# Lines without one of these need not be searched.
_STRONG_TOKENS = _spelled(
    "error errored failed failure fail failing fatal panic panicked exception traceback aborted aborting abort crash crashed "
    "denied "
    "refused rejected forbidden timed timeout killed mismatch unresolved conflict corrupt corrupted overflow deadlock undefined "
    "unhandled uncaught unsatisfied violate violated violating violation critical severe unreachable broken"
)
_WEAK_TOKENS = _spelled(
    "cannot can couldn could unable found such exist unexpected invalid missing illegal unsupported incorrect unknown allowed "
    "permitted "
    "defined must should expected exceeded too required incompatible deprecated unrecognized malformed insufficient exhausted "
    "installed "
    "available unavailable retry retrying give giving gave skipping warning warn"
)


def body_of(line: str) -> str:
    """Return the line without what another tool put before it, stripped of space."""
    match = _PREFIX.match(line)
    return (line[match.end() :] if match else line).strip()


def has_passed(line: str) -> bool:
    """Tell whether the line says that something went well."""
    return _PASSED.search(line) is not None


def is_name(line: str) -> bool:
    """Tell whether the line is but the name of a file, or of a test that runs or went well."""
    return _ONLY_A_NAME.match(line) is not None


def is_code(line: str) -> bool:
    """Tell whether the line is program text, such as a traceback shows: its words are nobody's message."""
    return _CODE.match(line) is not None


def strength(line: str, tokens: set[str]) -> int:
    """Return 2 for words that say failure, 1 for words that may, 0 for none."""
    if not tokens.isdisjoint(_STRONG_TOKENS) and _STRONG.search(line):
        return 2 if _STRONG.search(_HARMLESS.sub(" ", line)) else 0
    if not tokens.isdisjoint(_WEAK_TOKENS) and _WEAK.search(line):
        return 1 if _WEAK.search(_HARMLESS.sub(" ", line)) else 0
    return 0
