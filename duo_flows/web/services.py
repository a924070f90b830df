"""What the door needs, by role. Whoever starts the door fills this in; nothing in the door names a concrete adapter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from duo_flows.bootstrap.settings import Settings
from duo_flows.domain.flow_outline import FlowOutline
from duo_flows.domain.ports import ContentStore, FlowFiles, Forge, Inbox, SessionStore

from .runtime import FlowRuntime


class FlowCatalogue(Protocol):
    """The built-in flows, and what flow files say."""

    def names(self) -> Sequence[str]:
        """Return the names of all flows, sorted."""

    def text(self, name: str) -> str:
        """Return a flow file's text, or raise NotFound."""

    def outline(self, text: str, *, is_custom: bool) -> FlowOutline:
        """Return what a list says of a flow file, whether it is one of these or a project's own."""


@dataclass(frozen=True)
class DoorServices:
    """Everything that the door reaches.

    Attributes:
        clock: returns the present as an aware UTC datetime; the door's stamps come from it.
    """

    settings: Settings
    forge: Forge
    sessions: SessionStore
    inbox: Inbox
    contents: ContentStore
    flows: FlowCatalogue
    temporal: FlowRuntime
    flow_files: FlowFiles
    clock: Callable[[], datetime]

    @property
    def signing_key(self) -> bytes:
        """Return the key with which this door signs."""
        return self.settings.signing_key.get_secret_value().encode()
