"""The table of what is served of the schema: it names every key that the loader takes, and each row is held by tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from duo_flows.domain.flow_components import (
    AgentComponent,
    CycleLimit,
    DeterministicStepComponent,
    FlowModel,
    HumanInputComponent,
    Input,
    OneOffComponent,
    SubAgent,
)
from duo_flows.domain.flow_definition import (
    Condition,
    FlowDefinition,
    FlowEntry,
    FlowInputs,
    InputField,
    Prompt,
    PromptParams,
    PromptTemplate,
    ResponseSchema,
    Router,
)

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| feature", "|--"))
]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")

MODELS: tuple[type[FlowModel], ...] = (
    AgentComponent,
    CycleLimit,
    Condition,
    DeterministicStepComponent,
    FlowDefinition,
    FlowEntry,
    FlowInputs,
    HumanInputComponent,
    Input,
    InputField,
    OneOffComponent,
    Prompt,
    PromptParams,
    PromptTemplate,
    ResponseSchema,
    Router,
    SubAgent,
)
KEYS = sorted({field.alias or name for model in MODELS for name, field in model.model_fields.items()})


@cache
def named_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:60] for row in ROWS])
def test_every_row_names_tests_that_exist(row: list[str]):
    named = TEST.findall(row[-1])

    assert named
    assert [(file, name) for file, name in named if name not in named_in(file)] == []


@pytest.mark.parametrize("key", KEYS)
def test_every_key_that_the_loader_takes_is_in_the_table(key: str):
    assert any(f"`{key}`" in row[0] or f"`{key}:" in row[0] for row in ROWS)
