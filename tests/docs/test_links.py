"""Links lead somewhere, and no page speaks of a machine or of a host that is not ours to name."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

# What a page may point to outside: what we stand on, the forms we follow, this machine, and the names reserved for examples.
HOSTS = {"temporal.io", "jinja.palletsprojects.com", "keepachangelog.com", "semver.org", "127.0.0.1"}
RESERVED = ".example.com"

CODE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)|(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def links_of(page: Path) -> list[str]:
    prose = CODE.sub("", page.read_text(encoding="utf-8"))
    return [markdown or html for markdown, html in LINK.findall(prose)]


@cache
def anchors_of(page: Path) -> set[str]:
    """Return the anchors that GitLab and GitHub give a page's headings."""
    headings = HEADING.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in anchors_of(target))


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_between_pages_resolves(page: Path):
    local = [link for link in links_of(page) if not link.startswith(("http://", "https://"))]

    assert [link for link in local if not leads_somewhere(page, link)] == []


def reached_from(start: Path) -> set[Path]:
    reached, waiting = {start}, [start]
    while waiting:
        page = waiting.pop()
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links_of(page)}
        found = (targets & set(PAGES)) - reached
        reached |= found
        waiting += found
    return reached


def test_every_page_can_be_reached_from_the_readme():
    assert reached_from(ROOT / "README.md") == set(PAGES)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_page_names_no_path_of_a_machine(page: Path):
    text = page.read_text(encoding="utf-8")

    assert str(ROOT) not in text
    assert re.findall(r"(?<![\w.])/(?:home|root|Users|tmp)/\S*", text) == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_page_names_no_host_but_those_it_may(page: Path):
    hosts = set(re.findall(r"https?://(?:[^/@\s]*@)?([\w.-]*\w)", page.read_text(encoding="utf-8")))

    assert {host for host in hosts - HOSTS if not host.endswith(RESERVED)} == set()


def test_every_image_is_shown_on_a_page_and_small_enough_to_load():
    shown = {(page.parent / link).resolve() for page in PAGES for link in links_of(page)}
    images = set((ROOT / "docs" / "images").iterdir())

    assert images - shown == set()
    assert [image.name for image in images if image.stat().st_size > 300_000] == []
