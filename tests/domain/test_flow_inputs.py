"""What a flow asks to be given: everything that is wrong is told at once, by its name, and no value is quoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.flow_definition import FlowInputs
from duo_flows.domain.flow_inputs import GivenContext, InvalidInputs, check_inputs, read_contexts, standard_context, type_of


def asks(category="ticket", version_constraint=None, **fields):
    return FlowInputs.model_validate({"category": category, "version_constraint": version_constraint, "input_schema": fields})


def faults_of(wanted, content, *, version="", provided=()):
    given_there = {} if content is None else {wanted.category: GivenContext(content=content, version=version)}
    with pytest.raises(InvalidInputs) as caught:
        check_inputs([wanted], given_there, provided=provided)
    return caught.value.faults


def told_of(wanted, content, *, version=""):
    """What is said of a start; empty where it passes."""
    try:
        check_inputs([wanted], {wanted.category: GivenContext(content=content, version=version)})
    except InvalidInputs as error:
        return " ".join(error.faults)
    return ""


def type_name(declared):
    return declared if declared == "null" else f"{'an' if declared[0] in 'aio' else 'a'} {declared}"


VALUES = {
    "a string": "secret",
    "an integer": 7,
    "a number": 7.5,
    "a boolean": True,
    "an array": ["secret"],
    "an object": {"secret": 1},
    "null": None,
}


@pytest.mark.parametrize(
    ("declared", "fitting"),
    [
        ("string", {"a string"}),
        ("integer", {"an integer"}),
        ("number", {"an integer", "a number"}),
        ("boolean", {"a boolean"}),
        ("array", {"an array"}),
        ("object", {"an object"}),
        ("null", {"null"}),
        ("something of another draft", set(VALUES)),
    ],
)
@pytest.mark.parametrize("kind", VALUES)
def test_a_value_has_its_declared_type_or_is_refused_by_name(declared, fitting, kind):
    wanted = asks(field={"type": declared})

    told = told_of(wanted, {"field": VALUES[kind]})

    assert told == ("" if kind in fitting else f"inputs.ticket.field has to be {type_name(declared)}, and is {kind}.")


def test_a_whole_number_with_a_point_is_an_integer():
    check_inputs([asks(count={"type": "integer"})], {"ticket": GivenContext(content={"count": 3.0})})


@pytest.mark.parametrize(
    ("form", "fitting", "wrong"),
    [
        ("date", "2026-03-02", "02.03.2026"),
        ("date-time", "2026-03-02T12:00:00Z", "noon"),
        ("time", "12:00:00", "noon"),
        ("uri", "https://gitlab.example.com/a/b", "a b"),
        ("email", "maya@example.com", "maya"),
        ("uuid", "12345678-1234-5678-1234-567812345678", "1234"),
        ("ipv4", "127.0.0.1", "1.2.3"),
        ("ipv6", "::1", "1.2.3.4"),
    ],
)
def test_a_text_has_its_declared_format_or_is_refused(form, fitting, wrong):
    wanted = asks(field={"type": "string", "format": form})

    check_inputs([wanted], {"ticket": GivenContext(content={"field": fitting})})

    assert faults_of(wanted, {"field": wrong}) == (f"inputs.ticket.field has to be a text in the format {form}.",)


def test_a_format_that_nobody_knows_says_nothing():
    check_inputs([asks(field={"type": "string", "format": "colour"})], {"ticket": GivenContext(content={"field": "red"})})


@pytest.mark.parametrize("content", [None, {}])
def test_every_field_that_is_not_optional_is_missed_with_what_it_is_for(content):
    wanted = asks(
        url={"type": "string", "description": "The ticket's address."},
        count={"type": "integer"},
        note={"type": "string", "optional": True},
    )

    assert faults_of(wanted, content) == (
        "inputs.ticket.url is missing: a string, The ticket's address.",
        "inputs.ticket.count is missing: an integer.",
    )


def test_fields_that_the_flow_does_not_name_and_categories_that_it_does_not_ask_for_are_let_through():
    check_inputs(
        [asks(a={"type": "string"})], {"ticket": GivenContext(content={"a": "", "b": 1}), "other": GivenContext(content=1)}
    )


def test_a_category_without_a_needed_field_may_be_left_out():
    check_inputs([asks(a={"type": "string", "optional": True})], {})


def test_what_is_still_to_be_completed_is_not_missed_but_what_is_there_is_looked_at():
    wanted = asks(id={"type": "integer"}, url={"type": "string"})

    check_inputs([wanted], {}, provided={"ticket"})

    assert faults_of(wanted, {"id": "7"}, provided={"ticket"}) == ("inputs.ticket.id has to be an integer, and is a string.",)


@pytest.mark.parametrize(("content", "kind"), [([1], "an array"), ("text", "a string"), (7, "an integer"), (None, "null")])
def test_a_category_is_an_object(content, kind):
    told = told_of(asks(a={"type": "string"}), content)

    assert told == f"inputs.ticket has to be an object with fields, and is {kind}."


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("1.4.0", ""),
        ("", ""),
        ("2.0.0", "inputs.ticket has version 2.0.0, and the flow takes ^1.0.0."),
        ("new", "inputs.ticket: a version is written 1.2.3."),
    ],
)
def test_a_version_is_compared_where_one_is_given(version, told):
    wanted = asks(version_constraint="^1.0.0", a={"type": "string"})

    assert told_of(wanted, {"a": ""}, version=version) == told


def test_of_hundreds_of_faults_the_first_are_told_and_the_others_counted():
    wanted = asks(**{f"field_{n:03}": {"type": "string"} for n in range(300)})

    with pytest.raises(InvalidInputs, match=r"field_019 .* And 280 more\.$"):
        check_inputs([wanted], {})


def test_envelopes_are_read_and_the_last_of_a_category_counts():
    read = read_contexts([("a", '{"x": 1}', '{"version": "1.2.0"}'), ("a", '{"x": 2}', ""), ("b", "[]", '{"version": 7}')])

    assert read == {"a": GivenContext(content={"x": 2}), "b": GivenContext(content=[])}


@pytest.mark.parametrize(("content", "metadata"), [("{", "{}"), ("{}", "{"), ("[" * 100_000, "{}")])
def test_an_envelope_that_is_no_json_is_refused_by_its_category(content, metadata):
    with pytest.raises(NeverAgain, match="additional context 'ticket' is not JSON"):
        read_contexts([("ticket", content, metadata)])


def test_gitlabs_envelope_is_given_in_the_types_that_the_flow_declares():
    known = {"primary_branch": "main", "session_owner_id": 7, "project_id": 9}
    wanted = asks("agent_platform_standard_context", session_owner_id={"type": "string"}, project_id={"type": "integer"})

    assert standard_context([wanted], known) == {"primary_branch": "main", "session_owner_id": "7", "project_id": 9}
    assert standard_context([asks()], known) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values, st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"]))
def test_any_value_passes_or_is_refused_without_being_quoted(value, declared):
    told = told_of(asks(field={"type": declared}), {"field": value})

    assert told in {"", f"inputs.ticket.field has to be {type_name(declared)}, and is {type_of(value)}."}
