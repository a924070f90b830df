"""What a turn costs, in millionths of a US dollar, so that costs add up exactly.

A price of $1 per million tokens is one millionth of a dollar for a token. A model that is not in the table costs what the
dearest one in it costs: a cost cap then stops too early, never too late.
Source: https://platform.claude.com/docs/en/about-claude/pricing
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from duo_flows.domain.model import Model
from duo_flows.domain.sessions import Usage

# Relative to input tokens. Writes are kept for five minutes, the only way we ask for.
CACHE_WRITE_FACTOR = Decimal("1.25")
CACHE_READ_FACTOR = Decimal("0.1")

# What may follow a model's name and still be the same model: a snapshot's date, or `latest`. A version number may not.
_SNAPSHOT = re.compile(r"[-@](\d{8}|latest)")


class ModelPrice(Model):
    """US dollars for a million tokens. `above`: the price of the whole turn when its prompt is longer than `above_tokens`."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    above_tokens: int | None = None
    above: ModelPrice | None = None

    def cost(self, usage: Usage) -> int:
        """Return the cost of these tokens in micro-USD, rounded up."""
        prompt = usage.input_tokens + usage.cache_write_tokens + usage.cache_read_tokens
        if self.above is not None and self.above_tokens is not None and prompt > self.above_tokens:
            return self.above.cost(usage)
        cache_read = self.input * CACHE_READ_FACTOR if self.cache_read is None else self.cache_read
        return math.ceil(
            usage.input_tokens * self.input
            + usage.cache_write_tokens * self.input * CACHE_WRITE_FACTOR
            + usage.cache_read_tokens * cache_read
            + usage.output_tokens * self.output
        )


def _price(price_in: str, price_out: str, cache_read: str | None = None) -> ModelPrice:
    return ModelPrice(input=Decimal(price_in), output=Decimal(price_out), cache_read=Decimal(cache_read) if cache_read else None)


_FABLE_5_1 = _price("10", "50", "0.25")
_HAIKU_5_5_LONG = _price("0.5", "2.5")

PRICES: Mapping[str, ModelPrice] = {
    # No published price was read for 5.2: priced as 5.1, without its cheaper cache.
    "claude-fable-5-2": _price("10", "50"),
    "claude-mythos-5-2": _price("10", "50"),
    "claude-fable-5-1": _FABLE_5_1,
    "claude-mythos-5-1": _FABLE_5_1,
    "claude-fable-5": _price("10", "50"),
    "claude-mythos-5": _price("10", "50"),
    "claude-opus-5-5": _price("4", "20"),
    "claude-opus-5": _price("5", "25"),
    "claude-opus-4-8": _price("5", "25"),
    "claude-opus-4-7": _price("5", "25"),
    "claude-opus-4-6": _price("5", "25"),
    "claude-opus-4-5": _price("5", "25"),
    "claude-opus-4-1": _price("15", "75"),
    "claude-sonnet-5-5": _price("2", "10"),
    "claude-sonnet-5": _price("2", "10"),
    "claude-sonnet-4-6": _price("3", "15"),
    "claude-sonnet-4-5": _price("3", "15"),
    "claude-haiku-5-5": _price("0.1", "0.5").model_copy(update={"above_tokens": 100_000, "above": _HAIKU_5_5_LONG}),
    "claude-haiku-4-5": _price("1", "5"),
}


def price_of(model: str, prices: Mapping[str, ModelPrice] = PRICES) -> ModelPrice:
    """Return the price of a model: of the longest name in the table that it is a snapshot of, else the dearest of the table."""
    name = known_name(model, prices)
    return prices[name] if name else _dearest(prices)


def known_name(model: str, names: Iterable[str] = PRICES) -> str:
    """Return the longest of the names that a model has or is a snapshot of; empty if it is none of them."""
    known = [name for name in names if model == name or (model.startswith(name) and _SNAPSHOT.fullmatch(model, len(name)))]
    return max(known, key=len, default="")


def _dearest(prices: Mapping[str, ModelPrice]) -> ModelPrice:
    # Each part by itself: one model may be dearest to ask and another to hear. Our own table stands in for an empty one.
    every = list((prices or PRICES).values())
    return ModelPrice(input=max(price.input for price in every), output=max(price.output for price in every))
