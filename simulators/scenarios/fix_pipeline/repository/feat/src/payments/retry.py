"""Payments that the provider turned away for a passing reason, waiting for their next attempt."""

import time
from dataclasses import dataclass, field

from payments.money import Money
from payments.provider import is_worth_a_retry

MOST_ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 30


@dataclass
class RetryJob:
    """One payment that will be tried again. Times are Unix seconds."""

    payment_id: str
    amount: Money
    attempt: int = 1
    created_at: int = field(default_factory=lambda: int(time.time()))

    @property
    def pause_seconds(self) -> int:
        """Doubles with every attempt: 30, 60, 120 ..."""
        return FIRST_PAUSE_SECONDS * 2 ** (self.attempt - 1)

    @property
    def due_at(self) -> int:
        return self.created_at + self.pause_seconds


def enqueue_retry(payment_id: str, amount: Money, *, code: str, attempt: int = 1):
    """The retry for a payment that was turned away with this code, or None when it is not to be tried again."""
    if attempt > MOST_ATTEMPTS or not is_worth_a_retry(code):
        return None
    return RetryJob(payment_id, amount, attempt)
