"""What the YAML parser says, in the author's words: what stands there, and what to write."""

from __future__ import annotations

# By what libyaml's message contains. Source: the messages of its scanner, parser and composer.
_WORDS: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a `:` where no value can begin",
        "a text with `: ` in quotes, or the line indented as the one above",
    ),
    (
        "did not find expected key",
        "a line that is no key of the mapping it stands in",
        "keys of one mapping at the same indentation",
    ),
    (
        "did not find expected '-' indicator",
        "a line that is no entry of the list it stands in",
        "entries of one list, each with `- `",
    ),
    ("did not find expected ',' or ']'", "a list in [ ] that is not closed here", "`,` and the next value, or `]`"),
    ("did not find expected ',' or '}'", "a mapping in { } that is not closed here", "`,` and the next key, or `}`"),
    ("could not find expected ':'", "a line without `:`", "`key: value`"),
    (
        "found undefined alias",
        "an alias to something that has no anchor before it",
        "`*name` after `&name`, or the value in quotes",
    ),
    ("second occurrence", "an anchor for the second time", "each `&name` once"),
    ("found unexpected end of stream", "a quoted text that is not closed", "the closing quote"),
    ("unexpected document indicator", "`---` or `...` inside a quoted text", "the closing quote before it"),
    ("document start", "a value after the end of the document", "one flow in a file"),
    ("another document", "a second document", "one flow in a file, so no second `---`"),
    ("control characters are not allowed", "a control character", "text without control characters"),
    ("unknown escape character", "a backslash that YAML does not know", "`\\\\` for a backslash, or single quotes"),
    ("block sequence entries are not allowed", "a `-` where no list can begin", "the list on the lines below its key"),
    ("did not find expected whitespace", "something that follows without a space", "a space in between"),
    ("did not find the expected", "an unfinished mark of YAML", "the value in quotes"),
    ("tag handle", "a tag that nothing declares", "plain values without tags"),
    ("tag", "a tag that cannot be read", "plain values without tags"),
    ("anchor", "an anchor without a name", "`&name`, or the value in quotes"),
    ("alias", "an alias without a name", "`*name`, or the value in quotes"),
    ("directive", "a line that begins with %", "no YAML directives, or the value in quotes"),
)
_UNKNOWN = ("what YAML does not take here", "YAML")


def in_words(problem: str, *, at: str) -> tuple[str, str]:
    """Return what was found and what is allowed.

    Args:
        problem: the parser's message.
        at: the rest of the line from where it says so.
    """
    if at.startswith("\t"):
        return "a tab", "spaces: YAML indents with spaces alone"
    if "cannot start any token" in problem:
        return f"the character {at[:1]} at the start of a value", "the value in quotes"
    return next(((found, allowed) for words, found, allowed in _WORDS if words in problem), _UNKNOWN)
