"""What the lists and updates of issues and merge requests have in common.

The law of this module: parameters of a call applied to items; it renders nothing and sends nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from simulators.gitlab import noteables
from simulators.gitlab.errors import bad_parameter
from simulators.gitlab.shapes.noteables import item_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulators.gitlab.calls import Call
    from simulators.gitlab.model import Issue, MergeRequest, Project

Item = TypeVar("Item", "Issue", "MergeRequest")

ORDERS = ("created_at", "updated_at", "title")


def filtered(call: Call, items: Iterable[Item]) -> list[Item]:
    """The items that pass every filter of the call."""
    tests = [test for test in (_state(call), _labels(call), _numbers(call), _people(call), _words(call), *_times(call)) if test]
    return [item for item in items if all(test(item) for test in tests)]


def sorted_by(call: Call, items: list[Item]) -> list[Item]:
    """In the order the call asks for; newest first where it asks for none."""
    order = call.text("order_by") or "created_at"
    if order not in ORDERS:
        raise bad_parameter("order_by does not have a valid value")
    return sorted(items, key=lambda item: (getattr(item, order), item.id), reverse=call.text("sort") != "asc")


def keep_common(call: Call, project: Project, item: Issue | MergeRequest) -> None:
    """Apply title, description, labels and lock of an update, with system notes and mentions."""
    me, simulator = call.me, call.simulator
    title, description = call.text("title"), call.text("description")
    if title is not None and title != item.title:
        noteables.system_note(simulator, item, me, f"changed title from **{item.title}** to **{title}**")
        item.title = title
    if description is not None and description != item.description:
        item.description = description
        noteables.system_note(simulator, item, me, "changed the description")
        noteables.mention(simulator, project, item, me, description, url=item_url(simulator, project, item))
    wanted = _wanted_labels(call, item)
    if wanted is not None:
        noteables.set_labels(simulator, project, item, me, wanted)
    if (locked := call.flag("discussion_locked")) is not None:
        item.discussion_locked = locked


def _wanted_labels(call: Call, item: Issue | MergeRequest) -> list[str] | None:
    names, added, removed = call.words("labels"), call.words("add_labels"), call.words("remove_labels")
    if names is None and added is None and removed is None:
        return None
    kept = [name for name in (item.labels if names is None else names) if name not in (removed or [])]
    return [*kept, *(added or [])]


def person_named(call: Call, role: str) -> int | None:
    """The user a filter names by number or username; -1, who nobody is, for an unknown name."""
    names = call.words(f"{role}_username")
    if not names:
        return call.number(f"{role}_id")
    user = call.state.user_by_username(names[0])
    return user.id if user else -1


def _state(call: Call) -> Callable[[Issue | MergeRequest], bool] | None:
    state = call.text("state")
    return None if state in {None, "all"} else lambda item: item.state == state


def _labels(call: Call) -> Callable[[Issue | MergeRequest], bool] | None:
    wanted = call.words("labels")
    if not wanted:
        return None
    if wanted in (["None"], ["Any"]):
        return lambda item: bool(item.labels) == (wanted == ["Any"])
    return lambda item: set(wanted) <= set(item.labels)


def _numbers(call: Call) -> Callable[[Issue | MergeRequest], bool] | None:
    wanted = call.numbers("iids")
    return None if wanted is None else lambda item: item.iid in wanted


def _people(call: Call) -> Callable[[Issue | MergeRequest], bool] | None:
    author, assignee = person_named(call, "author"), person_named(call, "assignee")
    if author is None and assignee is None:
        return None
    return lambda item: author in {None, item.author_id} and (assignee is None or assignee in item.assignee_ids)


def _words(call: Call) -> Callable[[Issue | MergeRequest], bool] | None:
    words = (call.text("search") or "").lower()
    fields = (call.text("in") or "title,description").split(",")
    return (lambda item: any(words in getattr(item, field, "").lower() for field in fields)) if words else None


def _times(call: Call) -> list[Callable[[Issue | MergeRequest], bool]]:
    return [
        test
        for field in ("created", "updated")
        for side, sign in (("after", 1), ("before", -1))
        if (test := _time(call, field, side, sign)) is not None
    ]


def _time(call: Call, field: str, side: str, sign: int) -> Callable[[Issue | MergeRequest], bool] | None:
    text = call.text(f"{field}_{side}")
    if not text:
        return None
    try:
        bound = datetime.fromisoformat(text)
    except ValueError:
        raise bad_parameter(f"{field}_{side} is invalid") from None
    aware = bound if bound.tzinfo else bound.replace(tzinfo=UTC)
    return lambda item: (getattr(item, f"{field}_at") - aware).total_seconds() * sign >= 0
