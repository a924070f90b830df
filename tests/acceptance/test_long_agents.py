"""An agent of hundreds of turns, over many histories and the deaths of its worker: the same result as undisturbed (F9, P3)."""

import random
import sqlite3
from collections import Counter
from contextlib import closing
from typing import Any

import httpx2
import pytest
import yaml

from duo_flows.bootstrap.embedded.layout import Story, layout_of
from duo_flows.bootstrap.embedded.ports import free_ports
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import People
from tests.acceptance.scenario import PROJECT, write_scenario
from tests.acceptance.stack import Stack, running_stack
from tests.acceptance.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]

Json = dict[str, Any]

TURNS = 400
GOAL = "Read it again and again."
# Any five; these stay the same from run to run, so that a failure can be repeated.
DIES_AT = sorted(random.Random(41).sample(range(10, TURNS - 10), 5))  # noqa: S311 - no secret
# Seconds for all turns. They take one minute on a machine of two cores that does nothing else.
PATIENCE = 300.0

FLOW = f"""
version: v1
environment: ambient
components:
  - {{name: reader, type: AgentComponent, prompt_id: reader, toolset: [get_repository_file], max_cycles: {TURNS + 10}}}
routers: [{{from: reader, to: end}}]
flow: {{entry_point: reader, summary: "{{{{ reader.final_answer }}}}"}}
prompts: [{{prompt_id: reader, prompt_template: {{system: "You read patiently.", user: "{{{{ goal }}}}"}}}}]
"""
# Every turn says which it is, so that one that was taken twice, or left out, changes the conversation.
LAST = {
    "name": "the last",
    "when": {"turn_number": TURNS},
    "reply": [{"text": "I have read it {{ tool_results('get_repository_file') | length }} times."}],
}
ANY = {
    "name": "one more",
    "reply": [
        {"text": "Turn {{ turn_number }}."},
        {"tool_use": {"name": "get_repository_file", "input": {"file_path": "src/payments/__init__.py"}}},
    ],
}


@pytest.fixture(scope="module")
def long_stack(tmp_path_factory):
    """A stack whose Temporal finds every history long after a few hundred events, and whose model only wants to read."""
    folder = write_scenario(tmp_path_factory.mktemp("scenario") / "reading")
    (folder / "claude.yaml").write_text(yaml.safe_dump({"turns": [LAST, ANY]}))
    settings = {**SETTINGS, "DUOFLOWS_COST_CAP_USD": "1000", "DUOFLOWS_SIGN_OF_LIFE": "PT3S"}
    layout = layout_of(Story(folder=folder, seed=7), home=tmp_path_factory.mktemp("stack"), ports=free_ports())
    with running_stack(layout, settings, {"limit.historyCount.suggestContinueAsNew": "400"}) as stack:
        yield stack


@pytest.fixture
def people(long_stack) -> People:
    return People(long_stack)


def started(people: People) -> str:
    body = {"flow": "reading", "project": PROJECT, "goal": GOAL, "definition": FLOW}
    answer = people.call("POST", "/sessions", by="maya", **body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def turns_of(stack: Stack) -> int:
    """Return how many turns are recorded. Asked of the store itself: an API that is asked all the time slows everything down."""
    with closing(sqlite3.connect(f"file:{stack.layout.home / 'duo-flows.db'}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM model_turns WHERE reply_ref != ''").fetchone()[0])


def turn_number(request: Json) -> int:
    return 1 + len([message for message in request["body"]["messages"] if message["role"] == "assistant"])


def undisturbed(read: str) -> list[Json]:
    """Return what an agent that nothing disturbs has in its conversation at its last turn; `read` is what each call gives."""
    rounds = [
        (
            {"role": "assistant", "content": [f"Turn {n}.", f"call {n}"]},
            {"role": "user", "content": [f"result of call {n}: {read}"]},
        )
        for n in range(1, TURNS)
    ]
    return [{"role": "user", "content": [GOAL]}, *(message for both in rounds for message in both)]


def told(request: Json) -> list[Json]:
    """Return the conversation that a request holds, in the same words: calls are named by their order."""
    names: dict[str, str] = {}
    return [
        {"role": message["role"], "content": [_block(block, names) for block in message["content"]]}
        for message in request["body"]["messages"]
    ]


def _block(block: Json, names: dict[str, str]) -> str:
    if block["type"] == "tool_use":
        return names.setdefault(block["id"], f"call {len(names) + 1}")
    if block["type"] == "tool_result":
        return f"result of {names[block['tool_use_id']]}: {block['content']}"
    return str(block["text"])


def lines_of(people: People, session_id: str, kind: str) -> list[Json]:
    pages = [f"/sessions/{session_id}/log?after={after}&limit=500" for after in range(0, 3 * TURNS, 500)]
    entries = [line for page in pages for line in people.call("GET", page, by="maya").json()["entries"]]
    return [line for line in entries if line["kind"] == kind]


def histories_of(stack: Stack, workflow_id: str) -> int:
    """Return over how many histories a workflow has gone, as Temporal's own page lists them."""
    url = f"{stack.layout.temporal_ui_url}/api/v1/namespaces/default/workflows"
    found = httpx2.get(url, params={"query": f'WorkflowId="{workflow_id}"'}).raise_for_status()
    return len(found.json()["executions"])


def test_an_agent_of_many_turns_comes_to_the_same_result_however_often_its_worker_dies(people, long_stack):
    session_id = started(people)
    deaths = []
    for turn in DIES_AT:
        eventually(f"turn {turn}", lambda turn=turn: turns_of(long_stack) >= turn, within=PATIENCE)
        long_stack.kill("worker")
        # While nobody works: how many turns are recorded, and how many requests were made for them.
        deaths.append((turns_of(long_stack), len(long_stack.model_requests())))
        long_stack.start("worker")
    eventually("the last turn", lambda: turns_of(long_stack) >= TURNS, within=PATIENCE)
    session = people.ended(session_id)
    requests = long_stack.model_requests()

    assert (session["ending"], session["summary"]) == ("done", f"I have read it {TURNS - 1} times.")
    last = next(request for request in requests if turn_number(request) == TURNS)
    [*_, result] = told(last)[2]["content"]
    assert told(last) == undisturbed(result.removeprefix("result of call 1: "))
    asked = Counter(map(turn_number, requests))
    assert set(asked) == set(range(1, TURNS + 1))
    # A turn that was recorded is not asked for again: whatever is asked for after a death comes after the last one recorded.
    assert [
        turn_number(request) for recorded, made in deaths for request in requests[made:] if turn_number(request) <= recorded
    ] == []
    # Of the others, at most one can have died with each worker.
    assert len(requests) <= TURNS + len(DIES_AT)
    assert TURNS <= session["usage"]["turns"] <= len(requests)
    assert histories_of(long_stack, session["workflow_id"]) > 5
    turns = [line["text"] for line in lines_of(people, session_id, "model")]
    assert turns == [*(f"Turn {n}. [calls get_repository_file]" for n in range(1, TURNS)), "The agent has given its answer."]
    assert len(lines_of(people, session_id, "tool")) == TURNS - 1
