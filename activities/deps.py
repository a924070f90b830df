"""What the activities are handed: the ports, and the operator's choices. Built by the worker, faked by nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from duo_flows.domain.flow_context import StoredValue, is_stored, stored
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.forge_reader import ForgeReader
from duo_flows.domain.forge_writer import ForgeWriter
from duo_flows.domain.people import Person
from duo_flows.domain.ports import ContentStore, FlowFiles, Forge, Inbox, Planner, Repository, SessionStore

from .contracts import Limits

# A value up to this size travels in the history; a larger one goes by reference (F9). Small enough for thousands of steps.
INLINE_BYTES = 4_096


@dataclass(frozen=True, kw_only=True)
class Deps:
    """The outside, by role, and what the operator has set."""

    forge: Forge
    reader: ForgeReader
    writer: ForgeWriter
    repository: Repository
    planner: Planner
    sessions: SessionStore
    inbox: Inbox
    contents: ContentStore
    flow_files: FlowFiles
    account: Person
    limits: Limits
    privileges: tuple[str, ...]
    model: str
    max_tokens: int
    signing_key: bytes
    allow_unsigned: bool
    public_url: str
    gitlab_url: str

    def session_url(self, session_id: str) -> str:
        """Return where a session can be looked at."""
        return f"{self.public_url.rstrip('/')}/api/v1/sessions/{session_id}"

    async def definition(self, ref: str) -> FlowDefinition:
        """Return a frozen definition with its prompts."""
        return FlowDefinition.model_validate_json(await self.contents.get(ref))

    async def put_text(self, text: str) -> str:
        """Return the reference of a text."""
        return await self.contents.put(text.encode("utf-8", "surrogatepass"), media_type="text/plain")

    async def text(self, ref: str) -> str:
        """Return a stored text."""
        return (await self.contents.get(ref)).decode("utf-8", "surrogatepass")

    async def travelling(self, value: Any) -> Any:
        """Return the value itself if it is small, else the form under which it stands in the context."""
        data = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if len(data) <= INLINE_BYTES:
            return value
        return stored(await self.contents.put(data), len(data), value)

    async def loaded(self, value: Any) -> Any:
        """Return the value with everything that travelled by reference put back, at any depth."""
        if is_stored(value):
            reference = StoredValue.model_validate(value)
            return reference.part_of(json.loads(await self.contents.get(reference.ref)))
        if isinstance(value, Mapping):
            return {name: await self.loaded(part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [await self.loaded(part) for part in value]
        return value
