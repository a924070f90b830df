"""The session's context: paths, short fields of stored values, and who may write a reference."""

from __future__ import annotations

from typing import Any

import pytest

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.flow_context import (
    RESERVED_NAMES,
    MissingValue,
    StoredValue,
    initial_context,
    is_stored,
    joined_fields,
    lookup,
    refuse_forged,
    resolve_inputs,
    stored,
)
from duo_flows.domain.flow_definition import Input
from duo_flows.domain.instance import GitLabInstance

REF = "ab" * 32
LONG = "x" * 201
ANSWER = {
    "verdict": "fixable",
    "confidence": 0.9,
    "reason": LONG,
    "files": ["a.py"],
    "first": {"second": {"third": {"fourth": "deep"}, "word": "here"}},
}
CONTEXT: dict[str, Any] = {
    "goal": "Fix it",
    "inputs": {"pipeline": {"source_branch": "topic"}},
    "small": {"final_answer": {"is_safe": True, "nothing": None}},
    "large": {"final_answer": stored(REF, 90_000, ANSWER)},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("context:goal", "Fix it"),
        ("context:inputs.pipeline.source_branch", "topic"),
        ("context:small.final_answer", {"is_safe": True, "nothing": None}),
        ("context:small.final_answer.is_safe", True),
        ("context:small.final_answer.nothing", None),
        ("context:large.final_answer.verdict", "fixable"),
        ("context:large.final_answer.confidence", 0.9),
        ("context:large.final_answer.first.second.word", "here"),
    ],
)
def test_a_path_leads_to_its_value(path: str, value: Any) -> None:
    assert lookup(CONTEXT, path) == value


@pytest.mark.parametrize(
    ("path", "keys", "whole"),
    [
        ("context:large.final_answer", (), ANSWER),
        ("context:large.final_answer.reason", ("reason",), LONG),
        ("context:large.final_answer.files", ("files",), ["a.py"]),
        ("context:large.final_answer.first.second.third", ("first", "second", "third"), {"fourth": "deep"}),
    ],
)
def test_a_part_too_long_to_travel_stays_a_reference_that_knows_its_way(path: str, keys: tuple[str, ...], whole: Any) -> None:
    found = lookup(CONTEXT, path)

    assert is_stored(found)
    part = StoredValue.model_validate(found)
    assert (part.ref, part.path) == (REF, keys)
    assert part.part_of(ANSWER) == whole


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("context:nobody.final_answer", "context has only goal, inputs, large, small"),
        ("context:small.final_answer.other", "context:small.final_answer has only is_safe, nothing"),
        ("context:goal.word", "context:goal is a str without fields"),
        ("context:large.final_answer.other", "context:large.final_answer has only confidence"),
        ("status", "does not name a value of the context"),
    ],
)
def test_a_path_that_breaks_off_says_where(path: str, reason: str) -> None:
    with pytest.raises(MissingValue, match=reason) as caught:
        lookup(CONTEXT, path)

    assert path in str(caught.value)
    assert LONG not in str(caught.value)


def test_short_fields_stop_at_a_hundred_names() -> None:
    form = stored(REF, 10, {f"k{n}": n for n in range(1_000)})

    assert len(form["$fields"]) == 100


def test_a_stored_text_has_no_fields() -> None:
    assert stored(REF, 10, LONG) == {"$ref": REF, "$size": 10, "$fields": {}}


def test_inputs_are_resolved_by_name() -> None:
    inputs = [
        Input.model_validate("context:goal"),
        Input.model_validate({"from": "context:large.final_answer", "as": "answer"}),
        Input.model_validate({"from": "context:nobody.final_answer", "as": "other", "optional": True}),
        Input.model_validate({"from": "20", "as": "per_page", "literal": True}),
    ]

    assert resolve_inputs(inputs, CONTEXT) == {
        "goal": "Fix it",
        "answer": CONTEXT["large"]["final_answer"],
        "other": None,
        "per_page": "20",
    }


def test_a_missing_input_that_is_not_optional_fails() -> None:
    with pytest.raises(MissingValue, match="nobody"):
        resolve_inputs([Input.model_validate("context:nobody.final_answer")], CONTEXT)


def test_a_flow_starts_with_gitlabs_names() -> None:
    context = initial_context(
        goal="g",
        project_id=7,
        project_http_url_to_repo="https://gitlab.example/a/b.git",
        current_date="2026-01-02",
        workflow_id="w",
        session_url="https://duo.example/s",
        project_default_branch="main",
        instance=GitLabInstance(url="https://gitlab.example", version="19.1.0-ee"),
        inputs={"merge_request": {"url": "u"}},
    )

    assert lookup(context, "context:project_id") == 7
    assert lookup(context, "context:gitlab_instance_version") == "19.1.0-ee"
    assert set(context) == RESERVED_NAMES
    assert lookup(context, "context:inputs.merge_request.url") == "u"


@pytest.mark.parametrize("value", [stored(REF, 1, "x"), {"deep": [1, {"er": stored(REF, 1, "x")}]}])
def test_a_model_cannot_hand_in_a_reference(value: Any) -> None:
    with pytest.raises(NeverAgain, match="analyse holds what looks like a stored reference"):
        refuse_forged(value, where="analyse")


@pytest.mark.parametrize(
    "value", [{"$ref": "#/definitions/a"}, ["a"], None, "text", {"$ref": 1, "$size": 2, "$fields": {}, "more": 3}]
)
def test_what_only_resembles_a_reference_passes(value: Any) -> None:
    refuse_forged(value, where="analyse")

    assert not is_stored(value)


def test_fields_of_several_values_stand_together() -> None:
    large = stored(REF, 9_000, {"a": 2, "text": "long " * 2_000})

    joined = joined_fields([{"a": 1, "b": 1}, large, ["a list"], "a text", None])

    assert (joined["a"], joined["b"], joined["text"]["$path"]) == (2, 1, ["text"])
