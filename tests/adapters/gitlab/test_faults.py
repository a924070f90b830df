"""What goes wrong at GitLab comes out as what to do next, and tells no secrets."""

import asyncio
import json
import time
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from duo_flows.adapters.gitlab import GitLabForge
from duo_flows.adapters.gitlab.faults import asked_wait
from duo_flows.domain.errors import NeverAgain, NotFound, TryAgain

server = pytest.mark.server
PROJECT = {
    "id": 1,
    "path_with_namespace": "a/b",
    "default_branch": None,
    "web_url": "http://h/a/b",
    "http_url_to_repo": "http://h/a/b.git",
}


@server
async def test_a_limit_is_told_and_not_waited_for(forge, project_id, gitlab):
    gitlab.fail("GET", rf"/projects/{project_id}$", status=429, retry_after=7)
    with pytest.raises(TryAgain, match="429") as limited:
        await forge.project(project_id)
    assert limited.value.retry_after == timedelta(seconds=7)
    assert (await forge.project(project_id)).id == project_id


@server
@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_error_is_tried_again_by_others(forge, project_id, gitlab, status):
    gitlab.fail("GET", rf"/projects/{project_id}$", status=status)
    with pytest.raises(TryAgain, match=str(status)) as down:
        await forge.project(project_id)
    assert down.value.retry_after is None
    assert (await forge.project(project_id)).id == project_id


@server
async def test_a_broken_connection_is_tried_again(forge, project_id, gitlab):
    gitlab.fail("GET", rf"/projects/{project_id}$", drop_connection=True)
    with pytest.raises(TryAgain):
        await forge.project(project_id)


@server
async def test_an_answer_that_takes_too_long_is_tried_again(gitlab, project_id):
    gitlab.fail("GET", rf"/projects/{project_id}$", delay_ms=3000)
    impatient = GitLabForge(gitlab.url, gitlab.token("duo"), timeout=0.2)
    with pytest.raises(TryAgain, match="did not answer in time"):
        await impatient.project(project_id)
    impatient.close()
    gitlab.heal()


@server
async def test_a_token_that_is_not_accepted_says_what_to_set(gitlab, project_id):
    stale = GitLabForge(gitlab.url, "glpat-stale-token-of-the-account", timeout=10)
    with pytest.raises(NeverAgain, match="the service account's token is not accepted: set GITLAB_TOKEN") as raised:
        await stale.project(project_id)
    stale.close()
    assert raised.value.code == "token_not_accepted"


@server
@pytest.mark.parametrize(("status", "code"), [(403, "forbidden"), *((number, "gitlab_refused") for number in (400, 409, 422))])
async def test_other_refusals_are_never_tried_again(forge, project_id, gitlab, status, code):
    gitlab.fail("GET", rf"/projects/{project_id}$", status=status)
    with pytest.raises(NeverAgain) as raised:
        await forge.project(project_id)
    assert raised.value.code == code


@server
async def test_many_questions_at_once_are_answered_each_by_its_own(forge, gitlab):
    names = ["maya", "dan", "gus", "mallory", "duo"] * 6
    people = await asyncio.gather(*(forge.person(gitlab.user_id(name)) for name in names))
    assert [person.username for person in people] == names


@server
async def test_no_gitlab_at_all_is_tried_again():
    nowhere = GitLabForge("http://127.0.0.1:9", "glpat-x", timeout=5)
    with pytest.raises(TryAgain):
        await nowhere.account()
    nowhere.close()


@pytest.mark.parametrize("url", ["", "gitlab.example.com", "ftp://h", "https://user:pw@h", "https://"])
def test_an_address_that_is_none_is_told_at_once(url):
    with pytest.raises(NeverAgain, match="GITLAB_URL must be") as raised:
        GitLabForge(url, "glpat-x")
    assert "pw" not in str(raised.value)


@server
async def test_a_redirect_to_another_host_is_not_followed(scripted, scripted_forge, elsewhere):
    scripted.answers["/projects/1"] = (302, {"Location": f"{elsewhere.url}/api/v4/projects/1"}, b"")
    with pytest.raises(NeverAgain, match="redirects project 1 to another host"):
        await scripted_forge.project(1)
    assert elsewhere.asked == []


