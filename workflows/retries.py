"""How long an activity may take and how it is tried again, by what it talks to, each number with its reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, TypedDict

from temporalio.common import RetryPolicy

from activities.contracts import SIGN_OF_LIFE, Limits


class Patience(TypedDict, total=False):
    """The timeouts and retries of an activity, as keyword arguments."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


# The store is ours: without it nothing may go on, so it is waited for as long as it takes.
STORE: Final = Patience(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30)),
)

# GitLab may be down for a maintenance window; after a day somebody should look at it. Two minutes is a large trace on a slow line.
GITLAB: Final = Patience(
    start_to_close_timeout=timedelta(minutes=2),
    schedule_to_close_timeout=timedelta(days=1),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
)

# A tool call may push, or read hundreds of megabytes. It beats, so that one that died with its worker is taken up soon.
TOOL: Final = Patience(
    start_to_close_timeout=timedelta(minutes=2),
    schedule_to_close_timeout=timedelta(days=1),
    heartbeat_timeout=SIGN_OF_LIFE,
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
)

# A question's deadline is only judged once GitLab has answered, however long that takes: an answer given in time must not be lost.
BEFORE_EXPIRY: Final = Patience(
    start_to_close_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
)

# A long answer streams for many minutes, and the turn beats as long as its worker lives. Providers are overloaded for hours at
# times, so the whole may take a day.
MODEL: Final = Patience(
    start_to_close_timeout=timedelta(minutes=30),
    schedule_to_close_timeout=timedelta(days=1),
    heartbeat_timeout=SIGN_OF_LIFE,
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5)),
)


def tool(limits: Limits) -> Patience:
    """Return the patience with a tool call under these limits."""
    return {**TOOL, "heartbeat_timeout": limits.sign_of_life}


def model(limits: Limits) -> Patience:
    """Return the patience with a model's turn under these limits."""
    return {**MODEL, "heartbeat_timeout": limits.sign_of_life}
