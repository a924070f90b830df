"""The built-in flows: a folder of `<name>.yaml`."""

from __future__ import annotations

import re
from pathlib import Path

from duo_flows.domain.errors import NotFound
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.flow_outline import FlowOutline

from .loader import load_flow
from .outline import outline_of

# A flow's name is a workflow's type and part of addresses; it never leads out of the folder.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_ENDING = ".yaml"


class CatalogueFlows:
    """The flows of one folder, read anew at every question: the folder is small, and an edit counts at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> tuple[str, ...]:
        """Return the names of all flows, sorted; empty where there is no folder."""
        return tuple(sorted(path.stem for path in self._folder.glob(f"*{_ENDING}") if _NAME.fullmatch(path.stem)))

    def text(self, name: str) -> str:
        """Return a flow file's text, or raise NotFound."""
        if name not in self.names():
            raise NotFound(f"There is no built-in flow {name!r}; there are: {', '.join(self.names()) or 'none'}.")
        return (self._folder / f"{name}{_ENDING}").read_text(encoding="utf-8")

    def load(self, name: str) -> FlowDefinition:
        """Return a flow's definition.

        Raises:
            NotFound: there is no such flow.
            InvalidFlow: its file cannot run.
        """
        return load_flow(self.text(name), source=f"{name}{_ENDING}", is_custom=False)

    def outline(self, text: str, *, is_custom: bool) -> FlowOutline:
        """Return what a list says of a flow file, which may be a project's own."""
        return outline_of(text, is_custom=is_custom)
