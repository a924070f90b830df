"""Actions of a commit: what they make of the files, or why nothing."""

import base64

import pytest
from pydantic import ValidationError

from duo_flows.domain.changes import ChangedFile
from duo_flows.domain.commit_actions import FileAction, Original, files_after, paths_of
from duo_flows.domain.errors import Refused
from tests.activities.acting import SECRET

FILES = {"a.py": Original(text="one\ntwo\n"), "run": Original(text="#!/bin/sh\n", is_executable=True)}


def after(*actions):
    return files_after([FileAction.model_validate(action) for action in actions], FILES)


def act(action, file_path, **fields):
    return {"action": action, "file_path": file_path, **fields}


@pytest.mark.parametrize(
    ("action", "file"),
    [
        (act("create", "b.py", content="x\n"), ChangedFile(path="b.py", content="x\n", is_new=True)),
        (act("create", "b.py", content=""), ChangedFile(path="b.py", content="", is_new=True)),
        (act("update", "a.py", content="x\n"), ChangedFile(path="a.py", content="x\n")),
        (act("update", "a.py", old_str="two", new_str="2"), ChangedFile(path="a.py", content="one\n2\n")),
        (act("update", "run", old_str="sh", new_str="bash"), ChangedFile(path="run", content="#!/bin/bash\n", is_executable=True)),
        (act("delete", "a.py"), ChangedFile(path="a.py", content=None)),
        (
            act("update", "a.py", content=base64.b64encode("ü\n".encode()).decode(), encoding="base64"),
            ChangedFile(path="a.py", content="ü\n"),
        ),
    ],
)
def test_an_action_leaves_its_file_different(action, file):
    assert after(action) == (file,)


def test_a_move_keeps_text_and_mode():
    gone, come = after(act("move", "tools/run", previous_path="run"))
    assert (gone.path, gone.content) == ("run", None)
    assert (come.path, come.content, come.is_new, come.is_executable) == ("tools/run", "#!/bin/sh\n", True, True)


def test_a_move_can_change_the_text():
    assert after(act("move", "b.py", previous_path="a.py", content="three\n"))[1].content == "three\n"


def test_actions_see_what_those_before_them_left():
    files = after(
        act("create", "b.py", content="b\n"),
        act("update", "b.py", old_str="b", new_str="c"),
        act("move", "c.py", previous_path="b.py"),
        act("delete", "a.py"),
        act("create", "a.py", content="new\n"),
    )
    assert [(file.path, file.content, file.is_new) for file in files] == [("a.py", "new\n", False), ("c.py", "c\n", True)]


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (act("create", "a.py", content="x"), "file_exists"),
        (act("create", "b.py"), "argument_missing"),
        (act("update", "b.py", content="x"), "no_such_file"),
        (act("update", "a.py"), "argument_missing"),
        (act("update", "a.py", old_str="one"), "argument_missing"),
        (act("update", "a.py", old_str="three", new_str="3"), "ambiguous_edit"),
        (act("update", "a.py", content="one\ntwo\n"), "empty_change"),
        (act("update", "a.py", content="%", encoding="base64"), "not_text"),
        (act("update", "a.py", content="/w==", encoding="base64"), "not_text"),
        (act("create", "b.py", content="a\0b"), "not_text"),
        (act("create", "b.py", content="x" * 1_048_577), "file_too_large"),
        (act("delete", "b.py"), "no_such_file"),
        (act("move", "b.py"), "argument_missing"),
        (act("move", "b.py", previous_path="c.py"), "no_such_file"),
        (act("move", "run", previous_path="a.py"), "file_exists"),
        (act("create", "b.py", content=f"token = '{SECRET}'\n"), "would_write_secret"),
        (
            act("create", "b.pem", content="-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"),
            "would_write_secret",
        ),
    ],
)
def test_an_action_that_does_not_fit_is_refused(action, code):
    with pytest.raises(Refused) as refused:
        after(action)
    assert refused.value.code == code


def test_a_secret_that_stood_in_the_file_before_does_not_stop_its_change():
    files = {"a.py": Original(text=f"t = '{SECRET}'\nx = 1\n")}
    action = FileAction(action="update", file_path="a.py", old_str="x = 1", new_str="x = 2")
    assert SECRET in str(files_after([action], files)[0].content)


OTHER = "glpat-" + "zyxWVU0987654321cbaq"
KEY = "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("before", "actions"),
    [
        (f"t = '{SECRET}'\n", [act("update", "t.py", content=f"t = '{OTHER}'\n")]),
        (f"t = '{SECRET}'\n", [act("create", "b.py", content=f"t = '{OTHER}'\n")]),
        (f"t = '{SECRET}'\n", [act("create", "b.py", content=f"t = '{SECRET}'\n")]),
        (f"{SECRET}\n{SECRET}\n", [act("update", "t.py", content=f"{SECRET}\n{OTHER}\n")]),
        (KEY.format("A" * 64), [act("update", "t.py", content=KEY.format("B" * 64))]),
        ("glpat-" + "abcDEF12\n34567890xyzq\n", [act("update", "t.py", content="glpat-" + "abcDEF12\n34567890xyzz\n")]),
        (f"t = '{SECRET}'\n", [act("update", "t.py", content=f"t = 'glpat-\u200b{OTHER[6:]}'\n")]),
    ],
    ids=["replaced", "beside", "copied", "one of two", "another key", "wrapped", "disguised"],
)
def test_an_old_secret_lets_no_other_in(before, actions):
    originals = {"t.py": Original(text=before), "u.py": Original(text=SECRET)}
    with pytest.raises(Refused) as refused:
        files_after([FileAction.model_validate(action) for action in actions], originals)
    assert refused.value.code == "would_write_secret"


def test_a_secret_moves_with_its_file():
    moved = FileAction(action="move", file_path="b.py", previous_path="a.py")
    assert [file.path for file in files_after([moved], {"a.py": Original(text=SECRET)})] == ["a.py", "b.py"]


def test_settings_of_tests_are_no_secrets():
    assert after(act("create", "ci.yml", content="POSTGRES_PASSWORD: hunter22\nurl: http://u:hunter22@db/x\n"))


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../b", ".git/config", "a/.GIT/x", ".git./x", "a\\b", "a\0b", "a\r\nb", "a/"]
)
def test_a_path_that_leads_elsewhere_is_refused(path):
    with pytest.raises(Refused, match="not a plain path"):
        paths_of([FileAction(action="move", file_path="b.py", previous_path="a.py"), FileAction(action="delete", file_path=path)])


def test_an_action_names_its_file():
    with pytest.raises(ValidationError, match="at least 1 character"):
        FileAction(action="delete", file_path="")


def test_every_path_that_is_touched_is_named_once():
    moved = FileAction(action="move", file_path="b.py", previous_path="a.py")
    assert paths_of([moved, FileAction(action="delete", file_path="b.py")]) == ("a.py", "b.py")
