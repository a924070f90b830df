"""The words that a flow may use are those that a start and a question know."""

import pytest

from duo_flows.domain.flow_definition import FlowInputs
from duo_flows.domain.flow_inputs import GivenContext, InvalidInputs, check_inputs
from duo_flows.domain.flow_rules.limits import ENDINGS_OF_FLOWS, FORMATS_OF_INPUTS, TYPES_OF_INPUTS

OF_NO_FORM = " "


def faults(schema, value):
    wanted = FlowInputs.model_validate({"category": "it", "input_schema": {"field": schema}})
    try:
        check_inputs([wanted], {"it": GivenContext(content={"field": value})})
    except InvalidInputs as error:
        return error.faults
    return ()


@pytest.mark.parametrize("kind", TYPES_OF_INPUTS)
def test_every_type_of_an_input_is_checked_at_a_start(kind):
    assert len(faults({"type": kind}, object())) == 1


@pytest.mark.parametrize("form", FORMATS_OF_INPUTS)
def test_every_format_of_an_input_is_checked_at_a_start(form):
    assert len(faults({"type": "string", "format": form}, OF_NO_FORM)) == 1


def test_a_flow_gives_no_ending_that_a_person_a_deadline_a_cap_or_a_fault_gives():
    assert set(ENDINGS_OF_FLOWS) == {"done", "nothing_to_do", "not_fixable", "low_confidence", "cancelled", "attempts_used_up"}
