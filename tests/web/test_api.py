"""The API: who is let in, what they see, and every refusal with its reason and nothing changed."""

from __future__ import annotations

import json

import pytest

from duo_flows.domain.errors import TryAgain
from duo_flows.domain.people import Person
from duo_flows.domain.sessions import LogKind, NewLogEntry
from signals.names import workflow_id_of
from signals.signatures import is_signed
from tests.web.a_door import ALICE, BOB, BOT, GREETING, GUEST, MARY, PIPELINE_URL, REPORTER, SIGNING_KEY, STRANGER, Door, a_change

FLOWS = ".gitlab/duo/flows"
BUILT_IN = {
    "name": "fix_pipeline",
    "description": "What it does.",
    "source": "built-in",
    "component_count": 2,
    "is_valid": True,
    "error": "",
}
START = {"flow": "fix_pipeline", "project": "shop/checkout", "pipeline_id": 42}


def refused(response, status: int, code: str) -> str:
    """Check that this is the refusal; return its detail."""
    assert (response.status_code, response.json().get("code")) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    return response.json()["detail"]


async def test_a_caller_is_who_their_token_says(door: Door) -> None:
    private = await door.call(ALICE, "GET", "/me")
    bearer = await door.call(None, "GET", "/me", headers={"Authorization": "Bearer token-of-bob"})

    assert (private.json()["username"], bearer.json()["username"]) == ("alice", "bob")


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, "unauthorized"), ({"PRIVATE-TOKEN": "made-up"}, "bad_token"), ({"Authorization": "Basic eA=="}, "unauthorized")],
)
@pytest.mark.parametrize("path", ["/me", "/flows", "/sessions", "/sessions/s1", "/sessions/s1/log", "/sessions/s1/events"])
async def test_nobody_is_let_in_without_a_token_that_gitlab_knows(door: Door, headers: dict, code: str, path: str) -> None:
    await door.a_session()

    response = await door.call(None, "GET", path, headers=headers)

    refused(response, 401, code)
    assert response.headers["www-authenticate"] == "Bearer"
    assert "made-up" not in response.text


async def test_a_token_is_asked_of_gitlab_again_after_half_a_minute(door: Door) -> None:
    await door.call(ALICE, "GET", "/me")
    door.forge.tokens.clear()
    door.clock.move(seconds=29)
    remembered = await door.call(ALICE, "GET", "/me")
    door.clock.move(seconds=2)

    forgotten = await door.call(ALICE, "GET", "/me")

    assert remembered.status_code == 200
    refused(forgotten, 401, "bad_token")


async def test_a_blocked_account_is_not_let_in(door: Door) -> None:
    door.forge.people[ALICE.id] = ALICE.model_copy(update={"is_active": False})

    refused(await door.call(ALICE, "GET", "/me"), 401, "bad_token")


async def test_starting_gives_a_session_and_one_signed_workflow(door: Door) -> None:
    response = await door.call(ALICE, "POST", "/sessions", json=START)

    session = response.json()
    assert response.status_code == 201
    assert (session["requester"], session["status"], session["goal"], session["merge_request_iid"]) == (
        "alice",
        "created",
        PIPELINE_URL,
        3,
    )
    [(workflow_id, (flow, message))] = door.runtime.started.items()
    assert (workflow_id, flow) == (workflow_id_of(session["id"], 1), "fix_pipeline")
    assert is_signed(message, SIGNING_KEY.encode())
    assert (message.requester, message.trigger) == (ALICE.id, "api")
    assert session["links"]["merge_request"] == "https://gitlab.test/shop/checkout/-/merge_requests/3"
    assert session["links"]["temporal"].endswith(f"/namespaces/default/workflows/session%2F{session['id']}%2F1")


async def test_a_session_is_seen_even_while_no_worker_is_up(door: Door) -> None:
    door.runtime.is_worker_up = False
    started = (await door.call(ALICE, "POST", "/sessions", json=START)).json()

    shown = await door.call(ALICE, "GET", f"/sessions/{started['id']}")

    assert shown.json() == started


