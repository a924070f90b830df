"""Plans as Markdown and back: the same plan, no word lost, nothing hidden."""

import re
from html import unescape

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from duo_flows.domain.errors import Refused
from duo_flows.domain.plans.elements import ELEMENTS_MAX, TEXT_MAX, Element, ElementKind, Plan
from duo_flows.domain.plans.parsing import parse
from duo_flows.domain.plans.rendering import to_markdown
from duo_flows.domain.plans.texts import harmless, visible
from tests.domain.plans.given_plans import is_part, letters, markdown, plan, plans, said

# CommonMark with tables, as GitLab reads: a parser that is not ours.
COMMONMARK = MarkdownIt("commonmark").enable("table")
MARK = re.compile(r"<!-- e:\w+ -->")


def html_in(text):
    tokens = COMMONMARK.parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    return [token.content for token in (*tokens, *inline) if token.type in {"html_block", "html_inline"}]


def kinds(text):
    return [element.kind.value for element in plan(text).elements]


@given(plans)
@settings(max_examples=400, deadline=None)
def test_a_plan_comes_back_from_markdown_as_it_was(given_plan):
    assert plan(to_markdown(given_plan.elements), given_plan) == given_plan


@given(plans)
@settings(deadline=None)
def test_a_plan_has_one_markdown(given_plan):
    text = to_markdown(given_plan.elements)
    assert to_markdown(plan(text, given_plan).elements) == text


@given(markdown)
@settings(max_examples=400, deadline=None)
def test_no_word_that_somebody_wrote_is_lost(text):
    assert is_part(letters(visible(text)), letters(to_markdown(plan(text).elements)))


