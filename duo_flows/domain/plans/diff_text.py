"""A difference as people read it: lines for a terminal, Markdown for a GitLab comment.

The law of this module: it shows and computes nothing. Wider effects come first. In Markdown whatever the revisions say is escaped:
a text can neither call somebody nor look like a mark of the difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from .diff import Change, ElementDiff, RevisionDiff, TextDiff
from .effect_changes import EffectChange
from .elements import Element, ElementKind
from .words import SpanKind

# More lines than these are not read in a comment; the whole is on the item.
_LINES_MAX = 100
# Of what stayed the same this much is shown on either side of a change, and of what came or went this much in all.
_CONTEXT = 80
_SHOWN_MAX = 400

_SIGNS = {Change.ADDED: "+", Change.REMOVED: "-", Change.CHANGED: "~", Change.MOVED: ">"}
_KIND_WORDS = {
    ElementKind.HEADING: "heading",
    ElementKind.PARAGRAPH: "paragraph",
    ElementKind.ITEM: "list item",
    ElementKind.CODE: "code block",
    ElementKind.ROW: "table row",
}
_ESCAPED = re.compile(r"[\\`*_{}\[\]<>#@!|~$&^%]")
# GitLab draws `{+ +}` and its like as a difference, also where the signs are escaped. Source: GitLab docs, user/markdown.
_INLINE_DIFF = re.compile(r"(?<=[\[{])(?=[+-])|(?<=[+-])(?=[\]}])")

Show = Callable[[SpanKind, str], str]


def diff_lines(difference: RevisionDiff) -> tuple[str, ...]:
    """Return a difference as lines of plain text; removed words stand in `[-…-]`, added ones in `{+…+}`."""
    return tuple(_lines(difference, _plain)) or ("Nothing changed.",)


def diff_markdown(difference: RevisionDiff) -> str:
    """Return a difference as a Markdown list for a GitLab comment; long ones are cut and say so."""
    lines = [f"- {line}" for line in _lines(difference, _marked)] or ["Nothing changed."]
    more = len(lines) - _LINES_MAX
    return "\n".join([*lines[:_LINES_MAX], *([f"- … and {more} more changes."] if more > 0 else [])])


def _plain(kind: SpanKind, text: str) -> str:
    text = text.replace("\n", " ⏎ ")
    return {SpanKind.SAME: text, SpanKind.REMOVED: f"[-{text}-]", SpanKind.ADDED: f"{{+{text}+}}"}[kind]


def _marked(kind: SpanKind, text: str) -> str:
    apart = _INLINE_DIFF.sub(" ", text.replace("\n", " ⏎ "))
    safe = _ESCAPED.sub(lambda sign: f"\\{sign[0]}", apart)
    return {SpanKind.SAME: safe, SpanKind.REMOVED: f"<del>{safe}</del>", SpanKind.ADDED: f"<ins>{safe}</ins>"}[kind]


def _lines(difference: RevisionDiff, show: Show) -> Iterator[str]:
    yield from (_effect_line(change, show) for change in difference.effects)
    if difference.is_policy_changed:
        yield "The approval policy changed: other rules decide now."
    yield from (f"{text.name.capitalize()}: {_words(text, show)}" for text in difference.texts)
    yield from (f"Checklist, {_element_line(one, show)}" for one in difference.checklist)
    yield from (_element_line(one, show) for one in difference.elements)


def _effect_line(change: EffectChange, show: Show) -> str:
    return f"{'WIDER EFFECTS' if change.is_wider else 'Narrower effects'}: {show(SpanKind.SAME, change.text)}"


def _element_line(one: ElementDiff, show: Show) -> str:
    where = f" in “{show(SpanKind.SAME, _cut(one.section))}”" if one.section else ""
    moved = " and moved" if one.is_moved and one.change is Change.CHANGED else ""
    sign = _SIGNS[one.change]
    head = f"{show(SpanKind.SAME, sign)} {one.change}{moved} {_KIND_WORDS[one.element.kind]}{where}"
    return f"{head}: {_body(one, show)}"


def _body(one: ElementDiff, show: Show) -> str:
    if one.change is Change.CHANGED:
        return _words(one, show) + "".join(f" ({note})" for note in _form_changes(one.before, one.after))
    kind = {Change.ADDED: SpanKind.ADDED, Change.REMOVED: SpanKind.REMOVED}.get(one.change, SpanKind.SAME)
    return show(kind, _cut(one.element.text))


def _words(one: ElementDiff | TextDiff, show: Show) -> str:
    return "".join(show(kind, _near(kind, text, at, len(one.words))) for at, (kind, text) in enumerate(one.words))


def _near(kind: SpanKind, text: str, at: int, count: int) -> str:
    """Return of a span what is needed to read the change beside it."""
    if kind is not SpanKind.SAME or count == 1:
        return _cut(text)
    if len(text) <= _CONTEXT:
        return text
    # Whole words, as far as there are any.
    before = text[:_CONTEXT].rpartition(" ")[0] if at else ""
    after = text[-_CONTEXT:].partition(" ")[2] if at < count - 1 else ""
    return f"{before}…{after}" if len(before) + len(after) < len(text) else text


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}… ({len(text):,} characters)"


def _form_changes(before: Element | None, after: Element | None) -> Iterable[str]:
    """Yield what changed of an element besides its text."""
    if before is None or after is None:
        return
    if before.kind is not after.kind:
        yield f"was a {_KIND_WORDS[before.kind]}"
    if before.is_ticked != after.is_ticked:
        yield {None: "box removed", True: "ticked", False: "not ticked"}[after.is_ticked]
    if (before.level, before.depth) != (after.level, after.depth):
        yield "other level"
    if (before.is_ordered, before.number) != (after.is_ordered, after.number):
        yield "numbered otherwise"
    if before.language != after.language:
        yield f"language {after.language or 'none'}"


def summary_line(difference: RevisionDiff) -> str:
    """Return a difference in one sentence without any of its contents, for logs and notices."""
    counts = ", ".join(f"{count} {change}" for change, count in difference.counts().items() if count)
    parts = [f"elements: {counts}"] if counts else []
    parts += [", ".join(text.name for text in difference.texts)] if difference.texts else []
    parts += ["checklist"] if difference.checklist else []
    parts += ["effects wider" if difference.is_wider else "effects narrower"] if difference.effects else []
    parts += ["approval policy"] if difference.is_policy_changed else []
    return f"Changed: {'; '.join(parts)}." if parts else "Nothing changed."
