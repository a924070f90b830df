"""What the reader reads is what GitLab holds, in our words; its double answers the same questions alike."""

import json

import pytest

from duo_flows.adapters.gitlab import GitLabReader
from duo_flows.domain.commits import CommitFilter
from duo_flows.domain.errors import NotFound
from duo_flows.domain.issues import IssueFilter
from duo_flows.domain.merge_requests import MergeRequestFilter
from duo_flows.domain.pipelines import NoteTarget, TargetKind
from duo_flows.domain.running_jobs import JobRecord
from tests.doubles.reader import MemoryReader

pytestmark = pytest.mark.server

BRANCH = "fix/clock"


@pytest.fixture
def real(forge):
    return GitLabReader(forge.asking)


@pytest.fixture(scope="package")
def furnished(gitlab, project_id):
    """What the questions below are about: issues, a thread at a line, a comment on a commit. Their numbers, and the head's id."""

    def issue(**fields):
        return gitlab.rest("POST", f"/projects/{project_id}/issues", by="maya", **fields)

    late = issue(title="A needle in the hay", description="Find it.", labels="bug,urgent")
    secret = issue(title="The needle's key", confidential=True)
    gitlab.rest(
        "POST",
        f"/projects/{project_id}/issues/{late['iid']}/links",
        by="maya",
        target_project_id=project_id,
        target_issue_iid=secret["iid"],
    )
    notes = f"/projects/{project_id}/issues/{late['iid']}/notes"
    gitlab.rest("POST", notes, by="gus", body="I see it too.")
    gitlab.rest("POST", notes, by="maya", body="Among us: it is sharp.", internal=True)
    sha = gitlab.rest("GET", f"/projects/{project_id}/repository/commits/{BRANCH.replace('/', '%2F')}", by="maya")["id"]
    position = {"position_type": "text", "old_path": "src/new.py", "new_path": "src/new.py", "new_line": 1}
    thread = gitlab.rest("POST", f"/projects/{project_id}/merge_requests/1/discussions", by="dan", body="Why x?", position=position)
    gitlab.rest("PUT", f"/projects/{project_id}/merge_requests/1/discussions/{thread['id']}", by="maya", resolved=True)
    gitlab.rest(
        "POST", f"/projects/{project_id}/repository/commits/{sha}/comments", by="dan", note="Nice.", path="src/new.py", line=1
    )
    return {"late": late["iid"], "secret": secret["iid"], "sha": sha, "thread": thread["id"]}


async def furnished_double(real, project_id, furnished):
    """Return the double, told what the real one found: it then has to find it again by the same questions."""
    double = MemoryReader()
    double.issues_of[project_id] = list(await real.issues(project_id, IssueFilter()))
    late = furnished["late"]
    double.links[project_id, late] = await real.issue_links(project_id, late)
    double.merge_requests_of[project_id] = [await real.merge_request(project_id, 1)]
    double.commits_of[project_id] = [await real.commit(project_id, furnished["sha"])]
    double.diffs[furnished["sha"]] = await real.commit_diff(project_id, furnished["sha"])
    double.comments[furnished["sha"]] = await real.commit_comments(project_id, furnished["sha"])
    double.blobs[project_id] = list(await real.search_blobs(project_id, "print"))
    for target in (_on_issue(project_id, late), _on_merge_request(project_id)):
        double.threads[target] = await real.discussions(target)
    return double


@pytest.fixture(params=["gitlab", "double"])
async def reader(request, real, project_id, furnished):
    return real if request.param == "gitlab" else await furnished_double(real, project_id, furnished)


def _on_issue(project_id, iid):
    return NoteTarget(project_id=project_id, kind=TargetKind.ISSUE, iid=iid)


def _on_merge_request(project_id):
    return NoteTarget(project_id=project_id, kind=TargetKind.MERGE_REQUEST, iid=1)


# Issues.


async def test_an_issue_is_read_with_people_labels_and_whether_it_is_confidential(reader, project_id, furnished, gitlab):
    issue = await reader.issue(project_id, furnished["late"])

    assert (issue.title, issue.state, issue.kind, issue.is_confidential) == ("A needle in the hay", "opened", "issue", False)
    assert (set(issue.labels), issue.author.id) == ({"bug", "urgent"}, gitlab.user_id("maya"))
    assert (await reader.issue(project_id, furnished["secret"])).is_confidential


