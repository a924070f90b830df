"""From a flow's response schema to the form that structured output takes.

The provider knows a part of JSON Schema; the client library moves the rest into descriptions. What an answer must fit is the
flow's own schema, and whoever reads the answer checks it against that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from duo_flows.domain.errors import NeverAgain

# Words about the schema itself: no part of what the answer looks like, and the library would put them into descriptions.
_ABOUT_THE_SCHEMA = frozenset({"$schema", "$id", "$comment", "examples"})
_OF_SCHEMAS = frozenset({"properties", "$defs"})
_LISTS_OF_SCHEMAS = frozenset({"anyOf", "oneOf", "allOf"})


def json_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return `output_config.format` for a JSON Schema.

    Raises:
        NeverAgain: the schema says something that has no form there, such as a field of any type.
    """
    from anthropic import transform_schema

    try:
        return {"type": "json_schema", "schema": transform_schema(_plain(schema))}
    except (ValueError, TypeError, AttributeError, AssertionError, RecursionError):
        # The library's own words are about its code; the usual causes say more.
        raise NeverAgain(
            "The response schema cannot be used for a structured answer: every field needs a `type`, an `enum` or an `anyOf`, "
            "and none may be `true` or `{}`. Change the flow's response_schemas.",
            code="invalid_definition",
        ) from None


def _plain(schema: Any) -> Any:
    """Return the schema in the words that the library understands: `$defs`, and one type at a time."""
    if not isinstance(schema, Mapping):
        return schema
    named = {"$defs" if key == "definitions" else key: value for key, value in schema.items() if key not in _ABOUT_THE_SCHEMA}
    plain = {key: _part(key, value) for key, value in named.items()}
    types = plain.get("type")
    return _one_type_at_a_time(plain, types) if isinstance(types, list) else plain


def _part(key: str, value: Any) -> Any:
    if key in _OF_SCHEMAS and isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if key in _LISTS_OF_SCHEMAS and isinstance(value, list):
        return [_plain(part) for part in value]
    if key == "$ref" and isinstance(value, str):
        return value.replace("#/definitions/", "#/$defs/")
    return _plain(value) if key == "items" else value


def _one_type_at_a_time(schema: dict[str, Any], types: list[Any]) -> dict[str, Any]:
    shared = {key: value for key, value in schema.items() if key in {"title", "description"}}
    rest = {key: value for key, value in schema.items() if key not in {"type", *shared}}
    return {**shared, "anyOf": [{"type": "null"} if one == "null" else {**rest, "type": one} for one in types]}
