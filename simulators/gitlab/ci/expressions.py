"""The expression language of `rules:if`: reads one expression and answers whether it holds.

Grammar: comparisons (`==`, `!=`, `=~`, `!~`) of variables, strings, patterns and `null`, joined by `&&` (binds tighter) and `||`,
with parentheses. Nothing here knows what a job is.

Source: https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<variable>\$(?:\w+|\{\w+\}))
    | (?P<string>"[^"]*"|'[^']*')
    | (?P<pattern>/(?:\\.|[^/\\])+/[ismU]*)
    | (?P<null>null\b)
    | (?P<operator>==|!=|=~|!~|&&|\|\||\(|\))
    )""",
    re.VERBOSE,
)
_FLAGS = {"i": re.IGNORECASE, "s": re.DOTALL, "m": re.MULTILINE}


class ExpressionError(ValueError):
    """The text is no expression; GitLab says `invalid expression syntax`."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def evaluate(expression: str, *, variables: Mapping[str, str]) -> bool:
    """Tell whether the expression holds for these variables; one that is not set is `null`.

    Raises:
        ExpressionError: the text cannot be read, or a pattern is no regular expression.
    """
    parser = _Parser(_tokens(expression), variables=variables)
    value = parser.any_of()
    parser.expect_end()
    return _is_true(value)


def _tokens(expression: str) -> list[_Token]:
    tokens: list[_Token] = []
    position, text = 0, expression.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"invalid expression syntax near {text[position:][:30]!r}")
        tokens.append(_Token(match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    return tokens


def _is_true(value: object) -> bool:
    return value if isinstance(value, bool) else bool(value)


class _Parser:
    """Recursive descent over the tokens: `any_of` -> `all_of` -> `comparison` -> `operand`, evaluating as it reads."""

    def __init__(self, tokens: list[_Token], *, variables: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._position = 0
        self._variables = variables

    def any_of(self) -> object:
        value = self.all_of()
        while self._accept("||"):
            right = self.all_of()
            value = _is_true(value) or _is_true(right)
        return value

    def all_of(self) -> object:
        value = self._comparison()
        while self._accept("&&"):
            right = self._comparison()
            value = _is_true(value) and _is_true(right)
        return value

    def expect_end(self) -> None:
        if self._position != len(self._tokens):
            raise ExpressionError("invalid expression syntax")

    def _comparison(self) -> object:
        left = self._operand()
        for operator, compare in _COMPARISONS.items():
            if self._accept(operator):
                return compare(left, self._operand())
        return left

    def _operand(self) -> object:
        if self._accept("("):
            value = self.any_of()
            if not self._accept(")"):
                raise ExpressionError("invalid expression syntax: a parenthesis is not closed")
            return value
        return self._value(self._next())

    def _value(self, token: _Token) -> object:
        if token.kind == "variable":
            return self._variables.get(token.text.strip("${}"))
        if token.kind == "string":
            return token.text[1:-1]
        if token.kind == "pattern":
            return _pattern(token.text)
        if token.kind == "null":
            return None
        raise ExpressionError(f"invalid expression syntax: {token.text!r} stands where a value belongs")

    def _next(self) -> _Token:
        if self._position == len(self._tokens):
            raise ExpressionError("invalid expression syntax: it ends too early")
        self._position += 1
        return self._tokens[self._position - 1]

    def _accept(self, operator: str) -> bool:
        here = self._tokens[self._position : self._position + 1]
        if here != [_Token("operator", operator)]:
            return False
        self._position += 1
        return True


def _pattern(text: str) -> re.Pattern[str]:
    body, _, flags = text[1:].rpartition("/")
    try:
        return re.compile(body.replace("\\/", "/"), sum((_FLAGS[flag] for flag in flags if flag in _FLAGS), re.RegexFlag(0)))
    except re.error as error:
        raise ExpressionError(f"invalid expression syntax: {text} is no regular expression ({error})") from error


def _matches(left: object, right: object) -> bool:
    """`=~`: a pattern on the right, or a variable whose value is written as one; `null` never matches."""
    if isinstance(right, str) and right.startswith("/"):
        right = _pattern(right)
    if not isinstance(right, re.Pattern):
        return False
    return isinstance(left, str) and right.search(left) is not None


_COMPARISONS: dict[str, Callable[[object, object], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "=~": _matches,
    "!~": lambda left, right: not _matches(left, right),
}
