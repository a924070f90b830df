"""What tools on issues and on merge requests share: changing one, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from duo_flows.domain.forge_writer import Item, ItemChanges, ItemSeen, NewComment

from .calls import ToolCallContext, ToolOutput
from .writing import began


async def update_item(call: ToolCallContext, item: Item, changes: ItemChanges) -> Item:
    """Return the item with the changes; a text that somebody has changed since the first try is not overwritten."""

    async def look() -> tuple[str, Mapping[str, Any]]:
        return f"{item.target.short} is about to be changed.", ItemSeen.of(item).model_dump()

    seen = ItemSeen.model_validate((await began(call, look)).data)
    return await call.deps.writer.update_item(item, changes, seen=seen)


def item_output(item: Item, *, told: str = "") -> ToolOutput:
    """Return what is told of an item that was written."""
    value = item.model_dump(mode="json", exclude={"target", "description", "author_id"}) | {"iid": item.target.iid}
    return ToolOutput(value, told=told or f"{item.target.short} is {item.state}: {item.title}")


def changed_output(item: Item, changes: ItemChanges) -> ToolOutput:
    """Return what is told of an item that was changed."""
    return item_output(item, told=f"changed {item.target.short} ({_fields_of(changes)}): {item.title}")


def _fields_of(changes: ItemChanges) -> str:
    """Return what is changed, in words; what is None or empty stays as it is."""
    given = changes.model_dump(exclude_none=True)
    return ", ".join(name.replace("_", " ") for name, value in given.items() if value not in ((), [], "")) or "nothing"


async def write_comment(call: ToolCallContext, new: NewComment) -> ToolOutput:
    """Write a comment, and return what is told of it."""
    note = await call.deps.writer.write_comment(new)
    page = f"{call.deps.gitlab_url.rstrip('/')}/{call.scope.project_path}/-/{new.target.kind}/{new.target.iid}"
    value = {"note_id": note.id, "discussion_id": note.discussion_id, "url": f"{page}#note_{note.id}"}
    return ToolOutput(value, told=f"comment {note.id} on {new.target.kind.words} {new.target.short}")
