"""Whether a job belongs to a pipeline: `rules`, and the older `only` and `except`. Decides, reads no files, knows no scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulators.gitlab.ci.expressions import ExpressionError, evaluate
from simulators.gitlab.ci.keywords import ONLY_KEYS, RULE_KEYS, check_keys
from simulators.gitlab.ci.model import CiConfigError
from simulators.gitlab.ci.variables import read_variables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WHEN_WORDS = ("on_success", "on_failure", "always", "manual", "never")


@dataclass(frozen=True)
class Occasion:
    """Why and where a pipeline is being made; `variables` are those that conditions can see."""

    ref: str
    source: str
    is_merge_request: bool
    is_tag: bool
    changes: Sequence[str]
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Verdict:
    """What the rules say. None means that the rules leave it to the job's own key."""

    is_included: bool
    when: str | None = None
    allow_failure: bool | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    needs: Any = None


def apply_rules(rules: Any, *, occasion: Occasion, where: str) -> Verdict:
    """The first rule that matches decides; without a match the job stays out.

    Raises:
        CiConfigError: a rule has an unknown key, an unreadable expression or an unknown `when`.
    """
    for rule in _flat_rules(rules, where=where):
        check_keys(rule, allowed=RULE_KEYS, where=f"{where}:rules:rule")
        if _rule_matches(rule, occasion=occasion, where=where):
            return _verdict(rule, where=where)
    return Verdict(is_included=False)


def _flat_rules(rules: Any, *, where: str) -> list[dict[str, Any]]:
    """Rules may be nested by `!reference`."""
    if not isinstance(rules, list):
        raise CiConfigError(f"{where}:rules config should be an array of hashes")
    flat: list[dict[str, Any]] = []
    for rule in rules:
        flat += _flat_rules(rule, where=where) if isinstance(rule, list) else [rule]
    if not all(isinstance(rule, dict) for rule in flat):
        raise CiConfigError(f"{where}:rules config should be an array of hashes")
    return flat


def _rule_matches(rule: dict[str, Any], *, occasion: Occasion, where: str) -> bool:
    if "if" in rule and not _holds(rule["if"], occasion=occasion, where=f"{where}:rules:rule if"):
        return False
    return "changes" not in rule or is_any_changed(rule["changes"], occasion=occasion, where=f"{where}:rules:rule changes")


def _holds(expression: Any, *, occasion: Occasion, where: str) -> bool:
    try:
        return evaluate(str(expression), variables=occasion.variables)
    except ExpressionError as error:
        raise CiConfigError(f"{where} {error}: {expression}") from error


def _verdict(rule: dict[str, Any], *, where: str) -> Verdict:
    when = rule.get("when")
    if when is not None and when not in WHEN_WORDS:
        raise CiConfigError(f"{where}:rules:rule when should be one of: {', '.join(WHEN_WORDS)}")
    return Verdict(
        is_included=when != "never",
        when=when,
        allow_failure=rule.get("allow_failure"),
        variables=read_variables(rule.get("variables"), where=f"{where}:rules:rule:variables"),
        needs=rule.get("needs"),
    )


def is_any_changed(patterns: Any, *, occasion: Occasion, where: str) -> bool:
    """Tell whether a changed path matches one of the globs (`changes: [...]` or `changes: {paths: [...]}`)."""
    if isinstance(patterns, dict):
        patterns = patterns.get("paths", [])
    if not isinstance(patterns, list):
        raise CiConfigError(f"{where} should be an array of strings")
    globs = [_glob(str(pattern)) for pattern in patterns]
    return any(glob.fullmatch(path) for glob in globs for path in occasion.changes)


def _glob(pattern: str) -> re.Pattern[str]:
    """A path pattern as GitLab reads it: `*` stays in a folder, `**/` crosses them, `{a,b}` chooses."""
    pieces = re.split(r"(\*\*/|\*\*|\*|\?|\{[^{}]*\})", pattern)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(piece) or _choice(piece) for piece in pieces))


def _choice(piece: str) -> str:
    if piece.startswith("{") and piece.endswith("}"):
        return "(?:" + "|".join(re.escape(item) for item in piece[1:-1].split(",")) + ")"
    return re.escape(piece)


def apply_only_except(job: dict[str, Any], *, occasion: Occasion, where: str) -> Verdict:
    """The older keys: without `only`, a job runs for branches and tags and not for merge requests.

    Raises:
        CiConfigError: an unknown key, or an unreadable expression.
    """
    only = job.get("only", {"refs": ["branches", "tags"]})
    if isinstance(only, dict) and "refs" not in only:
        only = {"refs": ["branches", "tags"], **only}
    included = all(_only_parts(only, occasion=occasion, where=f"{where}:only"))
    excluded = any(_only_parts(job.get("except", {}), occasion=occasion, where=f"{where}:except"))
    return Verdict(is_included=included and not excluded)


def _only_parts(condition: Any, *, occasion: Occasion, where: str) -> list[bool]:
    """One answer for each of refs, variables, changes that is there: `only` wants all of them, `except` any."""
    if isinstance(condition, str | list):
        condition = {"refs": condition}
    check_keys(condition, allowed=ONLY_KEYS, where=where)
    parts: list[bool] = []
    if "refs" in condition:
        parts.append(any(_ref_matches(str(ref), occasion) for ref in _listed(condition["refs"])))
    if "variables" in condition:
        expressions = _listed(condition["variables"])
        parts.append(any(_holds(item, occasion=occasion, where=f"{where}:variables") for item in expressions))
    if "changes" in condition:
        parts.append(is_any_changed(condition["changes"], occasion=occasion, where=f"{where}:changes"))
    return parts


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_SOURCES = {
    "pushes": "push",
    "web": "web",
    "api": "api",
    "schedules": "schedule",
    "triggers": "trigger",
    "pipelines": "pipeline",
    "external": "external",
    "chat": "chat",
}


def _ref_matches(word: str, occasion: Occasion) -> bool:
    if word == "branches":
        return not occasion.is_tag and not occasion.is_merge_request
    if word == "tags":
        return occasion.is_tag
    if word == "merge_requests":
        return occasion.is_merge_request
    if word in _SOURCES:
        return occasion.source == _SOURCES[word]
    if word.startswith("/"):
        body, _, flags = word[1:].rpartition("/")
        return re.search(body, occasion.ref, re.IGNORECASE if "i" in flags else 0) is not None
    return word == occasion.ref and not occasion.is_merge_request
