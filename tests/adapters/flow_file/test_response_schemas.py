"""Response schemas: read by the dialect that they name, and never a reason to fetch something or to stand still."""

import json

import pytest

from duo_flows.adapters.flow_file import check_flow
from duo_flows.adapters.flow_file.answers import read_answer
from duo_flows.domain.errors import NeverAgain, Refused

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
# Finding no match of it in a text of 5,000 times `a` takes longer than anybody lives.
ENDLESS = "(?:aaa|aaaa|aaaaa)+b"
LONG = "a" * 5_000

FLOW = """\
version: v1
environment: ambient
components: [{name: a, type: AgentComponent, prompt_id: p, response_schema_id: s}]
prompts: [{prompt_id: p, prompt_template: {user: "{{ goal }}"}}]
routers: [{from: a, to: end}]
flow: {entry_point: a}
response_schemas:
  - schema_id: s
    definition: SCHEMA
"""


def problems(schema):
    checked = check_flow(FLOW.replace("SCHEMA", schema), is_custom=True)
    return [(problem.key.removeprefix("response_schemas[0].definition"), problem.found) for problem in checked.errors]


@pytest.mark.parametrize(
    "schema",
    [
        "{type: object}",
        '{$schema: "http://json-schema.org/draft-07/schema#", type: object, properties: {a: {type: [string, "null"]}}}',
        '{$schema: "http://json-schema.org/draft-07/schema", type: object, properties: {a: {items: [{type: string}]}}}',
        '{type: object, properties: {a: {$ref: "#/$defs/a~1b"}, $ref: {type: string}}, $defs: {a/b: {type: string}}}',
        '{type: object, properties: {a: {$ref: "#"}}}',
        '{type: object, patternProperties: {"^x": {}}, x-own: 1}',
        '{type: object, properties: {a: {pattern: "^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}}}',
        '{type: object, properties: {a: {pattern: "^(?=.*[A-Z])(a+)+$"}}}',
    ],
)
def test_what_is_json_schema_is_accepted(schema):
    assert problems(schema) == []


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ("{type: object, properties: {a: {type: txt}}}", (".properties.a.type", "txt")),
        ("{type: object, properties: []}", (".properties", "an empty list")),
        ("{type: object, required: a}", (".required", "a")),
        ("{type: object, required: [a, a]}", (".required", "a list of 2")),
        ("{type: object, properties: {a: {minLength: -1}}}", (".properties.a.minLength", "-1")),
        ('{type: object, properties: {a: {$ref: "#/$defs/b"}}, $defs: {a: {}}}', (".properties.a.$ref", "#/$defs/b")),
        ('{type: object, properties: {a: {$ref: "file:///etc/passwd"}}}', (".properties.a.$ref", "file:///etc/passwd")),
        ('{type: object, properties: {a: {$dynamicRef: "http://x/y"}}}', (".properties.a.$dynamicRef", "http://x/y")),
        ('{type: object, properties: {a: {pattern: "["}}}', (".properties.a.pattern", "[")),
        ('{type: object, patternProperties: {"(": {}}}', (".patternProperties.(", "(")),
        ("{type: object, properties: {a: {pattern: '(?:x{1000}){1000}'}}}", (".properties.a.pattern", "(?:x{1000}){1000}")),
        (
            "{type: object, properties: {a: {$schema: 'http://json-schema.org/draft-07/schema#'}}}",
            (".properties.a.$schema", DRAFT_7),
        ),
        (
            "{type: object, unevaluatedProperties: false, allOf: [{patternProperties: {a: {}}}]}",
            ("", "unevaluatedProperties and patternProperties"),
        ),
        ("{type: object, $schema: 5}", (".$schema", "5")),
        ('{type: object, $schema: "http://["}', (".$schema", "http://[")),
    ],
)
def test_what_is_none_is_told_at_its_place(schema, told):
    assert told in problems(schema)


def test_schemas_of_thousands_of_values_are_refused_unread():
    many = "{type: object, properties: {" + ", ".join(f"a{number}: {{type: string}}" for number in range(2_000)) + "}}"

    assert problems(many) == [("", "response schemas of more values")]


def test_an_answer_is_checked_by_the_dialect_of_its_schema():
    tuples = {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"items": [{"type": "string"}]}}}

    assert read_answer('{"a": ["x", 5]}', tuples) == {"a": ["x", 5]}
    with pytest.raises(Refused, match=r"\$\.a\[0\]"):
        read_answer('{"a": [5]}', tuples)


