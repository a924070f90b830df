"""Changes: what an agent proposes becomes exactly the bytes that are shown, consented to and pushed, or nothing."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duo_flows.domain.changes import (
    Change,
    ChangedFile,
    Edit,
    Effects,
    NewFile,
    Proposal,
    changed_files,
    checked_path,
    effects_of,
    paths_to_read,
    unified_diff,
)
from duo_flows.domain.errors import Refused


def edited(content, *edits, path="a.py"):
    """Return the content after edits given as (old, new)."""
    proposal = Proposal(title="t", edits=tuple(Edit(path=path, old_text=old, new_text=new) for old, new in edits))
    [file] = changed_files(proposal, {path: content})
    return file.content


def effects(files, diff):
    return effects_of(files, diff, project_id=7, project_path="meridian/payments", branch="fix")


# Edits.


def test_an_edit_replaces_the_one_passage_it_quotes():
    assert edited("a = 1\nb = 1\n", ("b = 1", "b = 2")) == "a = 1\nb = 2\n"


def test_several_edits_of_one_file_see_each_others_work():
    assert edited("one\n", ("one", "two"), ("two", "three")) == "three\n"


@pytest.mark.parametrize(
    ("content", "old", "how_often"),
    [
        ("a = 1\n", "b = 1", "does not stand"),
        ("a = 1\na = 1\n", "a = 1", "stands 2 times"),
        ("aaa", "aa", "stands 2 times"),
        ("a = 1\n", "", "does not stand"),
        ("", "a", "does not stand"),
        ("a = 1\r\nb = 2\r\n", "a = 1\nb = 2", "does not stand"),
    ],
)
def test_a_passage_that_does_not_stand_there_exactly_once_is_refused(content, old, how_often):
    with pytest.raises(Refused, match=f"The text to replace {how_often} in a.py") as caught:
        edited(content, (old, "x"))

    assert caught.value.code == "ambiguous_edit"


def test_an_edit_that_an_earlier_edit_made_ambiguous_is_refused():
    with pytest.raises(Refused, match="stands 2 times"):
        edited("one two", ("two", "one"), ("one", "three"))


@given(before=st.text("ab\n"), old=st.text("cd", min_size=1), new=st.text("abcd\r\n"), after=st.text("ab\n"))
def test_everything_around_the_passage_stays_as_it_was(before, old, new, after):
    content = before + old + after
    proposal = Proposal(title="t", edits=(Edit(path="a", old_text=old, new_text=new), Edit(path="b", old_text="1", new_text="2")))

    files = {file.path: file.content for file in changed_files(proposal, {"a": content, "b": "1"})}

    assert files.get("a", content) == before + new + after


def test_the_line_ends_of_windows_and_a_missing_last_one_stay():
    assert edited("a\r\nb\r\nc", ("b", "B")) == "a\r\nB\r\nc"


def test_an_edit_of_a_file_that_is_not_there_is_refused():
    with pytest.raises(Refused, match=r"a.py does not exist; propose it as a new file") as caught:
        edited(None, ("a", "b"))

    assert caught.value.code == "no_such_file"


# New files, and proposals that change nothing.


def test_a_new_file_is_told_from_a_changed_one():
    proposal = Proposal(
        title="t", edits=(Edit(path="a", old_text="1", new_text="2"),), new_files=(NewFile(path="b", content="new\n"),)
    )

    files = changed_files(proposal, {"a": "1", "b": None})

    assert files == (ChangedFile(path="a", content="2"), ChangedFile(path="b", content="new\n", is_new=True))


def test_a_new_file_may_be_empty():
    [file] = changed_files(Proposal(title="t", new_files=(NewFile(path="pkg/__init__.py", content=""),)), {"pkg/__init__.py": None})

    assert (file.content, file.is_new) == ("", True)


@pytest.mark.parametrize("original", ["there", ""])
def test_a_new_file_never_overwrites(original):
    with pytest.raises(Refused, match="b exists already; edit it instead") as caught:
        changed_files(Proposal(title="t", new_files=(NewFile(path="b", content="new"),)), {"b": original})

    assert caught.value.code == "file_exists"


def test_one_new_file_proposed_twice_is_refused():
    twice = (NewFile(path="b", content="1"), NewFile(path="b", content="2"))

    with pytest.raises(Refused, match="b exists already"):
        changed_files(Proposal(title="t", new_files=twice), {"b": None})


@pytest.mark.parametrize(
    "edits",
    [(), (("1", "1"),), (("1", "2"), ("2", "1"))],
    ids=["no edit", "an edit to the same", "an edit and its reverse"],
)
def test_a_proposal_that_changes_nothing_is_refused(edits):
    with pytest.raises(Refused, match="changes nothing") as caught:
        edited("1", *edits)

    assert caught.value.code == "empty_change"


def test_files_are_sorted_and_the_unchanged_ones_left_out():
    proposal = Proposal(title="t", edits=tuple(Edit(path=path, old_text="1", new_text=new) for path, new in ("b2", "c1", "a3")))

    assert [file.path for file in changed_files(proposal, dict.fromkeys("abc", "1"))] == ["a", "b"]


# Paths.

PLAIN_PART = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters="/\\:.~"), min_size=1, max_size=8
)


@given(st.lists(PLAIN_PART, min_size=1, max_size=4).map("/".join).filter(str.isprintable))
def test_a_plain_relative_path_is_taken_as_it_is(path):
    assert checked_path(path) == path


@pytest.mark.parametrize("path", [".gitlab-ci.yml", ".gitignore", "a/.gitkeep", "a b/c d.txt", "tests/été.py", "git/x", "a..b"])
def test_ordinary_names_that_look_odd_are_taken(path):
    assert checked_path(path) == path


BAD_PARTS = st.sampled_from(["..", ".", "", ".git", ".GIT", ".Git", ".git.", ".git ", ".git::$INDEX", "GIT~1", "a\\b", "\\"])
UNSEEN = st.characters(categories=["Cc", "Cf", "Zl", "Zp"]) | st.sampled_from("\x00\n\r\t\x7f\u200b\u202e\ud800")


@given(before=st.lists(PLAIN_PART, max_size=2), bad=BAD_PARTS, after=st.lists(PLAIN_PART, max_size=2))
def test_a_path_with_a_bad_part_anywhere_is_refused(before, bad, after):
    with pytest.raises(Refused, match="is not a plain path inside the repository") as caught:
        checked_path("/".join([*before, bad, *after]))

    assert caught.value.code == "bad_path"


@given(path=st.lists(PLAIN_PART, min_size=1, max_size=3).map("/".join))
def test_an_absolute_path_is_refused(path):
    with pytest.raises(Refused, match="is not a plain path"):
        checked_path(f"/{path}")


@given(before=st.text("ab/", max_size=3), sign=UNSEEN, after=st.text("ab", max_size=3))
def test_a_path_with_signs_that_nobody_sees_is_refused(before, sign, after):
    with pytest.raises(Refused, match="is not a plain path"):
        checked_path(before + sign + after)


def test_the_paths_to_read_are_checked_sorted_and_named_once():
    proposal = Proposal(
        title="t",
        edits=(Edit(path="b", old_text="1", new_text="2"), Edit(path="b", old_text="3", new_text="4")),
        new_files=(NewFile(path="a", content=""),),
    )

    assert paths_to_read(proposal) == ("a", "b")
    with pytest.raises(Refused, match="is not a plain path"):
        paths_to_read(proposal.model_copy(update={"new_files": (NewFile(path="../a", content=""),)}))


# The diff, which git has to understand. Lines are few and much alike, so that hunks have context.

LINES = st.lists(
    st.sampled_from(["a", "b", "c", "", "-", "--- a", "+++ b", "@@ -1 +1 @@", "\\", "é\u2028\x0c", "a\r", "\x00", "\r"]),
    max_size=14,
)
CONTENTS = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n"]))
PATHS = st.sampled_from(["a.txt", "b.txt", "c d/e f.txt", "été/ß.py", 'q"uote.txt', "x/y"])
ORIGINALS = st.dictionaries(PATHS, st.none() | CONTENTS, min_size=1, max_size=3)


def written(folder, contents):
    for path, content in contents.items():
        if content is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content.encode())


def read(folder):
    return {str(path.relative_to(folder)): path.read_bytes().decode() for path in folder.rglob("*") if path.is_file()}


def git_apply(folder, diff, *options):
    command = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", *options]
    return subprocess.run(command, cwd=folder, input=diff.encode(), capture_output=True, check=True).stdout.decode()


@st.composite
def changes(draw):
    """Return (originals, files): some files changed, some new, some deleted, at least one of all."""
    originals = draw(ORIGINALS)
    after = {path: draw(CONTENTS if content is None else st.none() | CONTENTS) for path, content in originals.items()}
    files = tuple(
        ChangedFile(path=path, content=content, is_new=originals[path] is None)
        for path, content in sorted(after.items())
        if content != originals[path]
    )
    return originals, files


@settings(max_examples=80, deadline=None)
@given(changes().filter(lambda pair: bool(pair[1])))
def test_git_applies_the_diff_to_exactly_the_contents_of_the_change(tmp_path_factory, pair):
    originals, files = pair
    folder = tmp_path_factory.mktemp("tree")
    written(folder, originals)

    git_apply(folder, unified_diff(files, originals))

    expected = {**originals, **{file.path: file.content for file in files}}
    assert read(folder) == {path: content for path, content in expected.items() if content is not None}


@settings(max_examples=80, deadline=None)
@given(changes().filter(lambda pair: bool(pair[1])))
def test_the_effects_count_what_git_counts(tmp_path_factory, pair):
    originals, files = pair
    diff = unified_diff(files, originals)

    counted = effects(files, diff)

    rows = [line.split("\t") for line in git_apply(tmp_path_factory.mktemp("empty"), diff, "--numstat", "-z").split("\0") if line]
    assert sorted(row[2] for row in rows) == list(counted.paths)
    assert (counted.lines_added, counted.lines_removed) == (sum(int(row[0]) for row in rows), sum(int(row[1]) for row in rows))


def test_the_diff_reads_as_gits():
    files = (
        ChangedFile(path="a.py", content="one\nthree\n"),
        ChangedFile(path="b", content="new", is_new=True, is_executable=True),
    )

    assert unified_diff(files, {"a.py": "one\ntwo\n", "b": None}) == (
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n"
        "diff --git a/b b/b\nnew file mode 100755\n--- /dev/null\n+++ b/b\n@@ -0,0 +1 @@\n+new\n\\ No newline at end of file\n"
    )


# Effects and digest.


@pytest.mark.parametrize(
    ("path", "touches_ci"),
    [
        (".gitlab-ci.yml", True),
        (".gitlab/ci/build.yml", True),
        ("web/.gitlab-ci.yml", True),
        ("ci/test.yml", True),
        ("gitlab.py", False),
    ],
)
def test_a_change_of_the_ci_configuration_is_told(path, touches_ci):
    files = (ChangedFile(path=path, content="2\n"),)

    found = effects(files, unified_diff(files, {path: "1\n"}))

    assert found.touches_ci is touches_ci
    assert ("It changes the CI configuration." in found.sentence()) is touches_ci


def test_the_effects_read_as_one_sentence():
    files = (ChangedFile(path="a", content="1\n2\n"), ChangedFile(path="b", content=""))

    found = effects(files, unified_diff(files, {"a": "1\n", "b": "x\n"}))

    assert found.sentence() == "This only affects branch `fix` of meridian/payments: 2 files, +1 −1 lines (a, b)."


CHANGE = Change(
    project_id=7,
    project_path="meridian/payments",
    branch="fix",
    base_sha="a" * 40,
    title="Pin it",
    files=(ChangedFile(path="a", content="2\n"),),
    effects=Effects(
        project_id=7,
        project_path="meridian/payments",
        branch="fix",
        paths=("a",),
        files_changed=1,
        lines_added=1,
        lines_removed=1,
    ),
    diff="diff --git a/a b/a\n",
).sealed()

TAMPERED = {
    "project_id": 8,
    "project_path": "meridian/other",
    "branch": "main",
    "base_sha": "b" * 40,
    "title": "Pin it ",
    "files": (ChangedFile(path="a", content="3\n"),),
    "effects": CHANGE.effects.model_copy(update={"lines_added": 2}),
    "diff": "",
    "digest": "0" * 64,
}


def test_a_sealed_change_is_intact_also_after_a_journey_as_json():
    assert CHANGE.is_intact()
    assert Change.model_validate_json(CHANGE.model_dump_json()) == CHANGE


@pytest.mark.parametrize("name", Change.model_fields)
def test_a_change_with_any_field_changed_is_not_intact(name):
    assert not CHANGE.model_copy(update={name: TAMPERED[name]}).is_intact()


@pytest.mark.parametrize("changed", [{"path": "b"}, {"content": None}, {"is_new": True}, {"is_executable": True}])
def test_a_change_with_any_part_of_a_file_changed_is_not_intact(changed):
    files = (CHANGE.files[0].model_copy(update=changed),)

    assert not CHANGE.model_copy(update={"files": files}).is_intact()


def test_a_change_that_was_never_sealed_is_not_intact():
    assert not CHANGE.model_copy(update={"digest": ""}).is_intact()
