"""The boundary: what Temporal tries again, what it never does, and what is told of it."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.boundary import bounded
from duo_flows.domain.errors import NeverAgain, NotFound, Refused, TryAgain
from tests.activities.acting import SECRET, run


class Failing:
    """An activity that ends as it is told to."""

    @bounded
    async def act(self, error: Exception) -> str:
        raise error


async def fault(error, *, attempt=1) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        await run(Failing().act, error, attempt=attempt)
    return caught.value


@pytest.mark.parametrize("wait", [None, timedelta(seconds=7)])
async def test_what_passes_is_tried_again_when_the_other_side_said(wait):
    told = await fault(TryAgain("GitLab is busy.", retry_after=wait))

    assert (told.type, told.message, told.non_retryable, told.next_retry_delay) == ("try_again", "GitLab is busy.", False, wait)


@pytest.mark.parametrize("attempt", [1, 100])
async def test_what_passes_is_tried_again_however_often(attempt):
    assert not (await fault(TryAgain("GitLab is busy."), attempt=attempt)).non_retryable


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("No.", code="not_the_requester"), "not_the_requester"),
        (NeverAgain("No.", code="invalid_definition"), "invalid_definition"),
        (NotFound("No."), "not_found"),
    ],
)
async def test_what_does_not_pass_is_never_tried_again_and_keeps_code_and_reason(error, code):
    told = await fault(error)

    assert (told.type, told.message, told.non_retryable) == (code, "No.", True)


@pytest.mark.parametrize("kind", [TryAgain, Refused, NeverAgain, NotFound])
async def test_no_secret_leaves_in_a_reason(kind):
    told = await fault(kind(f"The address was http://x:{SECRET}@gitlab.test"))

    assert (SECRET in repr(told), "[redacted:" in told.message) == (False, True)


@pytest.mark.parametrize("error", [ValueError(SECRET), KeyError("a customer's name"), RuntimeError("SELECT secret")])
async def test_an_unexpected_error_leaves_without_its_own_text(error):
    told = await fault(error)

    assert told.type == "unexpected"
    assert told.message == f"An unexpected {type(error).__name__} in act; the worker's log has the details."
    assert (told.__cause__, told.__suppress_context__) == (None, True)


@pytest.mark.parametrize(("attempt", "is_final"), [(1, False), (4, False), (5, True), (6, True)])
async def test_an_unexpected_error_is_told_for_good_after_five_attempts(attempt, is_final):
    assert (await fault(ValueError("x"), attempt=attempt)).non_retryable is is_final


async def test_what_is_in_temporals_words_already_passes_unchanged():
    error = ApplicationError("As it is.", type="mine", non_retryable=True)

    assert await fault(error) is error
