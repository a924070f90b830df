"""Links to GitLab's things in what a person or a model wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.links import Link, LinkKind, parse_link

BASE = "https://gitlab.example.com"


@pytest.mark.parametrize(
    ("path", "kind", "number"),
    [
        ("/shop/api/-/pipelines/17", LinkKind.PIPELINE, 17),
        ("/shop/api/-/jobs/903#L22", LinkKind.JOB, 903),
        ("/shop/api/-/merge_requests/4/diffs?tab=x", LinkKind.MERGE_REQUEST, 4),
        ("/shop/api/-/issues/5#note_9", LinkKind.ISSUE, 5),
        ("/shop/api/-/work_items/6", LinkKind.ISSUE, 6),
        ("/shop/api/merge_requests/7", LinkKind.MERGE_REQUEST, 7),
    ],
)
def test_a_link_names_its_kind_and_number(path, kind, number):
    assert parse_link(f"Fix {BASE}{path}, please.", base_url=BASE) == Link(kind=kind, project_path="shop/api", number=number)


def test_a_project_may_lie_deep_in_groups():
    link = parse_link(f"{BASE}/a/b-c/d.e/_f/-/pipelines/1", base_url=BASE)
    assert link is not None
    assert link.project_path == "a/b-c/d.e/_f"


def test_the_first_of_several_links_counts():
    text = f"{BASE}/a/b/-/pipelines/new {BASE}/a/b/-/jobs/2 {BASE}/a/b/-/pipelines/3"
    assert parse_link(text, base_url=BASE) == Link(kind=LinkKind.JOB, project_path="a/b", number=2)


def test_a_gitlab_below_a_path_is_named_with_it():
    assert parse_link("https://example.com/git/a/b/-/issues/1", base_url="https://example.com/git/") == Link(
        kind=LinkKind.ISSUE, project_path="a/b", number=1
    )


@pytest.mark.parametrize("written", ["HTTPS://GitLab.Example.com", "https://gitlab.example.com:443"])
def test_the_same_host_may_be_written_otherwise(written):
    assert parse_link(f"{written}/a/b/-/issues/1", base_url=BASE) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no link",
        "https://evil.example/a/b/-/pipelines/1",
        "https://gitlab.example.com.evil.example/a/b/-/pipelines/1",
        "https://gitlab.example.com@evil.example/a/b/-/pipelines/1",
        "https://user:pw@gitlab.example.com/a/b/-/pipelines/1",
        "http://gitlab.example.com/a/b/-/pipelines/1",
        "https://gitlabXexample.com/a/b/-/pipelines/1",
        f"{BASE}/a/-/pipelines/1",
        f"{BASE}/a/b/-/pipelines/١٢",
        f"{BASE}/a/b/-/pipelines/1x",
        f"{BASE}/a/b/-/pipelines/{'9' * 19}",
        f"{BASE}/a/b/-/pipelines/-1",
        f"{BASE}/a/b/-/settings/1",
        f"{BASE}/a%2Fb/-/pipelines/1",
    ],
)
def test_anything_else_is_no_link(text):
    assert parse_link(text, base_url=BASE) is None


@pytest.mark.parametrize("text", [f"{BASE}/a" * 300_000, f"{BASE}/" + "a/" * 500_000, "https://" * 500_000])
def test_long_hostile_text_is_read_to_its_end(text):
    assert parse_link(text, base_url=BASE) is None


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_link_is_found_in_any_surroundings_on_lines_of_its_own(before, after):
    text = f"{before}\n{BASE}/shop/api/-/pipelines/17\n{after}"
    found = parse_link(text, base_url=BASE)
    assert found is not None
    assert found.number == 17
