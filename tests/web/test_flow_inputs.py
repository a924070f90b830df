"""A start over the API is refused at the door where its flow would not be given what it asks for, and nothing begins."""

import json

import pytest

from tests.web.a_door import ALICE, GREETING, Door

OWN = f"""version: v1
{GREETING.split("  inputs:", 1)[0]}
  inputs:
    - category: ticket
      version_constraint: ^1.0.0
      input_schema:
        url: {{type: string, format: uri}}
        note: {{type: string, optional: true}}
"""
START = {"flow": "ours", "project": "shop/checkout", "definition": OWN}


def ticket(*, version: str = "1.2.0", **fields: object) -> list[dict[str, str]]:
    return [{"Category": "ticket", "Content": json.dumps(fields), "Metadata": json.dumps({"version": version})}]


async def test_what_the_flow_asks_for_travels_with_the_start(door: Door) -> None:
    given = ticket(url="https://tickets.example.com/7", other=[1])

    response = await door.call(ALICE, "POST", "/sessions", json=START | {"additional_context": given})

    assert response.status_code == 201, response.text
    [(_flow, message)] = door.runtime.started.values()
    assert [item.model_dump() for item in message.additional_context] == given


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ([], "invalid_inputs", "inputs.ticket.url is missing: a string."),
        (ticket(url=7), "invalid_inputs", "inputs.ticket.url has to be a string, and is an integer."),
        (ticket(url="no address"), "invalid_inputs", "inputs.ticket.url has to be a text in the format uri."),
        (ticket(url="https://a.example.com", note=True), "invalid_inputs", "inputs.ticket.note has to be a string"),
        (ticket(url="https://a.example.com", version="2.0.0"), "invalid_inputs", "has version 2.0.0, and the flow takes ^1.0.0."),
        ([{"Category": "ticket", "Content": "{"}], "invalid_start", "'ticket' is not JSON in its Content"),
    ],
)
async def test_a_start_that_gives_something_else_is_refused_and_starts_nothing(door: Door, given, code, told) -> None:
    response = await door.call(ALICE, "POST", "/sessions", json=START | {"additional_context": given})

    assert (response.status_code, response.json()["code"]) == (422, code)
    assert told in response.json()["detail"]
    assert "no address" not in response.text
    assert door.nothing_reached_a_workflow()


async def test_a_flow_about_a_pipeline_needs_one_or_a_merge_request_that_has_one(door: Door) -> None:
    without = await door.call(ALICE, "POST", "/sessions", json={"flow": "fix_pipeline", "project": 7, "goal": "Fix it."})
    with_one = await door.call(ALICE, "POST", "/sessions", json={"flow": "fix_pipeline", "project": 7, "merge_request_iid": 3})

    assert (without.status_code, without.json()["code"]) == (422, "invalid_inputs")
    assert "inputs.pipeline.id is missing" in without.json()["detail"]
    assert with_one.status_code == 201


@pytest.mark.parametrize(
    "other",
    [{"definition": OWN.replace("note:", "remark:")}, {"additional_context": ticket(url="https://tickets.example.com/8")}],
)
async def test_the_same_key_for_another_definition_or_context_is_refused_and_starts_nothing(door: Door, other) -> None:
    key = {"Idempotency-Key": "k"}
    start = START | {"additional_context": ticket(url="https://tickets.example.com/7")}
    first = await door.call(ALICE, "POST", "/sessions", json=start, headers=key)

    again = await door.call(ALICE, "POST", "/sessions", json=start, headers=key)
    response = await door.call(ALICE, "POST", "/sessions", json=start | other, headers=key)

    assert (again.json()["id"], response.status_code, response.json()["code"]) == (first.json()["id"], 409, "key_reused")
    assert len(door.runtime.started) == 1


async def test_a_definition_that_cannot_run_is_refused_at_the_door(door: Door) -> None:
    wanted = START | {"definition": "version: v1\nflow: nonsense\n"}

    response = await door.call(ALICE, "POST", "/sessions", json=wanted)

    assert response.status_code == 422
    assert "line 2" in response.json()["detail"]
    assert door.nothing_reached_a_workflow()