@server
async def test_a_redirect_of_a_moved_project_is_followed(scripted, scripted_forge):
    scripted.answers["/projects/old%2Fname"] = (301, {"Location": f"{scripted.url}/api/v4/projects/1"}, b"")
    scripted.answers["/projects/1"] = (200, {}, json.dumps(PROJECT).encode())
    assert (await scripted_forge.project("old/name")).path == "a/b"


@server
@pytest.mark.parametrize("path", ["/other", "/api/v4/projects"])
async def test_a_next_page_on_another_host_is_not_asked_for(scripted, scripted_forge, elsewhere, path):
    scripted.answers["/projects/1/pipelines"] = (200, {"Link": f'<{elsewhere.url}{path}>; rel="next"'}, b"[]")
    with pytest.raises(NeverAgain):
        await scripted_forge.pipelines(1)
    assert elsewhere.asked == []


@server
@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"[]", b"{}", b'{"id": "x"}', b"not json", b"null"])
async def test_an_answer_of_another_shape_is_never_tried_again(scripted, scripted_forge, body):
    scripted.answers["/projects/1"] = (200, {}, body)
    with pytest.raises(NeverAgain, match="could not be read") as raised:
        await scripted_forge.project(1)
    assert raised.value.code == "bad_answer"


@server
async def test_gitlabs_reason_is_passed_on_in_one_clean_line(scripted, scripted_forge):
    message = {"message": "403 Forbidden - your IP\n\x1b[31mis blocked, token glpat-" + "duo0service0account " + "x" * 5000}
    scripted.answers["/projects/1"] = (403, {}, json.dumps(message).encode())
    with pytest.raises(NeverAgain) as raised:
        await scripted_forge.project(1)
    assert "GitLab says: 403 Forbidden - your IP is blocked, token [redacted:gitlab_token]" in str(raised.value)
    assert len(str(raised.value)) < 500


@server
async def test_a_page_of_html_is_not_passed_on(scripted, scripted_forge):
    scripted.answers["/projects/1"] = (403, {"Content-Type": "text/html"}, b"<!DOCTYPE html><h1>Blocked</h1>")
    with pytest.raises(NeverAgain) as raised:
        await scripted_forge.project(1)
    assert "<" not in str(raised.value)


@server
@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 429, 500])
async def test_neither_token_nor_address_is_in_an_error(scripted, scripted_forge, status):
    scripted.answers["/projects/1"] = (status, {"Location": "http://127.0.0.1:9/"}, b"{}")
    with pytest.raises((NeverAgain, NotFound, TryAgain)) as raised:
        await scripted_forge.project(1)
    told = "".join(traceback.format_exception(raised.value))
    assert "service-account-token" not in told
    assert scripted.url not in told


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "999999"}, 3600),
        ({"ratelimit-reset": "0"}, 1),
        ({"retry-after": "2", "ratelimit-reset": "9999999999"}, 2),
        ({"retry-after": "soon", "ratelimit-reset": "9999999999"}, 3600),
    ],
)
def test_the_wait_that_gitlab_asks_for_is_read(headers, seconds):
    assert asked_wait(headers, is_limited=True) == timedelta(seconds=seconds)


def test_a_wait_may_be_a_date_or_a_moment():
    at = datetime.now(UTC) + timedelta(minutes=10)
    waits = (
        asked_wait({"retry-after": format_datetime(at)}, is_limited=False),
        asked_wait({"ratelimit-reset": str(int(time.time()) + 600)}, is_limited=True),
    )
    assert all(wait is not None and timedelta(minutes=5) < wait <= timedelta(minutes=10) for wait in waits)


@pytest.mark.parametrize("headers", [{}, {"retry-after": ""}, {"retry-after": "soon"}, {"ratelimit-reset": "9999999999"}])
def test_without_a_wait_none_is_made_up(headers):
    assert asked_wait(headers, is_limited=False) is None
