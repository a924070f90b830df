"""The description of a Group Approval item in GitLab: what a revision says, in zones that people can edit around.

The law of this module: pure. What is written here is read back the same. What a person changed outside of the zones that can be
edited is handed back word for word, so that it can be answered and is not lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from duo_flows.domain.model import Model

from .effects import project_lines, sentence
from .identity import plan_from_markdown
from .marks import quote_commands, unquote_command
from .rendering import to_markdown
from .revisions import RevisionContent, checked_checklist, checked_impact, checked_summary

# In the order in which they stand. The plan is last: headings in it cannot be taken for those of zones before it.
_TITLES = {"impact": "Impact", "summary": "Summary", "effects": "Effects", "checklist": "Checklist", "plan": "Plan"}
_ZONE = re.compile(r"<!-- zone:([a-z]+) -->[ \t]*$")
_END = "<!-- zone:end -->"
_BOX = re.compile(r"\s*[-*+][ \t]+\[([ xX~])\][ \t]+(.*)")
_BULLET = re.compile(r"\s*[-*+][ \t]+(.*)")


class ReadItem(Model):
    """What a description says.

    Attributes:
        content: the revision that it makes; equal to the base where nothing was edited.
        ticked: texts of the checklist whose box is ticked. A tick is no edit.
        foreign: passages that a person wrote where nothing can be edited, as they are written.
    """

    content: RevisionContent
    ticked: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


def item_description(content: RevisionContent, *, ticked: tuple[str, ...] = ()) -> str:
    """Return the Markdown of an item, up to and with the mark of its end.

    Args:
        content: the revision.
        ticked: texts of the checklist whose box is ticked.
    """
    bodies = {
        "impact": quote_commands(content.impact),
        "summary": _unzoned(content.summary),
        "effects": _effects(content),
        "checklist": "\n".join(f"- [{'x' if text in ticked else ' '}] {text}" for text in content.checklist),
        "plan": _unzoned(to_markdown(content.plan.elements).strip()),
    }
    zones = [f"## {title} <!-- zone:{name} -->\n\n{bodies[name]}".rstrip() for name, title in _TITLES.items()]
    return "\n\n".join([*zones, _END]) + "\n"


def _effects(content: RevisionContent) -> str:
    return "\n".join([sentence(content.effects), *([""] if content.effects else []), *_effect_items(content)]).rstrip()


def _effect_items(content: RevisionContent) -> Iterator[str]:
    if content.effects is not None:
        yield from (f"- {line}" for line in project_lines(content.effects))


def _unzoned(text: str) -> str:
    """Return a text in which no mark of a zone stands, not even as code; it is read back as it was by `_zoned`."""
    return re.sub(r"<(\\*)!-- zone:", r"<\1\\!-- zone:", text)


def _zoned(text: str) -> str:
    return re.sub(r"<\\(\\*)!-- zone:", r"<\1!-- zone:", text)


def read_description(text: str, base: RevisionContent) -> ReadItem:
    """Return what an edited description says; a zone that is missing says what the base says.

    Raises:
        Refused: a text is empty or too long.
    """
    zones, outside = _zones(text)
    updates: dict[str, object] = {}
    ticked: tuple[str, ...] = ()
    foreign = [outside] if outside else []
    if "impact" in zones:
        updates["impact"] = _read_impact(zones["impact"], base)
    if "summary" in zones:
        updates["summary"] = checked_summary(_zoned(zones["summary"]))
    if "checklist" in zones:
        texts, ticked, strange = _read_checklist(zones["checklist"])
        updates["checklist"] = checked_checklist(texts)
        foreign += strange
    if "plan" in zones:
        updates["plan"] = plan_from_markdown(_zoned(zones["plan"]), base.plan)
    if "effects" in zones:
        foreign += _foreign_effects(zones["effects"], base)
    return ReadItem(content=base.model_copy(update=updates), ticked=ticked, foreign=tuple(foreign))


def _zones(text: str) -> tuple[dict[str, str], str]:
    """Return the texts of the zones that are there, and what stands before the first one and behind the end."""
    lines, zones, outside = text.replace("\r\n", "\n").split("\n"), dict[str, list[str]](), list[str]()
    names = list(_TITLES)
    # A heading counts by its title only where its mark is nowhere.
    unmarked = {name for name in names if f"<!-- zone:{name} -->" not in text}
    current = outside
    for line in lines:
        found = _ZONE.search(line)
        name = found[1] if found else _by_title(line, names, unmarked)
        if line.strip() == _END:
            current = outside
        elif name in names and name not in zones:
            current = zones.setdefault(name, [])
            names = names[names.index(name) :]
            heading = _ZONE.sub("", line).strip()
            outside += [heading] if heading not in {f"## {_TITLES[name]}", ""} else []
        else:
            current.append(line)
    return {name: "\n".join(body).strip("\n") for name, body in zones.items()}, "\n".join(outside).strip()


def _by_title(line: str, names: list[str], unmarked: set[str]) -> str:
    """Return the zone whose heading lost its mark; behind the plan's there is none."""
    return next((name for name in names if name in unmarked and line.strip() == f"## {_TITLES[name]}"), "")


def _read_impact(zone: str, base: RevisionContent) -> str:
    line = " ".join(unquote_command(line) for line in zone.split("\n"))
    if not line.strip() and not base.impact:
        return ""
    return checked_impact(line)


def _read_checklist(zone: str) -> tuple[tuple[str, ...], tuple[str, ...], list[str]]:
    texts: list[str] = []
    ticked: list[str] = []
    strange: list[str] = []
    for line in filter(str.strip, zone.split("\n")):
        box, bullet = _BOX.fullmatch(line), _BULLET.fullmatch(line)
        if not box and not bullet:
            strange.append(line)
            continue
        text = box[2] if box else bullet[1] if bullet else ""
        texts.append(text)
        ticked += [text] if box and box[1] in "xX" else []
    return tuple(texts), tuple(ticked), strange


def _foreign_effects(zone: str, base: RevisionContent) -> list[str]:
    own = {line.strip() for line in _effects(base).split("\n")}
    return [line for line in zone.split("\n") if line.strip() and line.strip() not in own]
