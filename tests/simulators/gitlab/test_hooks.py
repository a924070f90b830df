"""Webhooks as they arrive."""

import gitlab
import pytest
from standardwebhooks import Webhook

pytestmark = pytest.mark.server
SIGNING_TOKEN = "whsec_" + "A" * 43 + "="


def issue_of(stand_in, username="dan"):
    return stand_in.project(username).issues.get(1)


def hook_of(stand_in):
    return stand_in.project("mara").hooks.list(get_all=True)[0]


def test_a_comment_arrives_signed_and_with_gitlabs_headers(stand_in, receiver):
    note = issue_of(stand_in).notes.create({"body": "hello"})

    headers, body, raw = receiver.next("note", lambda sent: sent["object_attributes"]["id"] == note.id)

    Webhook(SIGNING_TOKEN).verify(raw, headers)
    assert headers["X-Gitlab-Event"] == "Note Hook"
    assert headers["X-Gitlab-Token"] == "kept-by-the-receiver"
    assert headers["X-Gitlab-Instance"] == stand_in.url
    assert headers["Idempotency-Key"] == headers["webhook-id"]
    assert (body["object_attributes"]["action"], body["object_attributes"]["note"]) == ("create", "hello")
    assert (body["user"]["username"], body["user"]["email"], body["issue"]["iid"]) == ("dan", "[REDACTED]", 1)


def test_an_edit_names_the_editor_and_keeps_the_author(stand_in, receiver):
    note = issue_of(stand_in).notes.create({"body": "before"})
    theirs = issue_of(stand_in, "mara").notes.get(note.id)
    theirs.body = "after"
    theirs.save()

    _, body, _ = receiver.next("note", lambda sent: sent["object_attributes"]["action"] == "update")

    users = stand_in.described["users"]
    assert (body["user"]["id"], body["object_attributes"]["author_id"]) == (users["mara"]["id"], users["dan"]["id"])


def test_an_internal_comment_has_its_own_event(stand_in, receiver):
    issue_of(stand_in).notes.create({"body": "between us", "internal": True})

    headers, body, _ = receiver.next("note", lambda sent: sent["object_attributes"]["internal"])

    assert (headers["X-Gitlab-Event"], body["event_type"]) == ("Confidential Note Hook", "confidential_note")


def test_a_changed_issue_tells_what_changed(stand_in, receiver):
    issue = stand_in.project("dan").issues.create({"title": "Old"})
    issue.title = "New"
    issue.save()

    _, body, _ = receiver.next("issue", lambda sent: sent["object_attributes"]["action"] == "update")

    assert body["changes"]["title"] == {"previous": "Old", "current": "New"}


def test_a_commit_is_told_as_a_push(stand_in, receiver):
    action = {"action": "create", "file_path": "hooked", "content": ""}
    project = stand_in.project("dan")
    made = project.commits.create({"branch": "hooked", "start_branch": "main", "commit_message": "Hooked", "actions": [action]})

    _, body, _ = receiver.next("push", lambda sent: sent["ref"] == "refs/heads/hooked")

    assert (body["before"], body["after"], body["user_username"]) == ("0" * 40, made.id, "dan")
    assert [(commit["title"], commit["added"]) for commit in body["commits"]] == [("Hooked", ["hooked"])]


def test_pipelines_and_jobs_are_told_until_they_end(stand_in, receiver):
    project = stand_in.project("dan")
    pipeline = project.pipelines.create({"ref": "feature"})

    _, job, _ = receiver.next("build", lambda sent: sent["pipeline_id"] == pipeline.id and sent["build_status"] == "failed")
    _, body, _ = receiver.next(
        "pipeline",
        lambda sent: sent["object_attributes"]["id"] == pipeline.id and sent["object_attributes"]["status"] == "failed",
    )

    assert job["commit"]["id"] == pipeline.id
    assert {build["name"]: build["status"] for build in body["builds"]}["check"] == "failed"
    assert body["merge_request"]["iid"] == 1