@given(markdown, plans)
@settings(deadline=None)
def test_no_word_is_lost_in_the_middle_of_a_plan_either(text, base):
    lines = to_markdown(base.elements).split("\n")
    edited = "\n".join([*lines[: len(lines) // 2], text, *lines[len(lines) // 2 :]])
    assert is_part(letters(visible(edited)), letters(to_markdown(plan(edited, base).elements)))


@given(plans)
@settings(max_examples=400, deadline=None)
def test_another_parser_sees_every_mark_as_a_comment_and_no_other_html(given_plan):
    html = "".join(html_in(to_markdown(given_plan.elements)))
    assert len(MARK.findall(html)) == len(given_plan.elements)
    assert re.sub(r"<br ?/?>|\s", "", MARK.sub("", html)) == ""


def words_shown(html):
    """Return the words that a reader of a page sees; an address is seen where it is pointed at."""
    links = re.sub(r'<a href="([^"]*)">((?:(?!</a>).)*)</a>', r" \2 \1 ", MARK.sub(" ", html), flags=re.DOTALL)
    return re.findall(r"[^\W\d_]+", unescape(links))


@given(plans)
@settings(max_examples=400, deadline=None)
def test_every_word_of_a_plan_is_seen_by_who_reads_it_rendered(given_plan):
    html = COMMONMARK.render(to_markdown(given_plan.elements))
    texts = [unescape(re.sub(r"<br ?/?>", " ", element.text)) for element in given_plan.elements]
    assert is_part(re.findall(r"[^\W\d_]+", " ".join(texts)), words_shown(html))


@given(markdown)
@settings(deadline=None)
def test_texts_are_harmless_and_visible_at_once(text):
    assert harmless(harmless(text)) == harmless(text)
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A\n\ntext\nmore\n\n- a\n- b", ["heading", "paragraph", "list_item", "list_item"]),
        ("- a\n  - b\n\n    text\n\n1. c", ["list_item", "list_item", "paragraph", "list_item"]),
        ("```python\n# no heading\n\n- none\n```\n- a", ["code_block", "list_item"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ["table_row", "table_row"]),
        ("text\n- a\n2. still a", ["paragraph", "list_item", "list_item"]),
        ("text\n2. still text", ["paragraph"]),
        ("- a\nstill a", ["list_item"]),
        ("A\n---\n\n---\n\n> quote\n> more", ["paragraph", "paragraph", "paragraph"]),
        ("    indented code\n\ntext", ["code_block", "paragraph"]),
        ("", []),
    ],
)
def test_markdown_becomes_elements(text, expected):
    assert kinds(text) == expected


def test_elements_carry_what_they_are():
    heading, first, box, code = plan("### Phase 1\n\n3. go\n   - [x] done\n\n     ```ruby\n     x = 1\n     ```").elements
    assert (heading.level, heading.text) == (3, "Phase 1")
    assert (first.is_ordered, first.number, first.depth) == (True, 3, 0)
    assert (box.is_ticked, box.text, box.depth) == (True, "done", 1)
    assert (code.language, code.text, code.depth) == ("ruby", "x = 1", 2)


def test_a_plan_reads_well_in_gitlab():
    text = to_markdown(plan("# A\ntext\n* one\n* two\n    1. deep\n\n|a|b|\n|-|-|\n|1|2|\n\n~~~sh\nls\n~~~").elements)
    assert text == (
        "# A <!-- e:1 -->\n\n<!-- e:2 -->\ntext\n\n- one <!-- e:3 -->\n- two <!-- e:4 -->\n  1. deep <!-- e:5 -->\n\n"
        "|a|b <!-- e:6 --> |\n|-|- |\n|1|2 <!-- e:7 --> |\n\n<!-- e:8 -->\n```sh\nls\n```\n"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a <!-- hidden --> b", "a &lt;!-- hidden --> b"),
        ("<details>\nhidden\n</details>", "&lt;details>\nhidden\n&lt;/details>"),
        ("[//]: # (hidden)", "[//]\\: # (hidden)"),
        ("[a\nb]: /x 'hidden'", "[a\nb]\\: /x 'hidden'"),
        ("a < b and `List<String>` <3", "a < b and `List<String>` <3"),
        ("[a](/b 'hidden')", "[a]\\(/b 'hidden')"),
        ("$`x % hidden`$ for $5", "\\$`x % hidden`\\$ for \\$5"),
        ("It costs $5.", "It costs $5."),
        ("![hidden](/b.png)", "\\![hidden](/b.png)"),
        ("> ```ruby hidden\n> x", "> \\```ruby hidden\n> x"),
        ("> a | b\n> --|--\n> 1 | 2 | hidden", "> a | b\n> \\--|--\n> 1 | 2 | hidden"),
        ("`open\n`<!-- hidden ` -->", "`open\n`&lt;!-- hidden ` -->"),
        ("see <https://a.example/b>", "see <https://a.example/b>"),
        ("a\u202eb\u200bc\x00d\U000e0041", "a[U+202E]b[U+200B]c[U+0000]d[U+E0041]"),
        ("\u0645\u06cc\u200c\u0634 \U0001f469\u200d\U0001f4bb", "\u0645\u06cc\u200c\u0634 \U0001f469\u200d\U0001f4bb"),
    ],
)
def test_what_would_hide_from_readers_is_shown(text, shown):
    assert [element.text for element in plan(text).elements] == [shown]


def test_a_cell_behind_the_last_column_is_shown_in_it():
    head, row = plan("| a |\n|---|\n| 1 | hidden |").elements
    assert (head.text, row.text) == ("| a |\n|--- |", "| 1 \\| hidden |")


def test_a_table_without_outer_bars_is_one():
    head, row = plan("a | b\n--|--\n1 | 2 | hidden").elements
    assert (head.text, row.text) == ("| a | b |\n| --|-- |", "| 1 | 2 \\| hidden |")


def test_text_that_gitlab_would_draw_or_leave_out_is_shown_beside_the_code():
    assert kinds("```mermaid\na\n```") == ["paragraph", "code_block"]
    shown, code = plan("```python do what is written here\na\n```").elements
    assert (shown.text, code.text, code.language) == ("python do what is written here", "a", "")


def test_lines_that_gitlab_would_run_are_quoted_and_come_back_as_they_were():
    base = plan("/close\n\n- a\n  /label ~x\n\n```\n/approve\n\\\\/shrug\n```\n\n/usr/bin/env")
    text = to_markdown(base.elements)
    assert not re.search(r"^\s*/[a-z]+(\s|$)", text, re.MULTILINE)
    assert "\\/close" in text
    assert "\\\\/shrug" in text
    assert [element.text for element in base.elements] == ["/close", "a\n/label ~x", "/approve\n\\/shrug", "/usr/bin/env"]
    assert plan(text, base) == base


def test_a_mark_in_code_is_text():
    base = plan("```\n<!-- e:1 -->\n```\n\nand `<!-- e:1 -->` here")
    assert [element.text for element in base.elements] == ["<!-- e:1 -->", "and `<!-- e:1 -->` here"]
    assert plan(to_markdown(base.elements), base) == base


def test_fences_in_code_need_a_longer_fence():
    (code,) = plan("````\n```\ninner\n```\n````").elements
    assert code.text == "```\ninner\n```"
    assert to_markdown([code], has_marks=False) == "````\n```\ninner\n```\n````\n"


def test_a_fence_that_is_never_closed_takes_the_rest_as_gitlab_does():
    (code,) = plan("```\na\n\n## b").elements
    assert (code.kind, code.text) == (ElementKind.CODE, "a\n\n## b")


@pytest.mark.parametrize(
    "text", ["a\n\n" * (ELEMENTS_MAX + 1), "x" * (TEXT_MAX + 1), "\n\n".join(["word " * 7_000] * 20)], ids=["many", "long", "much"]
)
def test_a_plan_that_nobody_can_read_is_refused(text):
    with pytest.raises(Refused, match="at most") as refused:
        plan(text)
    assert refused.value.code == "plan_too_long"


@pytest.mark.parametrize("piece", ["`", "<", "- ", "> ", "| ", "[", "<!-- e:1 -->", "* _", "\\", "  \n", "1. "])
def test_a_long_row_of_the_same_sign_is_read_at_once(piece):
    text = piece * (30_000 // len(piece))
    assert said(one.element for one in parse(to_markdown(one.element for one in parse(text)))) is not None


@pytest.mark.parametrize(
    ("elements", "given_ids"),
    [
        ([Element(id="1", kind=ElementKind.PARAGRAPH, text="a"), Element(id="1", kind=ElementKind.PARAGRAPH, text="b")], 2),
        ([Element(id="2", kind=ElementKind.PARAGRAPH, text="a")], 1),
        ([Element(id="01", kind=ElementKind.PARAGRAPH, text="a")], 9),
        ([Element(id="1", kind=ElementKind.PARAGRAPH, text="a", depth=2)], 1),
    ],
    ids=["twice", "not given", "not ours", "too deep"],
)
def test_a_plan_is_sound_or_is_none(elements, given_ids):
    with pytest.raises(ValueError, match=r"element id|deeper"):
        Plan(elements=tuple(elements), given_ids=given_ids)


def test_sections_begin_at_headings():
    first, second = plan("before\n\n## A\n\na\n\nb").sections()
    assert (first.heading, len(first.elements)) == (None, 1)
    assert second.heading is not None
    assert (second.heading.text, len(second.elements)) == ("A", 2)