async def test_the_same_key_starts_the_same_session_once(door: Door) -> None:
    first = await door.call(ALICE, "POST", "/sessions", json=START, headers={"Idempotency-Key": "k"})
    second = await door.call(ALICE, "POST", "/sessions", json=START, headers={"Idempotency-Key": "k"})
    another_person = await door.call(BOB, "POST", "/sessions", json=START, headers={"Idempotency-Key": "k"})

    assert first.json()["id"] == second.json()["id"] != another_person.json()["id"]
    assert len(door.runtime.started) == 2


async def test_the_same_key_for_something_else_is_refused(door: Door) -> None:
    await door.call(ALICE, "POST", "/sessions", json=START, headers={"Idempotency-Key": "k"})

    response = await door.call(ALICE, "POST", "/sessions", json=START | {"goal": "other"}, headers={"Idempotency-Key": "k"})

    refused(response, 409, "key_reused")
    assert len(door.runtime.started) == 1


async def test_a_goal_that_is_a_link_names_what_it_is_about(door: Door) -> None:
    goal = "https://gitlab.test/shop/checkout/-/merge_requests/3"

    response = await door.call(ALICE, "POST", "/sessions", json={"flow": "fix_pipeline", "project": 7, "goal": goal})

    assert (response.json()["merge_request_iid"], response.json()["goal"]) == (3, goal)


@pytest.mark.parametrize(
    ("person", "status", "code"),
    [(REPORTER, 403, "access_too_low"), (GUEST, 404, "not_found"), (STRANGER, 404, "not_found"), (BOT, 403, "forbidden")],
)
async def test_who_is_no_developer_starts_nothing(door: Door, person: Person, status: int, code: str) -> None:
    response = await door.call(person, "POST", "/sessions", json=START)

    refused(response, status, code)
    assert door.nothing_reached_a_workflow()


async def test_a_project_that_one_may_not_see_looks_like_one_that_is_not_there(door: Door) -> None:
    hidden = await door.call(ALICE, "POST", "/sessions", json=START | {"project": "shop/secret"})
    missing = await door.call(ALICE, "POST", "/sessions", json=START | {"project": "shop/nosuch"})

    assert refused(hidden, 404, "not_found").replace("secret", "nosuch") == refused(missing, 404, "not_found")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"flow": "no_such_flow"}, ".gitlab/duo/flows/no_such_flow.yaml does not exist on branch main"),
        ({"flow": "../etc"}, "flow"),
        ({"pipeline_id": -1}, "pipeline_id"),
        ({"requester": "mary"}, "requester"),
        ({"goal": "x" * 16_385}, "goal"),
        ({"project": True}, "project"),
        ({"issue_iid": 2**63}, "issue_iid"),
        ({"pipeline_id": 10**30}, "pipeline_id"),
    ],
)
async def test_a_start_that_is_not_right_says_what_is_wrong(door: Door, change: dict, words: str) -> None:
    response = await door.call(ALICE, "POST", "/sessions", json=START | change)

    assert response.status_code == 422
    assert words in response.json()["detail"]
    assert door.nothing_reached_a_workflow()


@pytest.mark.parametrize("about", [{"pipeline_id": 99}, {"merge_request_iid": 99}], ids=["pipeline", "merge request"])
async def test_a_start_about_what_is_not_there_starts_nothing(door: Door, about: dict) -> None:
    wanted = {name: value for name, value in START.items() if name not in {"pipeline_id", "merge_request_iid", "goal"}}

    response = await door.call(ALICE, "POST", "/sessions", json=wanted | about)

    refused(response, 404, "not_found")
    assert door.nothing_reached_a_workflow()


async def test_a_flow_of_the_projects_own_can_be_started(door: Door) -> None:
    door.forge.files[7, ".gitlab/duo/flows/ours.yaml", "main"] = f"version: v1\n{GREETING}"

    response = await door.call(ALICE, "POST", "/sessions", json=START | {"flow": "ours"})

    assert response.status_code == 201


