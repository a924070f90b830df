"""The tool that reads on in a result that was too long to be shown whole. Every agent that has a tool has this one too."""

from __future__ import annotations

from pydantic import Field

from duo_flows.domain.model import Model
from duo_flows.domain.people import AccessLevel

from .spec import Privilege, ToolSpec

READ_TOOL_RESULT = "read_tool_result"


class ToolResultRead(Model):
    """Arguments of `read_tool_result`."""

    result_id: str = Field(min_length=1, max_length=64, description="The id that stands where the result was cut.")
    start_line: int | None = Field(default=None, ge=1, description="First line to read, counted from 1.")
    end_line: int | None = Field(default=None, ge=1, description="Last line to read, included.")
    offset: int | None = Field(default=None, ge=0, description="Characters to skip, instead of start_line: for very long lines.")
    grep: str = Field(default="", max_length=200, description="Only lines that contain this text, with three lines around each.")


SPECS = (
    ToolSpec(
        name=READ_TOOL_RESULT,
        description="Read on in a result of this session that was too long to be shown whole, by its id.",
        privilege=Privilege.READ_ONLY_GITLAB,
        arguments=ToolResultRead,
        # What the tool needed whose result it is, the requester needs still; this is only the least of it.
        access=AccessLevel.GUEST,
    ),
)
