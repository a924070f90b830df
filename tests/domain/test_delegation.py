"""How a call of `delegate_task` is read, and how conversations are named."""

import pytest

from duo_flows.domain.delegation import (
    compaction_key,
    component_of,
    number_of,
    read_delegation,
    subsession_key,
)
from duo_flows.domain.errors import Refused
from duo_flows.domain.flow_context import stored

NAMES = ("reader", "tester")
SUBSESSIONS = {1: "reader", 2: "tester"}


def read(**arguments):
    return read_delegation({"subagent_name": "reader", "prompt": "Read.", **arguments}, subagents=NAMES, subsessions=SUBSESSIONS)


def test_a_task_begins_a_subsession_of_its_own_or_goes_on_in_one():
    assert read().subsession is None
    assert read(subsession_id=1).subsession == 1
    assert read(subsession_id="1").subsession == 1


def test_a_long_prompt_stays_where_it_is():
    arguments = {"subagent_name": "reader", "prompt": "x" * 9_000}

    read_by_reference = read_delegation(stored("0" * 64, 9_100, arguments), subagents=NAMES, subsessions={})

    assert read_by_reference.prompt["$path"] == ["prompt"]
    assert read_by_reference.subagent == "reader"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"subagent_name": "raeder"}, "no_such_subagent"),
        ({"subagent_name": None}, "no_such_subagent"),
        ({"subagent_name": ["reader"]}, "no_such_subagent"),
        ({"prompt": " \n"}, "bad_arguments"),
        ({"prompt": None}, "bad_arguments"),
        ({"prompt": {"text": "x"}}, "bad_arguments"),
        ({"subsession_id": 2}, "other_subsession"),
        ({"subsession_id": 3}, "no_such_subsession"),
        ({"subsession_id": True}, "no_such_subsession"),
        ({"subsession_id": "²"}, "no_such_subsession"),
        ({"subsession_id": {}}, "no_such_subsession"),
    ],
)
def test_what_cannot_be_given_to_anybody_is_refused(arguments, code):
    with pytest.raises(Refused) as caught:
        read(**arguments)

    assert caught.value.code == code


def test_arguments_that_are_no_mapping_are_refused():
    with pytest.raises(Refused, match="named arguments"):
        read_delegation(["reader"], subagents=NAMES, subsessions={})


@pytest.mark.parametrize(
    ("key", "component", "number"),
    [
        (subsession_key("tester", 0), "tester", 0),
        (subsession_key("tester", 12), "tester", 12),
        (compaction_key("tester"), "tester", 0),
        (compaction_key(subsession_key("tester", 3)), "tester", 0),
    ],
)
def test_a_key_names_its_component_and_its_subsession(key, component, number):
    assert (component_of(key), number_of(key)) == (component, number)