async def test_temporal_being_away_is_said_and_leaves_no_session(door: Door) -> None:
    door.runtime.fault = TryAgain("Temporal does not answer.")

    response = await door.call(ALICE, "POST", "/sessions", json=START)

    refused(response, 503, "try_again")
    assert response.headers["retry-after"] == "5"
    assert (await door.call(ALICE, "GET", "/sessions")).json()["sessions"] == []


@pytest.mark.parametrize("path", ["", "/log", "/events", "/diff"])
@pytest.mark.parametrize("person", [GUEST, STRANGER], ids=lambda person: person.username)
async def test_a_session_that_one_may_not_read_looks_like_one_that_is_not_there(door: Door, person: Person, path: str) -> None:
    await door.a_question("s1")

    hidden = await door.call(person, "GET", f"/sessions/s1{path}")
    missing = await door.call(person, "GET", f"/sessions/s2{path}")

    assert refused(hidden, 404, "not_found").replace("s1", "s2") == refused(missing, 404, "not_found")


async def test_a_requester_who_lost_the_access_sees_nothing_any_more(door: Door) -> None:
    await door.a_session()
    del door.forge.levels[7, ALICE.id]

    refused(await door.call(ALICE, "GET", "/sessions/s1"), 404, "not_found")


async def test_a_session_shows_its_question_in_full(door: Door) -> None:
    question = await door.a_question()

    waiting = (await door.call(REPORTER, "GET", "/sessions/s1")).json()["waiting"]

    assert (waiting["question"], waiting["on"], waiting["choices"]) == (
        "Apply this?",
        "@alice",
        ["apply", "diff", "cancel", "modify"],
    )
    assert (waiting["digest"], waiting["digest_prefix"]) == (question.digest, question.digest[:12])


async def test_the_full_diff_is_plain_text(door: Door) -> None:
    await door.a_question()

    response = await door.call(REPORTER, "GET", "/sessions/s1/diff")

    assert response.text == a_change().diff
    assert response.headers["content-type"].startswith("text/plain")


async def test_without_an_open_change_there_is_no_diff(door: Door) -> None:
    await door.a_session()

    refused(await door.call(ALICE, "GET", "/sessions/s1/diff"), 409, "no_open_change")


@pytest.mark.parametrize(
    ("person", "query", "expected"),
    [
        (ALICE, "", ["s3", "s2", "s1"]),
        (ALICE, "?mine=true", ["s3", "s1"]),
        (ALICE, "?waiting_for_me=true", ["s3"]),
        (BOB, "?waiting_for_me=true", []),
        (ALICE, "?status=created&waiting_for_me=true", []),
        (ALICE, "?status=created&status=stopped", ["s2", "s1"]),
        (ALICE, "?project=shop/checkout&limit=2", ["s3", "s2"]),
        (ALICE, "?before=s2", ["s1"]),
        (ALICE, "?flow=other", []),
        (ALICE, "?merge_request_iid=3", ["s3", "s2", "s1"]),
        (GUEST, "", []),
        (STRANGER, "", []),
    ],
)
async def test_lists_show_what_is_asked_for_and_may_be_read(door: Door, person: Person, query: str, expected: list[str]) -> None:
    await door.a_session("s1")
    door.clock.move(seconds=1)
    await door.a_session("s2", requester=BOB)
    door.clock.move(seconds=1)
    await door.a_question("s3")
    door.clock.move(seconds=1)
    await door.a_session("hidden", project_id=8)

    response = await door.call(person, "GET", f"/sessions{query}")

    assert [session["id"] for session in response.json()["sessions"]] == expected


