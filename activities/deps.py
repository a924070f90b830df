"""What the activities are handed: the ports, and the operator's choices. Built by the worker, faked by nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from duo_flows.domain.compaction import read_aloud
from duo_flows.domain.flow_context import AS_CONVERSATION, StoredValue, is_stored, stored
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.forge_reader import ForgeReader
from duo_flows.domain.forge_writer import ForgeWriter
from duo_flows.domain.people import Person
from duo_flows.domain.ports import ContentStore, FlowFiles, Forge, Inbox, Planner, Repository, SessionStore

from .contracts import Limits
from .conversations import load_conversation

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
    models_by_tag: Mapping[str, str] = field(default_factory=dict)
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

    def model_for(self, tags: Sequence[str]) -> str:
        """Return the model of the first tag that the operator has named one for; without any, the one that agents use."""
        return next((self.models_by_tag[tag] for tag in tags if tag in self.models_by_tag), self.model)

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
            if reference.form == AS_CONVERSATION:
                return read_aloud((await load_conversation(self.contents, reference.ref)).messages)
            return reference.part_of(json.loads(await self.contents.get(reference.ref)))
        if isinstance(value, Mapping):
            return {name: await self.loaded(part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [await self.loaded(part) for part in value]
        return value
