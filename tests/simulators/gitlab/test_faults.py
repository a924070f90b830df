"""Faults on demand."""

import httpx2
import pytest

pytestmark = pytest.mark.server
HEADERS = {"PRIVATE-TOKEN": "dan-token"}


@pytest.fixture(autouse=True)
def _healthy_again(stand_in):
    yield
    stand_in.control("DELETE", "faults")


def test_a_rate_limit_says_when_to_come_back_and_ends(stand_in):
    fault = {"match": {"method": "GET", "path_regex": "/user$"}, "status": 429, "retry_after": 2, "count": 1}
    stand_in.control("POST", "faults", **fault)

    first = httpx2.get(f"{stand_in.url}/api/v4/user", headers=HEADERS)
    second = httpx2.get(f"{stand_in.url}/api/v4/user", headers=HEADERS)

    assert (first.status_code, first.headers["Retry-After"], first.text) == (429, "2", "Retry later\n")
    assert (second.status_code, stand_in.control("GET", "faults")[0]["hits"]) == (200, 1)


def test_a_dropped_connection_has_no_answer(stand_in):
    stand_in.control("POST", "faults", match={"path_regex": "/version"}, drop_connection=True)

    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"{stand_in.url}/api/v4/version", headers=HEADERS)


def test_an_answer_can_be_lost_after_its_effect(stand_in):
    match = {"method": "POST", "path_regex": "/issues$"}
    stand_in.control("POST", "faults", match=match, drop_connection=True, apply_first=True)
    project = stand_in.described["projects"]["team/app"]["id"]

    with pytest.raises(httpx2.TransportError):
        httpx2.post(f"{stand_in.url}/api/v4/projects/{project}/issues", headers=HEADERS, json={"title": "Once"})

    assert len(stand_in.project("dan").issues.list(search="Once", get_all=True)) == 1


def test_a_pattern_that_is_none_is_refused(stand_in):
    answer = httpx2.post(f"{stand_in.url}/-/simulator/faults", json={"match": {"path_regex": "("}})

    assert answer.status_code == 400
    assert "fault is invalid" in answer.json()["error"]
    assert stand_in.control("GET", "faults") == []