async def test_pages_lead_on_to_the_end(door: Door) -> None:
    await door.a_session("s1")
    door.clock.move(seconds=1)
    await door.a_session("s2")

    first = (await door.call(ALICE, "GET", "/sessions?limit=1")).json()
    second = (await door.call(ALICE, "GET", f"/sessions?limit=2&before={first['next_before']}")).json()

    assert ([one["id"] for one in first["sessions"]], first["next_before"]) == (["s2"], "s2")
    assert ([one["id"] for one in second["sessions"]], second["next_before"]) == (["s1"], "")


async def test_a_project_one_may_not_see_cannot_be_listed(door: Door) -> None:
    refused(await door.call(ALICE, "GET", "/sessions?project=shop/secret"), 404, "not_found")


async def test_the_log_is_read_from_any_line(door: Door) -> None:
    await door.a_session()
    entries = [NewLogEntry(key=str(number), kind=LogKind.NOTE, text=f"line {number}") for number in range(3)]
    await door.store.sessions.append("s1", 1, entries)

    page = (await door.call(ALICE, "GET", "/sessions/s1/log?after=1&limit=1&wait_seconds=30")).json()

    assert [entry["text"] for entry in page["entries"]] == ["line 1"]
    assert (page["next_after"], page["is_over"]) == (2, False)


async def test_the_log_of_a_session_that_is_over_is_not_waited_for(door: Door) -> None:
    await door.a_session()
    await door.end()

    page = (await door.call(ALICE, "GET", "/sessions/s1/log?wait_seconds=30")).json()

    assert page == {"entries": [], "next_after": 0, "is_over": True}


async def test_a_stream_goes_on_after_the_last_event_and_ends_with_the_session(door: Door) -> None:
    await door.a_question()
    await door.store.sessions.append("s1", 1, [NewLogEntry(key="x", kind=LogKind.NOTE, text="second")])
    await door.end()

    response = await door.call(ALICE, "GET", "/sessions/s1/events", headers={"Last-Event-ID": "1"})

    assert response.headers["content-type"].startswith("text/event-stream")
    assert [line for line in response.text.splitlines() if line.startswith(("id:", "event:"))] == [
        "event: entry",
        "id: 2",
        "event: end",
        "id: 2",
    ]
    assert '"second"' in response.text


async def test_flows_are_listed_and_shown(door: Door) -> None:
    listed = await door.call(STRANGER, "GET", "/flows")
    shown = await door.call(STRANGER, "GET", "/flows/fix_pipeline")

    assert listed.json() == [BUILT_IN]
    assert shown.json() == {**BUILT_IN, "text": f"version: v1 # fix_pipeline\n{GREETING}"}
    refused(await door.call(STRANGER, "GET", "/flows/other"), 404, "not_found")


async def test_a_projects_own_flows_are_listed_with_what_is_wrong_with_them(door: Door) -> None:
    door.forge.files[7, f"{FLOWS}/ours.yaml", "main"] = "version: v1"
    door.forge.files[7, f"{FLOWS}/broken.yaml", "main"] = "nonsense"
    door.forge.files[7, f"{FLOWS}/Not Ours.yaml", "main"] = "version: v1"
    door.forge.files[7, f"{FLOWS}/README.md", "main"] = "no flow"
    door.forge.files[7, f"{FLOWS}/draft.yaml", "work"] = "of a branch under work"

    listed = (await door.call(ALICE, "GET", "/flows", params={"project": "shop/checkout"})).json()

    assert [(flow["name"], flow["source"], flow["is_valid"]) for flow in listed] == [
        ("fix_pipeline", "built-in", True),
        ("Not Ours", f"{FLOWS}/Not Ours.yaml", False),
        ("broken", f"{FLOWS}/broken.yaml", False),
        ("ours", f"{FLOWS}/ours.yaml", True),
    ]
    assert "its name cannot be started" in listed[1]["error"]
    assert listed[2]["error"] == "line 1, column 1: nonsense."
    assert (listed[3]["description"], listed[3]["component_count"]) == ("A project's own.", 2)