async def test_an_issue_that_is_not_there_is_not_found(reader, project_id):
    with pytest.raises(NotFound, match="#4711"):
        await reader.issue(project_id, 4711)


@pytest.mark.parametrize(
    ("which", "names"),
    [
        ({"search": "needle"}, ["secret", "late"]),
        ({"search": "needle", "sort": "asc"}, ["late", "secret"]),
        ({"search": "needle", "confidential": True}, ["secret"]),
        ({"search": "needle", "state": "closed"}, []),
        ({"search": "needle", "author_username": "gus"}, []),
        ({"search": "needle", "page": 2}, []),
    ],
)
async def test_issues_are_listed_as_they_are_asked_for(reader, project_id, furnished, which, names):
    found = await reader.issues(project_id, IssueFilter(**which))

    assert [issue.iid for issue in found] == [furnished[name] for name in names]


async def test_issues_are_searched_by_their_words(reader, project_id, furnished):
    assert [issue.iid for issue in await reader.search_issues(project_id, "find it")] == [furnished["late"]]
    assert await reader.search_issues(project_id, "find it", state="closed") == ()


async def test_an_issue_tells_what_it_is_related_to(reader, project_id, furnished):
    [link] = await reader.issue_links(project_id, furnished["late"])

    assert (link.issue.iid, link.link_type) == (furnished["secret"], "relates_to")
    assert await reader.issue_links(project_id, 1) == ()


async def test_threads_of_an_issue_tell_which_comments_are_internal(reader, project_id, furnished):
    threads = await reader.discussions(_on_issue(project_id, furnished["late"]))

    comments = [(note.author.username, note.is_internal) for thread in threads for note in thread.notes if not note.is_system]
    assert comments == [("gus", False), ("maya", True)]
    assert not any(thread.is_resolvable for thread in threads)


# Merge requests.


async def test_a_merge_request_is_read_with_its_people_and_times(reader, project_id):
    found = await reader.merge_request(project_id, 1)

    assert (found.title, found.source_branch, found.target_branch, found.is_draft) == ("Fix the clock", BRANCH, "main", False)
    assert (found.author.username, found.merged_at, found.merge_status) == ("maya", None, "mergeable")


@pytest.mark.parametrize(
    ("which", "iids"),
    [
        ({}, [1]),
        ({"state": "merged"}, []),
        ({"search": "clock", "source_branch": BRANCH}, [1]),
        ({"source_branch": "other"}, []),
        ({"author_username": "maya"}, [1]),
        ({"author_username": "dan"}, []),
    ],
)
async def test_merge_requests_are_listed_as_they_are_asked_for(reader, project_id, which, iids):
    assert [found.iid for found in await reader.merge_requests(project_id, MergeRequestFilter(**which))] == iids


async def test_a_thread_at_a_line_tells_where_it_stands_and_that_it_is_resolved(reader, project_id, furnished, gitlab):
    threads = await reader.discussions(_on_merge_request(project_id))

    [thread] = [each for each in threads if each.id == furnished["thread"]]
    assert (thread.is_resolvable, thread.is_resolved, thread.notes[0].body) == (True, True, "Why x?")
    assert (thread.notes[0].position.new_path, thread.notes[0].position.new_line) == ("src/new.py", 1)
    assert thread.notes[0].resolved_by.id == gitlab.user_id("maya")


# Commits and code.


async def test_a_commit_is_read_with_its_numbers(reader, project_id, furnished):
    commit = await reader.commit(project_id, furnished["sha"])

    assert (commit.title, commit.additions, commit.deletions, len(commit.parents)) == ("Work", 1, 0, 1)
    assert commit.authored_at.tzinfo is not None


async def test_a_commit_that_is_not_there_is_not_found(reader, project_id):
    with pytest.raises(NotFound):
        await reader.commit(project_id, "f" * 40)


async def test_what_a_commit_changed_is_read(reader, project_id, furnished):
    [changed] = await reader.commit_diff(project_id, furnished["sha"])

    assert (changed.new_path, changed.is_new, "+x" in changed.diff) == ("src/new.py", True, True)


async def test_comments_on_a_commit_tell_their_line(reader, project_id, furnished):
    [comment] = await reader.commit_comments(project_id, furnished["sha"])

    assert (comment.author, comment.body, comment.path, comment.line) == ("dan", "Nice.", "src/new.py", 1)


