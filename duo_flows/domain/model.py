"""The base of every value that crosses a boundary: frozen, and refusing what it does not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A frozen value with named fields only; an unknown field is an error, not a surprise."""

    model_config = ConfigDict(frozen=True, extra="forbid")
