"""Effects of writes: told from the arguments alone."""

import pytest

from duo_flows.domain.effects import Effect, EffectKind
from duo_flows.domain.tools import tool_named

ON_REQUEST = {"merge_request_iid": 3}
ON_ISSUE = {"issue_iid": 4}
MOVE = {"action": "move", "file_path": "b.py", "previous_path": "a.py"}


@pytest.mark.parametrize(
    ("tool", "arguments", "effects"),
    [
        ("create_branch", {"branch": "fix", "ref": "main"}, [Effect(kind=EffectKind.BRANCH, branch="fix")]),
        (
            "create_commit",
            {"branch": "fix", "commit_message": "x", "actions": [MOVE]},
            [Effect(kind=EffectKind.COMMIT, branch="fix", paths=("a.py", "b.py"))],
        ),
        (
            "create_merge_request",
            {"source_branch": "fix", "target_branch": "main", "title": "x"},
            [Effect(kind=EffectKind.MERGE_REQUEST, branch="fix")],
        ),
        ("update_merge_request", ON_REQUEST, [Effect(kind=EffectKind.MERGE_REQUEST, item="!3")]),
        (
            "add_merge_request_reviewers",
            {**ON_REQUEST, "reviewer_usernames": ["dan"]},
            [Effect(kind=EffectKind.MERGE_REQUEST, item="!3")],
        ),
        ("create_merge_request_note", {**ON_REQUEST, "body": "x"}, [Effect(kind=EffectKind.COMMENT, item="!3")]),
        (
            "create_merge_request_diff_note",
            {**ON_REQUEST, "body": "x", "old_path": "a", "new_path": "a", "new_line": 1},
            [Effect(kind=EffectKind.COMMENT, item="!3")],
        ),
        ("reply_to_discussion", {**ON_REQUEST, "discussion_id": "d", "body": "x"}, [Effect(kind=EffectKind.COMMENT, item="!3")]),
        ("set_discussion_resolved", {**ON_REQUEST, "discussion_id": "d"}, [Effect(kind=EffectKind.THREAD, item="!3")]),
        ("create_issue", {"title": "x"}, [Effect(kind=EffectKind.ISSUE)]),
        ("update_issue", ON_ISSUE, [Effect(kind=EffectKind.ISSUE, item="#4")]),
        ("create_issue_note", {**ON_ISSUE, "body": "x"}, [Effect(kind=EffectKind.COMMENT, item="#4")]),
        ("create_work_item", {"title": "x", "type_name": "Task"}, [Effect(kind=EffectKind.ISSUE)]),
        ("update_work_item", {"work_item_iid": 4}, [Effect(kind=EffectKind.ISSUE, item="#4")]),
        ("create_work_item_note", {"work_item_iid": 4, "body": "x"}, [Effect(kind=EffectKind.COMMENT, item="#4")]),
        (
            "create_issue_link",
            {**ON_ISSUE, "target_issue_iid": 5},
            [Effect(kind=EffectKind.LINK, item="#4"), Effect(kind=EffectKind.LINK, item="#5")],
        ),
    ],
)
def test_a_write_says_what_it_touches(tool, arguments, effects):
    spec = tool_named(tool)
    assert spec.touches is not None
    assert list(spec.touches(spec.arguments.model_validate(arguments))) == effects