@pytest.mark.parametrize("schema", [{"$ref": "http://127.0.0.1:9/schema.json"}, {"$ref": "#/$defs/none"}, {"$ref": "#"}])
def test_a_schema_that_no_file_could_state_fetches_nothing_and_ends(schema):
    with pytest.raises(NeverAgain, match="refers to what cannot be looked up"):
        read_answer("{}", schema)


@pytest.mark.parametrize(
    ("rules", "answer", "place"),
    [
        ({"properties": {"names": {"items": {"pattern": ENDLESS}}}}, {"names": ["b", LONG]}, r"\$\.names\[1\]"),
        ({"properties": {"in": {"patternProperties": {ENDLESS: {}}}}}, {"in": {LONG: 1}}, r"\$\.in"),
        ({"patternProperties": {ENDLESS: {}}, "additionalProperties": False}, {LONG: 1}, r"\$"),
        ({"properties": {"in": {"propertyNames": {"pattern": ENDLESS}}}}, {"in": {LONG: 1}}, r"\$\.in"),
        ({"properties": {"a": {"not": {"pattern": ENDLESS}}}}, {"a": LONG}, r"\$\.a"),
        (
            {"$schema": DRAFT_7, "properties": {"a": {"pattern": ENDLESS}, "in": {"$ref": "#"}}},
            {"in": {"in": {"a": LONG}}},
            r"\$\.in\.in\.a",
        ),
        ({"properties": {"a": {"$schema": DRAFT_7, "pattern": ENDLESS}}}, {"a": LONG}, r"\$\.a"),
    ],
)
def test_a_pattern_that_runs_out_of_time_is_a_refusal_that_names_the_place(rules, answer, place):
    with pytest.raises(Refused, match=f"^{place} takes too long to be checked"):
        read_answer(json.dumps(answer), rules, patience=0.2)


def test_what_no_pattern_makes_slow_is_bounded_too():
    # Each level asks twice about the next: 2^45 questions.
    doubling = {"$ref": "#/$defs/d", "$defs": {"d": {"type": "array", "items": {"allOf": [{"$ref": "#/$defs/d"}] * 2}}}}

    with pytest.raises(Refused, match="takes too long to be checked"):
        read_answer("[" * 45 + "]" * 45, doubling, patience=0.2)


@pytest.mark.parametrize("deep", ["[" * 60 + "]" * 60, '{"a":' * 60 + "1" + "}" * 60])
def test_an_answer_that_is_nested_deeper_than_any_flow_is_refused(deep):
    with pytest.raises(Refused, match="nested more than 50 levels deep"):
        read_answer(deep, {})


def test_an_answer_as_deep_as_is_allowed_is_checked_by_a_schema_that_refers_to_itself():
    tree = {"type": "object", "properties": {"a": {"$ref": "#"}}, "additionalProperties": False}

    with pytest.raises(Refused, match="breaks the rule 'additionalProperties'"):
        read_answer('{"a":' * 49 + '{"b": 1}' + "}" * 49, tree)


@pytest.mark.parametrize(
    ("rules", "fits", "does_not"),
    [
        ({"pattern": "^a"}, "ab", "ba"),
        ({"pattern": "^a"}, 5, "b"),
        ({"patternProperties": {"^x": {"type": "string"}}}, {"x1": "a", "y": 1}, {"x1": 1}),
        ({"patternProperties": {"^x": {}}, "properties": {"a": {}}, "additionalProperties": False}, {"a": 1, "x": 1}, {"b": 1}),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, {"a": 1, "b": "c"}, {"b": 1}),
        ({"uniqueItems": True}, [1, True, "1", [1], {"a": 1, "b": 2}], [{"a": 1, "b": 2.0}, {"b": 2, "a": 1.0}]),
        ({"uniqueItems": False}, [1, 1], None),
    ],
)
def test_the_keywords_that_are_ours_say_what_json_schema_says(rules, fits, does_not):
    assert read_answer(json.dumps(fits), {"not": {"const": None}, **rules}) == fits
    with pytest.raises(Refused, match="breaks the rule"):
        read_answer(json.dumps(does_not), {"not": {"const": None}, **rules})


def test_a_number_that_no_computer_divides_is_told_and_harms_nothing():
    with pytest.raises(NeverAgain, match="cannot be applied"):
        read_answer("1" + "0" * 400, {"multipleOf": 0.1})
