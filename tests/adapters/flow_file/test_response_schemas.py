"""Response schemas: read by the dialect that they name, and never a reason to fetch something or to stand still."""

import pytest

from duo_flows.adapters.flow_file import check_flow
from duo_flows.adapters.flow_file.answers import read_answer
from duo_flows.domain.errors import NeverAgain, Refused

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
