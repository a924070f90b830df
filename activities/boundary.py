"""The boundary between our errors and Temporal's: what is tried again, what never is, and what people are told.

Every activity implementation stands behind `bounded`. Nothing unexpected leaves with its own text: that may quote a secret.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from temporalio import activity
from temporalio.exceptions import ApplicationError

from duo_flows.domain.errors import NeverAgain, Refused, TryAgain
from duo_flows.domain.redaction import redact

P = ParamSpec("P")
R = TypeVar("R")
Self = TypeVar("Self")

# A fault of our own is tried a few times (a rare race may pass) and then told instead of being hidden for a day.
_UNEXPECTED_ATTEMPTS = 5


def bounded(
    function: Callable[Concatenate[Self, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[Self, P], Coroutine[Any, Any, R]]:
    """Return the activity with our errors translated into Temporal's."""

    @functools.wraps(function)
    async def translated(self: Self, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await function(self, *args, **kwargs)
        except ApplicationError:
            raise
        except TryAgain as error:
            raise ApplicationError(redact(str(error)), type="try_again", next_retry_delay=error.retry_after) from None
        except (Refused, NeverAgain) as error:
            raise ApplicationError(redact(str(error)), type=error.code, non_retryable=True) from None
        except Exception as error:  # noqa: BLE001 - the outermost edge: whatever it is, it must not leave with its own text
            raise _unexpected(error) from None

    # functools.wraps is typed as if it changed the signature.
    return cast("Callable[Concatenate[Self, P], Coroutine[Any, Any, R]]", translated)


def _unexpected(error: Exception) -> ApplicationError:
    activity.logger.exception("Unexpected %s in %s", type(error).__name__, activity.info().activity_type)
    return ApplicationError(
        f"An unexpected {type(error).__name__} in {activity.info().activity_type}; the worker's log has the details.",
        type="unexpected",
        non_retryable=activity.info().attempt >= _UNEXPECTED_ATTEMPTS,
    )