async def test_a_projects_own_flow_is_shown_with_its_file(door: Door) -> None:
    door.forge.files[7, f"{FLOWS}/ours.yaml", "main"] = "version: v1 # ours"

    shown = await door.call(ALICE, "GET", "/flows/ours", params={"project": "7"})

    assert shown.json()["text"] == "version: v1 # ours"
    refused(await door.call(ALICE, "GET", "/flows/fix_pipeline", params={"project": "7"}), 404, "not_found")
    refused(await door.call(ALICE, "GET", "/flows/Ours", params={"project": "7"}), 404, "not_found")


@pytest.mark.parametrize("path", ["/flows", "/flows/ours"])
async def test_flows_of_a_project_that_one_may_not_read_look_like_none(door: Door, path: str) -> None:
    door.forge.files[7, f"{FLOWS}/ours.yaml", "main"] = "version: v1"

    refused(await door.call(STRANGER, "GET", path, params={"project": "shop/checkout"}), 404, "not_found")


async def test_a_project_without_flows_of_its_own_has_the_built_in_ones(door: Door) -> None:
    assert (await door.call(ALICE, "GET", "/flows", params={"project": "7"})).json() == [BUILT_IN]


async def test_a_retry_is_the_next_run(door: Door) -> None:
    await door.a_session()
    await door.end()

    response = await door.call(ALICE, "POST", "/sessions/s1/retry")

    assert (response.status_code, response.json()["run"], response.json()["status"]) == (201, 2, "created")
    [(workflow_id, (_flow, message))] = door.runtime.started.items()
    assert (workflow_id, message.run) == ("session/s1/2", 2)
    assert is_signed(message, SIGNING_KEY.encode())


async def test_a_second_retry_is_refused_and_starts_nothing(door: Door) -> None:
    await door.a_session()
    await door.end()
    await door.call(ALICE, "POST", "/sessions/s1/retry")

    refused(await door.call(ALICE, "POST", "/sessions/s1/retry"), 409, "still_active")
    assert list(door.runtime.started) == ["session/s1/2"]


async def test_only_the_requester_can_retry(door: Door) -> None:
    await door.a_session()
    await door.end()

    refused(await door.call(MARY, "POST", "/sessions/s1/retry"), 403, "not_the_requester")
    assert door.nothing_reached_a_workflow()


async def test_health_metrics_and_the_description_are_served(door: Door) -> None:
    await door.call(None, "GET", "/me")
    await door.hook({})

    alive = await door.client.get("/healthz")
    ready = await door.client.get("/readyz")
    metrics = (await door.client.get("/metrics")).text
    paths = (await door.client.get("/openapi.json")).json()["paths"]

    assert (alive.status_code, ready.json()) == (200, {"store": True, "temporal": True})
    assert 'duoflow_hooks_total{result="refused"} 1.0' in metrics
    assert 'duoflow_api_refusals_total{status="401"} 1.0' in metrics
    assert "/api/v1/sessions/{session_id}/answer" in paths


async def test_a_door_whose_temporal_is_away_is_not_ready(door: Door) -> None:
    door.runtime.fault = TryAgain("away")

    response = await door.client.get("/readyz")

    assert (response.status_code, response.json()) == (503, {"store": True, "temporal": False})


@pytest.mark.parametrize("name", ["\ud800", "a b", "shop/checkout?x", "\u202eshop", "x" * 501])
async def test_what_cannot_be_a_project_is_refused_before_gitlab_is_asked(door: Door, name: str) -> None:
    body = json.dumps({**START, "project": name})
    response = await door.call(ALICE, "POST", "/sessions", content=body, headers={"Content-Type": "application/json"})

    assert "project" in refused(response, 422, "invalid_request")
    assert door.nothing_reached_a_workflow()


async def test_a_number_longer_than_any_of_gitlabs_is_no_project(door: Door) -> None:
    response = await door.call(ALICE, "GET", "/flows", params={"project": "9" * 400})

    assert refused(response, 404, "not_found")
