"""An error's class says what to do next, and its text is for people."""

from datetime import timedelta

import pytest

from duo_flows.domain.errors import DuoFlowsError, NeverAgain, NotFound, Refused, TryAgain


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("No."), "refused"),
        (Refused("No.", code="not_the_requester"), "not_the_requester"),
        (NeverAgain("Broken."), "fault"),
        (NeverAgain("Broken.", code="invalid_definition"), "invalid_definition"),
        (NotFound("There is none."), "not_found"),
    ],
)
def test_what_does_not_pass_has_a_code_for_programs(error, code):
    assert error.code == code


def test_what_passes_says_how_long_the_other_side_asked_us_to_wait():
    assert TryAgain("Busy.", retry_after=timedelta(seconds=3)).retry_after == timedelta(seconds=3)
    assert TryAgain("Busy.").retry_after is None


@pytest.mark.parametrize(
    "error", [Refused("It says why."), NeverAgain("It says why."), NotFound("It says why."), TryAgain("It says why.")]
)
def test_every_error_is_ours_and_reads_as_its_reason(error):
    assert isinstance(error, DuoFlowsError)
    assert str(error) == "It says why."


def test_a_refusal_is_neither_a_fault_nor_tried_again():
    assert not issubclass(Refused, NeverAgain | TryAgain)
    assert issubclass(NotFound, NeverAgain)
