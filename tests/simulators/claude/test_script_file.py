import pytest

from simulators.claude.script_file import read_script
from simulators.claude.templates import TemplateError, find_line, json_objects, line_at, line_of, regex_search
from simulators.scenario_variables import ScenarioError

LOG = '   7| first\n   8| File "a.py", line 3\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("turns: []", "turns: List should have at least 1 item"),
        ("turns: [{whn: {}}]", "turns.0.whn: is no key of a script; allowed here are capture, chunk_delay_ms, fail"),
        ("turns: [{when: {tool: x}}]", "allowed here are conversation, last_user_text, not, schema, system, tool_results"),
        ("turns: [{when: {system: '('}}]", "'(' is no regular expression"),
        ("turns: [{reply: [{text: a, thinking: b}]}]", "a block has exactly one of text, thinking, tool_use, json"),
        ("turns: [{fail: {times: 2}}]", "needs either status (an error) or cut_after_events"),
        ("turns: [{capture: [{from: nowhere, pattern: x}]}]", "turns.0.capture.0.from"),
        ("- a", "must be a mapping of keys"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_what_is_allowed(tmp_path, text, message):
    (tmp_path / "claude.yaml").write_text(text)

    with pytest.raises(ScenarioError) as refusal:
        read_script(tmp_path / "claude.yaml")

    assert message in str(refusal.value)


def test_turns_without_a_name_are_called_by_their_place(tmp_path):
    (tmp_path / "claude.yaml").write_text("turns: [{name: hello}, {}]")

    assert [turn.name for turn in read_script(tmp_path / "claude.yaml").turns] == ["hello", "turn 2"]


def test_lines_are_found_with_the_numbers_printed_before_them():
    found = find_line(LOG, 'File "')

    assert (found.number, found.text) == (8, 'File "a.py", line 3')
    assert line_at(LOG, 7) == "first"
    assert line_of(LOG, "first") == 7
    assert line_of("a\nb", "b") == 2
    assert line_of("a\nb", "c") == 0


def test_a_line_that_is_not_there_is_an_error_of_the_script():
    with pytest.raises(TemplateError, match="no line matches 'third'"):
        find_line(LOG, "third")


def test_json_is_found_inside_prose():
    text = 'Jobs: [{"id": 1, "inner": {"id": 2}}] and {broken and {"id": 3}.'

    assert [item["id"] for item in json_objects(text)] == [1, 2, 3]


def test_a_search_without_a_match_is_empty():
    assert regex_search("abc", "x") == ""
    assert regex_search("abc", "a(.)", 1) == "b"
