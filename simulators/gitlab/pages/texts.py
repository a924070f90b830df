"""Untrusted text to safe HTML: Markdown, and traces with terminal colours.

The law of this module: everything that comes in was written by others; only tags made here come out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SECTION = re.compile(r"section_(?:start|end):\d+:[^\r\n]*\r")
_COLOUR = re.compile(r"\x1b\[([0-9;]*)m")
# An escape that begins a colour must stay: without it the rest of the code would be shown as text.
_OTHER_CODE = re.compile(r"\x1b\[[0-9;?]*[A-Za-ln-z]|\x1b(?!\[[0-9;]*m)[^\[]?")
_NAMES = {30: "black", 31: "red", 32: "green", 33: "yellow", 34: "blue", 35: "magenta", 36: "cyan", 37: "white"}


def _without_comments(_: RendererHTML, tokens: Sequence[Token], index: int, *_rest: Any) -> str:
    """HTML in Markdown: comments are hidden as GitLab hides them, everything else is shown as it was written."""
    return str(escape(_COMMENT.sub("", tokens[index].content)))


# HTML is told apart only to be escaped: with it off, a comment would be shown instead of hidden.
_markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_markdown.add_render_rule("html_block", _without_comments)
_markdown.add_render_rule("html_inline", _without_comments)


def markdown(text: str) -> Markup:
    """A description or comment as HTML; links with dangerous schemes stay text."""
    return Markup(_markdown.render(text))  # noqa: S704 - made of escaped text and this renderer's own tags


def trace(raw: bytes) -> Markup:
    """A job's trace: colours as spans, section marks and cursor codes left out."""
    text = _OTHER_CODE.sub("", _SECTION.sub("", raw.decode(errors="replace"))).replace("\r\n", "\n")
    parts = _COLOUR.split(text)
    html = escape(parts[0])
    for codes, piece in zip(parts[1::2], parts[2::2], strict=True):
        style = _style(codes)
        html += Markup('<span class="{}">{}</span>').format(style, piece) if style else escape(piece)
    return html


def _style(codes: str) -> str:
    numbers = [int(code) for code in codes.split(";") if code]
    names = [f"ansi-{_NAMES[number]}" for number in numbers if number in _NAMES]
    return " ".join([*names, *(["ansi-bold"] if 1 in numbers else [])])
