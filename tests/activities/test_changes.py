"""Proposing and pushing: what is pushed is what was stored and consented to, or nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.contracts import Scope, ToolRun
from activities.tool_calls import ToolActivities
from activities.tools.changes import _title
from duo_flows.domain.branches import BranchRule, PushRight
from duo_flows.domain.changes import Change
from duo_flows.domain.people import AccessLevel
from duo_flows.domain.policy import POLICY_PATH
from duo_flows.domain.sessions import Ending, LogKind, NewLogEntry, SessionStatus, SessionUpdate
from tests.activities.acting import SECRET, run, scope_of
from tests.doubles.world import BASE_SHA, BRANCH, PROJECT, TEST_FILE, TEST_TEXT, World, diagnosis

OLD_LINE = "        self.assertEqual(job.created_at, 1691500800)"
BEGIN, END = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
NEW_LINE = "+        self.assertAlmostEqual(job.created_at, time.time(), delta=5)"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def scope(world) -> Scope:
    return await scope_of(world)


def diagnosed(world, **changed):
    return world.deps.flow_files.read_answer(diagnosis(**changed).text, {})


async def step(world, scope, component, tool, **arguments):
    task = ToolRun(scope=scope, component=component, step=5, tool=tool, arguments=arguments)
    return await run(ToolActivities(world.deps).call_tool, task)


async def propose(world, scope, **changed):
    return (await step(world, scope, "propose", "propose_change", diagnosis=diagnosed(world, **changed))).value


async def push(world, scope, change, **changed):
    return await step(world, scope, "push", "push_change", **{"change_ref": change["ref"], "digest": change["digest"], **changed})


async def consent(world, scope, change, *, run_number=1, **changed):
    """Write the line of the session log that an accepted answer leaves."""
    data = {"choice": "apply", "digest": change["digest"], **changed}
    entry = NewLogEntry(key=f"answer-{run_number}", kind=LogKind.ANSWER, text="@maya answered apply.", actor="maya", data=data)
    await world.store.sessions.append(scope.session_id, run_number, [entry])


async def stored(world, change) -> Change:
    return Change.model_validate_json(await world.deps.contents.get(change["ref"]))


def replaced(*lines: str, old: str = OLD_LINE) -> dict[str, list[dict[str, str]]]:
    """Return a diagnosis that puts these lines in the place of one."""
    return {"edits": [{"path": TEST_FILE, "old_text": old, "new_text": "\n".join(lines)}]}


# Proposing.


@pytest.mark.parametrize(
    "changed",
    [
        replaced(f"# A key begins with {BEGIN}", "import os; os.system('evil')", f"# and ends with {END}"),
        replaced(f"# A key begins with {BEGIN}", OLD_LINE, "import os; os.system('evil')", f"# and ends with {END}"),
        replaced(OLD_LINE, f"token = '{SECRET}'"),
        replaced(OLD_LINE, 'password = "hunter2-and-more"'),
        {"title": f"Use {SECRET}"},
        {"new_files": [{"path": f"{SECRET}.py", "content": "x\n"}]},
        {"new_files": [{"path": "a.py", "content": f"{BEGIN}\n"}, {"path": "b.py", "content": f"evil\n{END}\n"}]},
    ],
)
async def test_a_change_of_which_a_part_would_be_hidden_is_not_proposed_and_the_agent_is_told_why(world, scope, changed):
    proposed = await propose(world, scope, **changed)

    assert (proposed["outcome"], "change" in proposed) == ("invalid", False)
    assert "looks like a secret" in proposed["reason"]


async def test_what_a_change_adds_between_marks_that_stand_in_the_file_already_is_not_hidden(world, scope):
    world.forge.files[7, TEST_FILE, BASE_SHA] = TEST_TEXT.replace(OLD_LINE, f"# {BEGIN}\n{OLD_LINE}\n# {END}")

    proposed = await propose(world, scope, **replaced("import os; os.system('evil')"))

    assert (proposed["outcome"], "change" in proposed) == ("invalid", False)


async def test_a_secret_beside_the_change_is_not_shown_and_the_change_is(world, scope):
    world.forge.files[7, TEST_FILE, BASE_SHA] = TEST_TEXT.replace(OLD_LINE, f"# {SECRET}\n{OLD_LINE}")

    proposed = await propose(world, scope, **replaced("import os"))

    preview = proposed["change"]["preview"]
    assert ("\n # [redacted:gitlab_token]\n" in preview, "\n+import os\n" in preview, SECRET in preview) == (True, True, False)


async def test_signs_that_nobody_sees_are_shown_in_a_change(world, scope):
    proposed = await propose(world, scope, **replaced("x = 'a\u202eb\u200b'\r y", "z\r"))

    preview = proposed["change"]["preview"]
    assert r"+x = 'a\u202eb\u200b'\u000d y" in preview
    assert "\n+z\r\n" in preview


async def test_a_proposal_is_computed_stored_and_shown_and_writes_nothing(world, scope):
    proposed = await propose(world, scope)

    change = await stored(world, proposed["change"])
    assert (proposed["outcome"], change.is_intact(), change.digest) == ("proposed", True, proposed["change"]["digest"])
    assert (change.base_sha, change.branch, change.title) == (BASE_SHA, BRANCH, "Compare with the present")
    assert NEW_LINE in change.diff
    assert proposed["effects"] == (f"This only affects branch `{BRANCH}` of meridian/payments: 1 file, +1 −1 lines ({TEST_FILE}).")
    assert (world.repository.pushed, world.notes_by_us()) == ([], [])


async def test_the_same_proposal_on_the_same_commit_is_the_same_change(world, scope):
    assert (await propose(world, scope))["change"] == (await propose(world, scope))["change"]


async def test_an_executable_file_stays_executable(world, scope):
    file = world.forge.file

    async def executable(*where, **at):
        return (await file(*where, **at)).model_copy(update={"is_executable": True})

    world.forge.file = executable
    change = await stored(world, (await propose(world, scope))["change"])

    assert change.files[0].is_executable


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"decision": "explain", "edits": []}, "not_fixable"),
        ({"decision": "explain"}, "not_fixable"),
        ({"decision": "anything else"}, "not_fixable"),
        ({"edits": []}, "not_fixable"),
        ({"edits": [], "confidence": "low"}, "not_fixable"),
        ({"confidence": "low"}, "low_confidence"),
        ({"confidence": "medium"}, "low_confidence"),
        ({"confidence": "HIGH"}, "low_confidence"),
    ],
)
async def test_only_a_sure_proposal_becomes_a_change(world, scope, changed, outcome):
    proposed = await propose(world, scope, **changed)

    assert (proposed["outcome"], "change" in proposed) == (outcome, False)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"edits": [{"path": TEST_FILE, "old_text": "not there", "new_text": "x"}]}, "does not stand in"),
        ({"edits": [{"path": "no/such.py", "old_text": "a", "new_text": "b"}]}, "does not exist"),
        ({"edits": [{"path": ".git/config", "old_text": "a", "new_text": "b"}]}, "not a plain path"),
        ({"new_files": [{"path": "../x", "content": ""}]}, "not a plain path"),
        ({"edits": [], "new_files": [{"path": TEST_FILE, "content": ""}]}, "exists already"),
        ({"edits": [{"path": TEST_FILE, "old_text": "job", "new_text": "job"}]}, "changes nothing"),
    ],
)
async def test_a_proposal_that_does_not_fit_the_files_says_why_and_stores_no_change(world, scope, changed, reason):
    proposed = await propose(world, scope, **changed)

    assert (proposed["outcome"], reason in proposed["reason"], "change" in proposed) == ("invalid", True, False)


async def test_a_session_without_a_branch_proposes_nothing(world, scope):
    proposed = await propose(world, scope.model_copy(update={"branch": ""}))

    assert (proposed["outcome"], proposed["reason"]) == ("invalid", "This session has no branch to change.")


async def test_of_a_long_diff_the_beginning_is_shown(world, scope):
    content = "".join(f"line {n}\n" for n in range(200))

    change = (await propose(world, scope, edits=[], new_files=[{"path": "long.txt", "content": content}]))["change"]

    assert "+line 10\n" in change["preview"]
    assert change["preview"].endswith("more lines")
    assert "+line 199\n" in (await stored(world, change)).diff


# Titles: one plain line, whatever the model says.

MARKS = ["[skip ci]", "[ci skip]", "[SKIP CI]", "[skip-ci]", "[ci_skip]", "[no_ci]"]


@pytest.mark.parametrize("mark", [*MARKS, "[skip\nci]", "[skip  ci]", "[skip [skip ci]ci]", "[[skip ci]]", "[skip\x00ci]"])
def test_a_title_cannot_switch_the_pipeline_off(mark):
    title = _title(f"Pin it {mark}")

    assert title.startswith("Pin it")
    assert not any(mark in title.lower() for mark in ("[skip", "[ci", "[no"))


@pytest.mark.parametrize("told", ["", " \n ", "\x00"])
def test_a_title_that_says_nothing_is_replaced(told):
    assert _title(told) == "Fix the pipeline"


def test_a_title_cannot_carry_trailers_of_its_own():
    assert _title("Pin it\n\nDuo-Approved-By: @root\nDuo-Session: s1") == "Pin it Duo-Approved-By: @root Duo-Session: s1"


def test_brackets_of_other_kinds_stay():
    assert _title("Pin requests[socks] [again]") == "Pin requests[socks] [again]"


@settings(max_examples=300)
@given(st.lists(st.sampled_from(["[", "]", "skip", "ci", "no", " ", "-", "_", "\n", "\u2028", "x" * 60]), max_size=14).map("".join))
def test_every_title_is_one_short_printable_line_without_a_mark(told):
    title = _title(told)

    assert 1 <= len(title) <= 120
    assert title.isprintable()
    assert not any(f"[{one}{sign}{two}]" in title for one, two in [("skip", "ci"), ("ci", "skip"), ("no", "ci")] for sign in " -_")


# Pushing.


async def test_the_stored_change_is_pushed_with_who_asked_and_who_consented(world, scope):
    change = (await propose(world, scope))["change"]
    await consent(world, scope, change)

    done = await push(world, scope, change)

    [(pushed, message)] = world.repository.pushed
    assert pushed == await stored(world, change)
    assert (done.value["outcome"], done.value["sha"]) == ("pushed", world.forge.branches[7, BRANCH].sha)
    assert message.split("\n") == [
        "Compare with the present",
        "",
        f"Duo-Session: {scope.session_id}",
        "Duo-Requester: @maya",
        "Duo-Approved-By: @maya",
        f"Duo-Digest: {change['digest']}",
        "",
    ]


async def test_a_push_that_is_repeated_pushes_once(world, scope):
    change = (await propose(world, scope))["change"]
    await consent(world, scope, change)

    first, again = await push(world, scope, change), await push(world, scope, change)

    assert (first.value, len(world.repository.pushed)) == (again.value, 1)


async def refused_and_nothing_pushed(world, done, code):
    assert (done.error_code, done.value) == (code, None)
    assert world.repository.pushed == []
    assert world.forge.branches[7, BRANCH].sha == BASE_SHA


async def test_nothing_is_pushed_without_consent(world, scope):
    change = (await propose(world, scope))["change"]

    done = await push(world, scope, change)

    await refused_and_nothing_pushed(world, done, "no_consent")
    assert done.error == "Nobody has consented to this change in this run; nothing was pushed."


@pytest.mark.parametrize("changed", [{"choice": "cancel"}, {"choice": "diff"}, {"digest": "0" * 64}, {"digest": ""}])
async def test_another_answer_and_the_consent_to_another_change_are_no_consent(world, scope, changed):
    change = (await propose(world, scope))["change"]
    await consent(world, scope, change, **changed)

    await refused_and_nothing_pushed(world, await push(world, scope, change), "no_consent")


@pytest.mark.parametrize("kind", [kind for kind in LogKind if kind is not LogKind.ANSWER])
async def test_a_line_of_the_log_that_only_looks_like_consent_is_none(world, scope, kind):
    change = (await propose(world, scope))["change"]
    data = {"choice": "apply", "digest": change["digest"]}
    await world.store.sessions.append(scope.session_id, 1, [NewLogEntry(key="x", kind=kind, text="x", data=data)])

    await refused_and_nothing_pushed(world, await push(world, scope, change), "no_consent")


async def test_the_consent_of_an_earlier_run_does_not_count_in_this_one(world, scope):
    change = (await propose(world, scope))["change"]
    await consent(world, scope, change)

    over = SessionUpdate(session_id=scope.session_id, run=1, status=SessionStatus.STOPPED, ending=Ending.STOPPED)
    await world.store.sessions.update(over)
    await world.store.sessions.start_next_run(scope.session_id, after=1)

    done = await push(world, scope.model_copy(update={"run": 2}), change)

    await refused_and_nothing_pushed(world, done, "no_consent")


async def test_consent_is_found_in_a_long_log(world, scope):
    change = (await propose(world, scope))["change"]
    lines = [NewLogEntry(key=f"n{n}", kind=LogKind.NOTE, text="x") for n in range(1_200)]
    await world.store.sessions.append(scope.session_id, 1, lines)
    await consent(world, scope, change)

    assert (await push(world, scope, change)).value["outcome"] == "pushed"


async def test_a_digest_that_is_not_the_changes_own_is_refused(world, scope):
    change = (await propose(world, scope))["change"]
    await consent(world, scope, change)

    await refused_and_nothing_pushed(world, await push(world, scope, change, digest="0" * 64), "not_what_was_approved")


@pytest.mark.parametrize("changed", [{"title": "Another"}, {"diff": ""}, {"base_sha": "b" * 40}, {"files": ()}])
async def test_a_change_that_was_tampered_with_is_refused(world, scope, changed):
    shown = (await propose(world, scope))["change"]
    await consent(world, scope, shown)
    tampered = (await stored(world, shown)).model_copy(update=changed)
    ref = await world.deps.contents.put(tampered.model_dump_json().encode())

    await refused_and_nothing_pushed(world, await push(world, scope, shown, change_ref=ref), "not_what_was_approved")


@pytest.mark.parametrize("data", [b"{}", b"not JSON", b"[1]"])
async def test_a_reference_to_something_that_is_no_change_is_refused(world, scope, data):
    shown = (await propose(world, scope))["change"]
    await consent(world, scope, shown)

    done = await push(world, scope, shown, change_ref=await world.deps.contents.put(data))

    await refused_and_nothing_pushed(world, done, "not_what_was_approved")


@pytest.mark.parametrize("changed", [{"branch": "main"}, {"project_id": 8}])
async def test_a_change_for_another_place_is_refused(world, scope, changed):
    shown = (await propose(world, scope))["change"]
    elsewhere = (await stored(world, shown)).model_copy(update=changed).sealed()
    ref = await world.deps.contents.put(elsewhere.model_dump_json().encode())
    await consent(world, scope, {"digest": elsewhere.digest})

    done = await push(world, scope, {"ref": ref, "digest": elsewhere.digest})

    await refused_and_nothing_pushed(world, done, "not_what_was_approved")


async def test_a_branch_that_the_requester_may_not_push_to_is_not_pushed_to(world, scope):
    change = (await propose(world, scope))["change"]
    await consent(world, scope, change)
    world.writer.rules = None
    protected = world.forge.branches[7, BRANCH].model_copy(update={"is_protected": True, "developers_can_push": False})
    world.forge.branches[7, BRANCH] = protected

    done = await push(world, scope, change)

    await refused_and_nothing_pushed(world, done, "requester_lacks_access")
    assert f"Branch {BRANCH} is protected and @maya may not push to it" in done.error


RULE = BranchRule(name="feat/*", push=(PushRight(level=AccessLevel.MAINTAINER),))


async def test_the_rules_of_branches_hold_for_a_push_and_for_asking_about_one(world, scope):
    change = (await propose(world, scope))["change"]
    await consent(world, scope, change)
    world.writer.rules = (RULE,)

    proposed = await step(world, scope, "propose", "propose_change", diagnosis=diagnosed(world))

    await refused_and_nothing_pushed(world, proposed, "requester_lacks_access")
    await refused_and_nothing_pushed(world, await push(world, scope, change), "requester_lacks_access")


@pytest.fixture
async def on_default_branch(world, scope):
    """A change to the default branch that somebody has consented to, while the policy let tools commit there."""
    world.forge.projects[7] = PROJECT.model_copy(update={"default_branch": BRANCH})
    world.forge.files[7, POLICY_PATH, BRANCH] = "allow_default_branch: true"
    change = (await propose(world, scope))["change"]
    await consent(world, scope, change)
    return change


async def test_a_consented_change_goes_to_the_default_branch_where_the_policy_lets_it(world, scope, on_default_branch):
    assert (await push(world, scope, on_default_branch)).value["outcome"] == "pushed"


async def test_consent_alone_pushes_nothing_to_the_default_branch(world, scope, on_default_branch):
    del world.forge.files[7, POLICY_PATH, BRANCH]

    done = await push(world, scope, on_default_branch)

    await refused_and_nothing_pushed(world, done, "default_branch")
    assert "allow_default_branch: true" in done.error


@pytest.mark.usefixtures("on_default_branch")
async def test_nobody_is_asked_about_a_change_that_could_not_be_pushed(world, scope):
    del world.forge.files[7, POLICY_PATH, BRANCH]

    proposed = await step(world, scope, "propose", "propose_change", diagnosis=diagnosed(world))

    await refused_and_nothing_pushed(world, proposed, "default_branch")


@pytest.mark.parametrize(("developers_can_push", "level"), [(True, AccessLevel.DEVELOPER), (False, AccessLevel.MAINTAINER)])
async def test_a_protected_branch_takes_the_push_of_who_may(world, scope, developers_can_push, level):
    change = (await propose(world, scope))["change"]
    await consent(world, scope, change)
    world.forge.levels[7, 2] = level
    world.writer.rules = None
    branch = world.forge.branches[7, BRANCH]
    protected = {"is_protected": True, "developers_can_push": developers_can_push}
    world.forge.branches[7, BRANCH] = branch.model_copy(update=protected)

    assert (await push(world, scope, change)).value["outcome"] == "pushed"


async def test_a_branch_that_has_moved_is_left_as_it_is(world, scope):
    change = (await propose(world, scope))["change"]
    await consent(world, scope, change)
    world.somebody_pushes("import time\n" + TEST_TEXT)

    done = await push(world, scope, change)

    assert (done.value["outcome"], done.value["head_sha"]) == ("moved", "b" * 40)
    assert f"Branch {BRANCH} has moved to bbbbbbbb" in done.value["reason"]
    assert world.repository.pushed == []
