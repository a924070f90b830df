"""The web pages."""

import httpx2
import pytest

from simulators.gitlab.pages.texts import trace

pytestmark = pytest.mark.server


def page(stand_in, path):
    return httpx2.get(stand_in.url + path)


def test_a_project_shows_what_it_has(stand_in):
    text = page(stand_in, "/team/app").text

    assert "!1 Feature" in text
    assert "#1 First" in text
    assert "There is no login" in text


def test_a_merge_request_shows_markdown_safely_and_hides_comments(stand_in):
    item = stand_in.project("dan").mergerequests.get(1)
    item.notes.create({"body": "**bold** <script>alert(1)</script> <!-- hidden --> [x](javascript:alert(1))"})

    answer = page(stand_in, "/team/app/-/merge_requests/1")

    assert "<strong>bold</strong>" in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "<script>" not in answer.text
    assert "hidden" not in answer.text
    assert "mark --" not in answer.text
    assert 'href="javascript:' not in answer.text
    assert "exit 3" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_pipelines_jobs_commits_issues_and_hooks_have_pages(stand_in):
    project = stand_in.project("mara")
    pipeline = project.pipelines.get(project.pipelines.list(ref="main", get_all=True)[-1].id)
    paths = [
        f"/team/app/-/pipelines/{pipeline.id}",
        f"/team/app/-/jobs/{pipeline.jobs.list(get_all=True)[0].id}",
        f"/team/app/-/commit/{pipeline.sha}",
        "/team/app/-/issues/1",
        f"/team/app/-/hooks/{project.hooks.list(get_all=True)[0].id}",
        "/",
        "/-/style.css",
        "/-/avatar/1.svg",
    ]

    assert {path: page(stand_in, path).status_code for path in paths} == dict.fromkeys(paths, 200)


@pytest.mark.parametrize("path", ["/nobody/nothing", "/team/app/-/issues/99", "/team/app/-/jobs/999", "/team/app/-/commit/--help"])
def test_what_is_not_there_is_404(stand_in, path):
    answer = page(stand_in, path)

    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_a_trace_shows_its_colours_and_no_code_of_a_terminal():
    shown = trace(b"\x1b[0Ksection_start:1:build\r\x1b[0K\x1b[36;1mBuilding <b>\x1b[0;m\x1b[2J\x1b(B\n")

    assert shown == '<span class="ansi-cyan ansi-bold">Building &lt;b&gt;</span>B\n'
