"""The models that the stand-in offers, in the shape of `/v1/models`. Facts only; what a request may ask is in `validation`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulators.claude.errors import ApiError

INPUT_TOKENS = 1_000_000
OUTPUT_TOKENS = 128_000


@dataclass(frozen=True)
class Model:
    """One model. `retires_at` is set for deprecated ones."""

    id: str
    display_name: str
    line: str
    created_at: str
    retires_at: str | None = None

    def shown(self) -> dict[str, Any]:
        """The model as the API shows it."""
        return {
            "type": "model",
            "id": self.id,
            "display_name": self.display_name,
            "created_at": self.created_at,
            "lifecycle": "deprecated" if self.retires_at else "active",
            "deprecated_at": self.created_at if self.retires_at else None,
            "retires_at": self.retires_at,
            "line": self.line,
            "max_input_tokens": INPUT_TOKENS,
            "max_tokens": OUTPUT_TOKENS,
            "capabilities": _CAPABILITIES,
        }


def _support(**features: bool) -> dict[str, Any]:
    return {name: {"supported": is_supported} for name, is_supported in features.items()}


_CAPABILITIES: dict[str, Any] = {
    **_support(batch=False, citations=False, code_execution=False, image_input=False, pdf_input=False, structured_outputs=True),
    "context_management": {"supported": False},
    "effort": {"supported": True, **_support(low=True, medium=True, high=True, xhigh=True, max=True)},
    "server_tools": {"supported": False, **_support(code_execution=False, web_search=False)},
    "thinking": {"supported": True, "types": _support(adaptive=True, between_tools=True, disabled=False, enabled=False)},
}

MODELS = (
    Model("claude-fable-5-2", "Claude Fable 5.2", "fable", "2026-10-01T00:00:00Z"),
    Model("claude-mythos-5-2", "Claude Mythos 5.2", "mythos", "2026-10-01T00:00:00Z"),
    Model("claude-haiku-5-5", "Claude Haiku 5.5", "haiku", "2026-09-01T00:00:00Z"),
    Model("claude-sonnet-5-5", "Claude Sonnet 5.5", "sonnet", "2026-09-01T00:00:00Z"),
    Model("claude-opus-5-5", "Claude Opus 5.5", "opus", "2026-09-01T00:00:00Z"),
    Model("claude-opus-5", "Claude Opus 5", "opus", "2026-05-01T00:00:00Z"),
    Model("claude-sonnet-5", "Claude Sonnet 5", "sonnet", "2026-05-01T00:00:00Z"),
    Model("claude-sonnet-4-6", "Claude Sonnet 4.6", "sonnet", "2026-02-01T00:00:00Z"),
    Model("claude-haiku-4-5", "Claude Haiku 4.5", "haiku", "2025-10-01T00:00:00Z"),
    Model("claude-sonnet-4-5", "Claude Sonnet 4.5", "sonnet", "2025-09-29T00:00:00Z", retires_at="2026-11-30T00:00:00Z"),
)
"""Newest first, as the API lists them. The days are made up; the names are the API's."""

_BY_ID = {model.id: model for model in MODELS}


def find_model(model_id: str) -> Model:
    """The model of this name.

    Raises:
        ApiError: 404, there is none.
    """
    if model_id not in _BY_ID:
        raise ApiError(404, f"model: {model_id}")
    return _BY_ID[model_id]


def page_of_models(*, limit: int, after_id: str | None) -> dict[str, Any]:
    """One page of the list, from behind `after_id` on."""
    ids = [model.id for model in MODELS]
    start = ids.index(after_id) + 1 if after_id in ids else 0
    page = MODELS[start : start + limit]
    return {
        "data": [model.shown() for model in page],
        "has_more": start + limit < len(MODELS),
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }
