"""Addresses of projects, commits and files in GitLab."""

import pytest

from duo_flows.domain.code_links import CodeLink, CodeLinkKind, parse_code_link

BASE = "https://gitlab.example.com"


@pytest.mark.parametrize(
    ("path", "kind", "rest"),
    [
        ("/shop/api", CodeLinkKind.PROJECT, ""),
        ("/shop/api/", CodeLinkKind.PROJECT, ""),
        ("/shop/api/-/commit/abc123", CodeLinkKind.COMMIT, "abc123"),
        ("/shop/api/-/blob/main/src/a%20b.py#L3-5", CodeLinkKind.FILE, "main/src/a b.py"),
        ("/shop/api/-/tree/main/src?ref_type=heads", CodeLinkKind.FOLDER, "main/src"),
    ],
)
def test_an_address_names_its_kind_and_what_stands_below_the_project(path, kind, rest):
    assert parse_code_link(f"{BASE}{path}", base_url=BASE) == CodeLink(kind=kind, project_path="shop/api", rest=rest)


def test_a_gitlab_below_a_path_is_named_with_it():
    link = parse_code_link("https://example.com/git/a/b/-/commit/c", base_url="https://example.com/git")

    assert (link.project_path, link.rest) == ("a/b", "c")


@pytest.mark.parametrize(
    ("rest", "branch", "found"),
    [
        ("main/src/a.py", "", ("main", "src/a.py")),
        ("feat/x/src/a.py", "feat/x", ("feat/x", "src/a.py")),
        ("feat/xy/a.py", "feat/x", ("feat", "xy/a.py")),
        ("feat/x", "feat/x", ("feat/x", "")),
        ("main", "", ("main", "")),
    ],
)
def test_a_known_branch_goes_before_the_first_slash(rest, branch, found):
    assert CodeLink(kind=CodeLinkKind.FILE, project_path="a/b", rest=rest).ref_and_path(branch=branch) == found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop/api",
        "https://evil.example/shop/api",
        "https://gitlab.example.com.evil.example/shop/api",
        "https://user:pw@gitlab.example.com/shop/api",
        "http://gitlab.example.com/shop/api",
        f"{BASE}/shop",
        f"{BASE}/../admin/x",
        f"{BASE}/shop/api/-/settings/ci_cd",
        f"{BASE}/shop/api/-/commit/",
        f"{BASE}/shop/%2e%2e%2fadmin",
    ],
)
def test_anything_else_is_no_link(url):
    assert parse_code_link(url, base_url=BASE) is None
