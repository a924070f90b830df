"""Our webhook stands on a project exactly once."""

import base64
import json

import pytest

from duo_flows.domain.errors import NeverAgain, Refused

server = pytest.mark.server

URL = "http://127.0.0.1:9/hooks/gitlab"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ANOTHER = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()


@pytest.fixture
def hooks(gitlab, project_id):
    """Return the project's hooks; a test begins and ends without any."""

    def listed():
        return gitlab.rest("GET", f"/projects/{project_id}/hooks", by="dan")

    yield listed
    for hook in listed():
        gitlab.rest("DELETE", f"/projects/{project_id}/hooks/{hook['id']}", by="dan")


@server
async def test_a_project_gets_our_hook_with_its_events(forge, project_id, hooks):
    await forge.accept_hooks(project_id, url=URL, signing_token=SECRET)
    (hook,) = hooks()
    assert hook["url"] == URL
    assert hook["signing_token_present"]
    assert not hook["token_present"]
    assert {name for name, value in hook.items() if name.endswith("_events") and value} == {
        "note_events",
        "confidential_note_events",
        "pipeline_events",
        "merge_requests_events",
        "issues_events",
        "confidential_issues_events",
    }


@server
async def test_asking_again_keeps_one_hook(forge, project_id, hooks):
    await forge.accept_hooks(project_id, url=URL, signing_token=SECRET)
    (first,) = hooks()
    await forge.accept_hooks(project_id, url=URL, signing_token=ANOTHER)
    assert [hook["id"] for hook in hooks()] == [first["id"]]


@server
async def test_doubles_are_removed_and_others_hooks_stay(forge, project_id, hooks, gitlab):
    made = [gitlab.rest("POST", f"/projects/{project_id}/hooks", by="dan", url=url)["id"] for url in (URL, f"{URL}2", URL)]
    await forge.accept_hooks(project_id, url=URL, signing_token=SECRET)
    assert sorted(hook["id"] for hook in hooks()) == made[:2]


@server
async def test_without_the_role_no_hook_is_made(forge, gitlab):
    open_project = gitlab.project_id("shop/open")
    with pytest.raises(Refused, match="check its role in the project"):
        await forge.accept_hooks(open_project, url=URL, signing_token=SECRET)


@server
async def test_a_token_that_gitlab_finds_wrong_makes_no_hook_and_is_not_told(forge, project_id, hooks):
    with pytest.raises(NeverAgain, match="signing_token") as raised:
        await forge.accept_hooks(project_id, url=URL, signing_token="whsec_c2hvcnQ=")
    assert "c2hvcnQ" not in str(raised.value)
    assert hooks() == []


@server
async def test_a_gitlab_that_does_not_sign_is_refused(scripted, scripted_forge):
    hook = {"id": 3, "url": URL}
    scripted.answers["/projects/1/hooks"] = (200, {}, json.dumps([hook]).encode())
    scripted.answers["/projects/1/hooks/3"] = (200, {}, json.dumps(hook).encode())
    with pytest.raises(NeverAgain, match="does not sign its webhooks"):
        await scripted_forge.accept_hooks(1, url=URL, signing_token=SECRET)
    assert scripted.asked[-1] == "DELETE /projects/1/hooks/3"
