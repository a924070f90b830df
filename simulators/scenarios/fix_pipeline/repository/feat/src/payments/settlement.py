"""Settled payments of one day, as the provider wants them reported."""

import time
from dataclasses import dataclass, field

from payments.money import Money


@dataclass
class Batch:
    """Payments that are settled together. Times are Unix seconds."""

    payments: list = field(default_factory=list)
    created_at: int = field(default_factory=lambda: int(time.time()))

    def add(self, payment_id: str, amount: Money) -> None:
        if amount.cents <= 0:
            raise ValueError(f"{payment_id}: nothing to settle")
        self.payments.append((payment_id, amount))

    @property
    def total(self) -> Money:
        return sum((amount for _, amount in self.payments), Money(0))


def open_batch() -> Batch:
    """An empty batch that starts now."""
    return Batch()