async def test_commits_are_listed_for_a_branch(real, project_id, furnished):
    found = await real.commits(project_id, CommitFilter(ref_name=f"main..{BRANCH}"))

    assert [commit.sha for commit in found] == [furnished["sha"]]
    assert await real.commits(project_id, CommitFilter(ref_name=f"main..{BRANCH}", author="nobody")) == ()


async def test_commits_are_searched_by_their_message(real, project_id, furnished):
    assert [commit.sha for commit in await real.search_commits(project_id, "duo-session", ref=BRANCH)] == [furnished["sha"]]
    assert await real.search_commits(project_id, "no such words") == ()


async def test_places_in_files_are_found_with_their_line(reader, project_id):
    [hit] = await reader.search_blobs(project_id, "print")

    assert (hit.path, hit.start_line, hit.text.strip()) == ("src/app.py", 1, "print(1)")


async def test_a_branch_is_searched_by_itself(real, project_id):
    assert [hit.path for hit in await real.search_blobs(project_id, "x", ref=BRANCH) if hit.path == "src/new.py"] == ["src/new.py"]
    assert await real.search_blobs(project_id, "no such words", ref=BRANCH) == ()


# Pipelines.


async def test_a_job_is_read_with_its_pipeline(real, project_id, pipeline_id, forge):
    [failed] = [job for job in await forge.jobs(project_id, pipeline_id) if job.name == "test"]

    job = await real.job(project_id, failed.id)

    assert (job.name, job.status, job.ref, job.pipeline_id) == ("test", "failed", "main", pipeline_id)


async def test_the_newest_green_job_of_the_same_name_is_found_on_the_named_branches(real, project_id, pipeline_id, gitlab):
    newer = gitlab.finished_pipeline(project_id, "main", by="maya")
    like = JobRecord(id=0, name="build", stage="test", status="failed", ref=BRANCH, pipeline_id=0)

    green = await real.newest_green_job(project_id, like, refs=(BRANCH, "main"))

    assert (green.name, green.status) == ("build", "success")
    assert green.pipeline_id >= newer > pipeline_id
    assert await real.newest_green_job(project_id, like, refs=("elsewhere",)) is None
    assert await real.newest_green_job(project_id, like.model_copy(update={"name": "test"}), refs=("main",)) is None


async def test_a_pipeline_that_started_none_has_no_trigger_jobs(real, project_id, pipeline_id):
    assert await real.downstream(project_id, pipeline_id) == ()


BRIDGES = [
    {
        "id": 5,
        "name": "deploy",
        "status": "failed",
        "failure_reason": "downstream_bridge_project_not_found",
        "downstream_pipeline": None,
    },
    {
        "id": 6,
        "name": "child",
        "status": "failed",
        "downstream_pipeline": {
            "id": 60,
            "project_id": 8,
            "status": "failed",
            "web_url": "https://gitlab.example.com/a/b/-/pipelines/60",
        },
    },
]


async def test_trigger_jobs_name_the_pipelines_that_they_started(scripted, scripted_forge):
    scripted.answers["/projects/7/pipelines/50/bridges"] = (200, {}, json.dumps(BRIDGES).encode())

    none, child = await GitLabReader(scripted_forge.asking).downstream(7, 50)

    assert (none.pipeline_id, none.failure_reason) == (None, "downstream_bridge_project_not_found")
    assert (child.bridge_name, child.pipeline_id, child.project_id, child.pipeline_status) == ("child", 60, 8, "failed")


@pytest.mark.parametrize(("content", "is_valid"), [("build: {script: [make]}", True), ("build: {script: 3", False)])
async def test_a_configuration_is_checked_by_gitlab(real, project_id, content, is_valid):
    answer = await real.lint(project_id, content)

    assert (answer["valid"], bool(answer["errors"])) == (is_valid, not is_valid)


async def test_an_issue_that_does_not_say_whether_it_is_confidential_is_taken_for_it(scripted, scripted_forge):
    bare = {
        "project_id": 7,
        "iid": 1,
        "title": "x",
        "state": "opened",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }
    scripted.answers["/projects/7/issues/1"] = (200, {}, json.dumps(bare).encode())

    assert (await GitLabReader(scripted_forge.asking).issue(7, 1)).is_confidential
