"""Broken flow files, one mistake in each: what their author is told. `…` in an expectation stands for a list that grows."""

import re
from pathlib import Path

import pytest

from duo_flows.adapters.flow_file import InvalidFlow, check_flow, load_flow

FOLDER = Path(__file__).parent / "broken"
FILES = sorted(FOLDER.glob("*.yaml"))
EXPECTED = re.compile(rb"^(?:\xef\xbb\xbf)?# expect: (.*?)\r?$", re.MULTILINE)
# What pydantic, Jinja2, jsonschema and libyaml say among themselves.
JARGON = re.compile(
    r"Input should be|Field required|type=|https://errors|not permitted|tagged-union|Value error|valid (?:dictionary|string|list)"
    r"|Encountered|Unexpected end of|is not valid under|did not find expected|None|timedelta|object at 0x"
)


def told(path: Path) -> list[str]:
    return [problem.sentence() for problem in check_flow(path.read_bytes(), is_custom=True).errors]


def expected(path: Path) -> list[re.Pattern[str]]:
    lines = [line.decode() for line in EXPECTED.findall(path.read_bytes())]
    return [re.compile(".*".join(map(re.escape, line.split("…"))), re.DOTALL) for line in lines]


def test_there_are_many_of_them():
    assert len(FILES) > 80


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_mistake_is_told_by_line_and_key_with_what_is_allowed_and_nothing_else_is(path):
    sentences = told(path)

    assert len(sentences) == len(expected(path)), sentences
    assert [
        pattern.pattern for pattern, said in zip(expected(path), sentences, strict=True) if not pattern.fullmatch(said)
    ] == [], sentences
    assert [said for said in sentences if JARGON.search(said)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_broken_file_is_never_started(path):
    with pytest.raises(InvalidFlow) as caught:
        load_flow(path.read_bytes().decode("utf-8", "surrogateescape"), source=path.name, is_custom=True)

    assert caught.value.problems != ()


@pytest.mark.parametrize(
    "data",
    [
        b"a: x\n" * 2_000_000,
        b"[" * 5_000_000,
        b"a: &a [x]\n" + b"b: *a\n" * 100_000,
        b"{" + b"a," * 120_000,
        b'"' + b"x" * 10_000_000,
    ],
    ids=["lines", "brackets", "aliases", "keys", "quotes"],
)
def test_a_huge_file_is_refused_before_it_is_read(data):
    checked = check_flow(data, is_custom=True)

    assert [(problem.line >= 1, bool(problem.allowed)) for problem in checked.errors] == [(True, True)]


def test_what_follows_from_a_mistake_alone_is_not_told():
    text = (FOLDER / "type_unknown.yaml").read_text(encoding="utf-8").replace("HumanInput\n", "Nothing\n")

    assert [problem.key for problem in check_flow(text, is_custom=True).errors] == ["components[2].type"]


def test_of_thousands_of_mistakes_as_many_are_told_as_anybody_reads():
    strays = "".join(f"  stray{number}: x\n" for number in range(4_000))
    text = (FOLDER / "entry_point_missing.yaml").read_text(encoding="utf-8").replace("flow: {}\n", f"flow:\n{strays}")

    assert len(check_flow(text, is_custom=True).errors) == 200
