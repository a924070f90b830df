"""Issues, comments, threads, emoji and to-dos."""

import gitlab
import pytest

pytestmark = pytest.mark.server


def test_an_issue_is_opened_changed_closed_and_found(stand_in):
    project = stand_in.project("dan")
    issue = project.issues.create({"title": "Slow", "description": "Very", "labels": ["perf", "bug"]})

    issue.title = "Slower"
    issue.labels = ["perf"]
    issue.state_event = "close"
    issue.save()

    found = project.issues.list(state="closed", labels=["perf"], search="slow", get_all=True)
    assert [(item.iid, item.title, item.labels) for item in found] == [(issue.iid, "Slower", ["perf"])]
    assert [(event.state, event.user["username"]) for event in issue.resourcestateevents.list(get_all=True)] == [("closed", "dan")]
    assert [event.action for event in issue.resourcelabelevents.list(get_all=True)] == ["add", "add", "remove"]
    assert "changed title from **Slow** to **Slower**" in [note.body for note in issue.notes.list(get_all=True) if note.system]


def test_an_issue_needs_a_title(stand_in):
    project = stand_in.project("dan")
    before = len(project.issues.list(get_all=True))

    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.issues.create({"title": " "})

    assert refused.value.error_message == {"title": ["can't be blank"]}
    assert len(project.issues.list(get_all=True)) == before


def test_a_confidential_issue_is_hidden_from_guests(stand_in):
    issue = stand_in.project("dan").issues.create({"title": "Secret", "confidential": True})

    with pytest.raises(gitlab.GitlabGetError) as hidden:
        stand_in.project("gus").issues.get(issue.iid)

    assert hidden.value.response_code == 404
    assert issue.iid not in [other.iid for other in stand_in.project("gus").issues.list(get_all=True)]
    assert stand_in.project("rita").issues.get(issue.iid).confidential is True


def test_issues_are_linked(stand_in):
    project = stand_in.project("dan")
    one, other = project.issues.create({"title": "One"}), project.issues.create({"title": "Other"})

    one.links.create({"target_project_id": project.id, "target_issue_iid": other.iid})

    assert [(link.iid, link.link_type) for link in other.links.list()] == [(one.iid, "relates_to")]


def test_an_edit_shows_and_keeps_the_author(stand_in):
    note = stand_in.project("dan").issues.get(1).notes.create({"body": "as first written"})
    theirs = stand_in.project("mara").issues.get(1).notes.get(note.id)

    theirs.body = "as edited"
    theirs.save()

    seen = stand_in.project("dan").issues.get(1).notes.get(note.id)
    assert note.created_at == note.updated_at
    assert (seen.body, seen.author["username"]) == ("as edited", "dan")
    assert seen.updated_at > seen.created_at


def test_only_the_author_or_a_maintainer_edits_a_note(stand_in):
    note = stand_in.project("mara").issues.get(1).notes.create({"body": "mine"})
    theirs = stand_in.project("dan").issues.get(1).notes.get(note.id)

    theirs.body = "not yours"
    with pytest.raises(gitlab.GitlabUpdateError) as refused:
        theirs.save()

    assert refused.value.response_code == 403
    assert stand_in.project("mara").issues.get(1).notes.get(note.id).body == "mine"


def test_an_internal_note_is_hidden_from_guests(stand_in):
    note = stand_in.project("dan").issues.get(1).notes.create({"body": "between us", "internal": True})

    assert note.id in [other.id for other in stand_in.project("rita").issues.get(1).notes.list(get_all=True)]
    assert note.id not in [other.id for other in stand_in.project("gus").issues.get(1).notes.list(get_all=True)]


def test_a_note_can_be_removed(stand_in):
    issue = stand_in.project("dan").issues.get(1)
    note = issue.notes.create({"body": "gone soon"})

    note.delete()

    with pytest.raises(gitlab.GitlabGetError):
        issue.notes.get(note.id)


def test_a_thread_is_answered_and_resolved(stand_in):
    item = stand_in.project("dan").mergerequests.get(1)
    thread = item.discussions.create({"body": "Why?"})

    thread.notes.create({"body": "Because."})
    open_before = item.discussions.get(thread.id).attributes["notes"][0]["resolved"]
    thread.resolved = True
    thread.save()

    notes = item.discussions.get(thread.id).attributes["notes"]
    assert [note["body"] for note in notes] == ["Why?", "Because."]
    assert (open_before, [note["resolved"] for note in notes]) == (False, [True, True])
    assert notes[0]["type"] == "DiscussionNote"


def test_an_emoji_is_given_once_and_taken_back(stand_in):
    issue = stand_in.project("gus").issues.get(1)
    award = issue.awardemojis.create({"name": "thumbsup"})

    with pytest.raises(gitlab.GitlabCreateError):
        issue.awardemojis.create({"name": "thumbsup"})
    votes = stand_in.project("gus").issues.get(1).upvotes
    award.delete()

    assert votes == 1
    assert issue.awardemojis.list() == []


def test_a_mention_makes_a_to_do_for_the_other_alone(stand_in):
    stand_in.project("dan").issues.get(1).notes.create({"body": "@rita please look, cc @dan `@gus` @sam\n\nand @mara"})

    rita = stand_in.as_user("rita").todos.list(get_all=True)
    assert [(todo.action_name, todo.target["iid"], todo.author["username"]) for todo in rita] == [("directly_addressed", 1, "dan")]
    assert [todo.action_name for todo in stand_in.as_user("mara").todos.list(get_all=True)] == ["mentioned"]
    assert [stand_in.as_user(name).todos.list(get_all=True) for name in ("dan", "gus", "sam")] == [[], [], []]

    rita[0].mark_as_done()
    assert stand_in.as_user("rita").todos.list(get_all=True) == []


def test_labels_are_kept(stand_in):
    project = stand_in.project("rita")

    project.labels.create({"name": "waiting", "color": "#112233"})

    assert {"bug", "waiting"} <= {label.name for label in project.labels.list(get_all=True)}