def test_an_emoji_is_told(stand_in, receiver):
    note = issue_of(stand_in).notes.create({"body": "like me"})
    note.awardemojis.create({"name": "thumbsup"})

    headers, body, _ = receiver.next("emoji")

    assert headers["X-Gitlab-Event"] == "Emoji Hook"
    assert (body["event_type"], body["object_attributes"]["awardable_type"], body["note"]["id"]) == ("award", "Note", note.id)


def test_an_opened_merge_request_is_told(stand_in, receiver):
    project = stand_in.project("dan")
    project.branches.create({"branch": "told", "ref": "feature"})
    made = project.mergerequests.create({"source_branch": "told", "target_branch": "main", "title": "Told"})

    _, body, _ = receiver.next("merge_request", lambda sent: sent["object_attributes"]["iid"] == made.iid)

    assert body["object_attributes"]["action"] == "open"
    assert body["object_attributes"]["last_commit"]["id"] == made.sha


def test_secrets_are_written_and_never_read_back(stand_in, receiver):
    project = stand_in.project("mara")
    hook = project.hooks.create({"url": receiver.url, "push_events": False, "token": "t", "signing_token": SIGNING_TOKEN})

    seen = project.hooks.get(hook.id).attributes
    hook.delete()

    assert (seen["token_present"], seen["signing_token_present"]) == (True, True)
    assert not {"token", "signing_token"} & set(seen)


def test_a_signing_token_of_another_form_is_refused(stand_in):
    project = stand_in.project("mara")
    before = len(project.hooks.list(get_all=True))

    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.hooks.create({"url": "http://127.0.0.1:9/", "signing_token": "short"})

    assert "signing_token" in refused.value.error_message
    assert len(project.hooks.list(get_all=True)) == before


def test_a_resend_keeps_its_key_and_the_log_hides_the_token(stand_in, receiver):
    note = issue_of(stand_in).notes.create({"body": "again"})
    first, _, raw = receiver.next("note", lambda sent: sent["object_attributes"]["id"] == note.id)
    hook = hook_of(stand_in)
    path = f"/projects/{hook.project_id}/hooks/{hook.id}/events"
    client = stand_in.as_user("mara")
    logged = next(
        event
        for event in client.http_list(path, get_all=True)
        if event["request_headers"]["Idempotency-Key"] == first["Idempotency-Key"]
    )

    answer = client.http_post(f"{path}/{logged['id']}/resend")
    second, _, raw_again = receiver.next("note")

    assert (answer["response_status"], logged["response_status"]) == (200, "200")
    assert (second["Idempotency-Key"], raw_again) == (first["Idempotency-Key"], raw)
    assert logged["request_headers"]["X-Gitlab-Token"] == "[REDACTED]"


def test_four_failures_disable_and_a_test_enables_again(stand_in, receiver):
    receiver.status = 500
    for word in ("one", "two", "three", "four"):
        issue_of(stand_in).notes.create({"body": word})
        receiver.next("note")
    client, hook = stand_in.as_user("mara"), hook_of(stand_in)
    with pytest.raises(gitlab.GitlabHookTestError):
        stand_in.project("mara").hooks.get(hook.id).test("note_events")
    disabled = hook_of(stand_in).alert_status
    receiver.status = 200

    client.projects.get(hook.project_id).hooks.get(hook.id).test("note_events")

    assert (disabled, hook_of(stand_in).alert_status) == ("temporarily_disabled", "executable")
    receiver.forget()


def test_paused_hooks_are_lost(stand_in, receiver):
    stand_in.control("POST", "hooks", paused=True)
    issue_of(stand_in).notes.create({"body": "lost"})
    stand_in.control("POST", "hooks", paused=False)
    issue_of(stand_in).notes.create({"body": "found"})

    _, body, _ = receiver.next("note")

    assert body["object_attributes"]["note"] == "found"
