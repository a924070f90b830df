"""What the payment provider answers, and which of its answers may pass by themselves."""

PASSING = frozenset({"timeout", "rate_limited", "issuer_unavailable"})
FINAL = frozenset({"card_expired", "insufficient_funds", "stolen_card"})


def is_worth_a_retry(code: str) -> bool:
    """Whether the same payment may succeed later; an unknown answer is not tried again."""
    return code in PASSING
