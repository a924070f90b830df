"""The adapter's pure parts: prices, schemas, and what an error may repeat."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from duo_flows.adapters.anthropic import PRICES, ModelPrice
from duo_flows.adapters.anthropic.answer_format import json_format
from duo_flows.adapters.anthropic.faults import MESSAGE_MAX_LENGTH, harmless
from duo_flows.adapters.anthropic.prices import price_of
from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.sessions import Usage

MILLION = Usage(turns=1, input_tokens=1_000_000, output_tokens=1_000_000)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("claude-opus-5", "claude-opus-5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("claude-sonnet-5-5@20261001", "claude-sonnet-5-5"),
        ("claude-sonnet-5-latest", "claude-sonnet-5"),
    ],
)
def test_a_snapshot_costs_what_its_model_costs(model: str, name: str) -> None:
    assert price_of(model) == PRICES[name]


@pytest.mark.parametrize("model", ["claude-sonnet-5-9", "claude-sonnet-50", "gpt-9", ""])
def test_an_unknown_model_costs_what_the_dearest_costs(model: str) -> None:
    assert price_of(model).cost(MILLION) == max(price.cost(MILLION) for price in PRICES.values())
    assert price_of(model, {}).cost(MILLION) == price_of(model).cost(MILLION)


def test_a_price_per_million_is_micro_dollars_per_token() -> None:
    assert PRICES["claude-sonnet-5-5"].cost(MILLION) == 12_000_000


def test_the_cache_costs_a_quarter_more_to_write_and_a_tenth_to_read() -> None:
    price = ModelPrice(input=Decimal(10), output=Decimal(0))

    assert price.cost(Usage(cache_write_tokens=1_000)) == 12_500
    assert price.cost(Usage(cache_read_tokens=1_000)) == 1_000
    assert price.model_copy(update={"cache_read": Decimal("0.25")}).cost(Usage(cache_read_tokens=1_000)) == 250


def test_a_part_of_a_millionth_is_rounded_up() -> None:
    assert PRICES["claude-haiku-5-5"].cost(Usage(input_tokens=1)) == 1


def test_a_long_prompt_costs_more_where_the_price_has_bands() -> None:
    haiku = PRICES["claude-haiku-5-5"]

    assert haiku.cost(Usage(input_tokens=100_000)) == 10_000
    assert haiku.cost(Usage(input_tokens=60_000, cache_read_tokens=40_001)) == 30_000 + 2_001


def test_a_schema_becomes_the_providers_form() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "finding",
        "type": "object",
        "properties": {
            "score": {"type": "integer", "minimum": 1, "maximum": 10},
            "owner": {"type": ["string", "null"], "description": "who"},
            "files": {"type": "array", "items": {"$ref": "#/definitions/file"}},
            "examples": {"type": "string"},
        },
        "required": ["score"],
        "definitions": {"file": {"type": "object", "properties": {"path": {"type": "string"}}}},
    }

    made = json_format(schema)["schema"]

    assert made["properties"]["score"] == {"type": "integer", "description": "{minimum: 1, maximum: 10}"}
    assert made["properties"]["owner"] == {"description": "who", "anyOf": [{"type": "string"}, {"type": "null"}]}
    assert made["properties"]["files"]["items"] == {"$ref": "#/$defs/file"}
    assert made["properties"]["examples"] == {"type": "string"}
    assert made["$defs"]["file"]["additionalProperties"] is False
    assert made["required"] == ["score"]
    assert "description" not in made


@pytest.mark.parametrize("field", [True, {}, {"type": "thing"}, {"type": [["string"]]}])
def test_a_schema_that_has_no_such_form_is_refused(field: Any) -> None:
    with pytest.raises(NeverAgain, match="response_schemas") as caught:
        json_format({"type": "object", "properties": {"a": field}})

    assert caught.value.code == "invalid_definition"


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("max_tokens: too high", "max_tokens: too high"),
        ("prompt is too long: 208310 tokens > 200000 maximum", "prompt is too long: 208310 tokens > 200000 maximum"),
        ("tools.0.name: 'my secret tool' is wrong", "tools.0.name: [quoted] is wrong"),
        ("invalid x-api-key sk-ant-api03-abc", "invalid x-api-key [removed]"),
        ("token QWxhZGRpbjpvcGVuIHNlc2FtZQ1234 seen", "token [removed] seen"),
        ("Cannot parse: mend the pipeline of the bank", ""),
        ("Cannot parse: mend\nthe  pipeline of the bank", ""),
        (None, ""),
        ({"a": 1}, ""),
    ],
)
def test_a_message_keeps_only_what_is_the_providers_own(message: Any, kept: str) -> None:
    assert harmless(message, question="Please mend the pipeline of the bank today") == kept


def test_a_message_is_short() -> None:
    assert len(harmless("too long " * 100, question="")) == MESSAGE_MAX_LENGTH
