"""A flow file in a line, for lists."""

from __future__ import annotations

from duo_flows.domain.flow_outline import FlowOutline

from .loader import check_flow
from .positions import LINE_ENDS

# A comment of many lines is an essay; its beginning says what the flow does.
_COMMENT_MAX_LENGTH = 300


def outline_of(text: str, *, is_custom: bool) -> FlowOutline:
    """Return what a list says of a flow file.

    A custom flow has no description, so its first comment stands for one, up to the first line that is none.
    """
    checked = check_flow(text, is_custom=is_custom)
    if checked.definition is None:
        return FlowOutline(description=_first_comment(text), error=checked.errors[0].sentence())
    description = checked.definition.description or _first_comment(text)
    return FlowOutline(description=description, component_count=len(checked.definition.components))


def _first_comment(text: str) -> str:
    words: list[str] = []
    for line in LINE_ENDS.split(text[: 4 * _COMMENT_MAX_LENGTH].lstrip("\ufeff")):
        if not line.startswith("#"):
            break
        said = line.lstrip("# ").strip()
        # What an editor reads, such as `yaml-language-server: $schema=...`.
        words += [] if "$schema=" in said else [said]
    return " ".join(words).strip()[:_COMMENT_MAX_LENGTH]
