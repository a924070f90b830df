"""Texts and plans as people, models and attackers write them."""

import re

from hypothesis import strategies as st

from duo_flows.domain.plans.elements import Plan
from duo_flows.domain.plans.identity import plan_from_markdown
from duo_flows.domain.plans.revisions import RevisionContent

# Whatever begins, ends or hides something in Markdown, HTML or GitLab, and signs that nobody sees.
_PIECES = [
    *["- ", "* ", "+ ", "1. ", "2. ", "10) ", "0. ", "  ", "    ", "\t", " ", "\n", "\n\n", "  \n", "\r\n", "\\", "> "],
    *["alpha", "beta gamma", "delta", "`", "``", "```", "````", "~~~", "```python\n", "mermaid", "#", "## ", "|", "| x |", "|---|"],
    *["---", "***", "- - -", "===", "[ ] ", "[x] ", "[a]: b", "[a]", "!", "<b>", "<!--", "-->", "<br>", "<details>", "<?", "<!"],
    *["<!-- e:1 -->", "<!-- e:2 -->", "<!-- e:zz -->", "<!-- e:1", "<!-- zone:plan -->", "<!-- zone:end -->"],
    *["## Plan", "## Summary", "/close", "/label x", "@all", "\x00", "\u202e", "\u200b", "\u2028", "é", "&lt;", "$"],
    *["a | b\n", "--|--\n", "1 | 2 | 3\n", ":-\n", "\\|", "`<!-- ", "` -->", "](", "[t](/u 'hid den')", "[t](/b)", "![t](/b)"],
    *["https://a.example/b", "<https://a.example>"],
]

markdown = st.lists(st.sampled_from(_PIECES), max_size=25).map("".join)
words = st.sampled_from(["alpha", "beta", "gamma", "delta", "phase 1", "`app/a.py`", "meridian-billing", "rollback"])
prose = st.lists(words, min_size=1, max_size=8).map(" ".join)
block = st.builds(str.__add__, st.sampled_from(["", "## ", "- ", "1. ", "  - ", "- [ ] ", "> "]), prose)
plain_markdown = st.lists(block, max_size=12).map("\n\n".join)

plans = st.one_of(markdown, plain_markdown).map(plan_from_markdown)


def plan(text: str, base: Plan | None = None) -> Plan:
    return plan_from_markdown(text, base)


def revision(text: str = "Go.", base: Plan | None = None, **fields) -> RevisionContent:
    return RevisionContent(title="Migrate", plan=plan_from_markdown(text, base), **fields)


def said(elements) -> list[tuple]:
    """Return what elements say, without their ids."""
    return [element.content() for element in elements]


def letters(text: str) -> list[str]:
    """Return the words of a text without marks; numbers of lists are not among them."""
    return re.findall(r"[^\W\d_]+", re.sub(r"<!--[ \t]*e:[0-9a-z]{1,16}[ \t]*-->", " ", text).replace("&lt;", "<"))


def is_part(few: list[str], many: list[str]) -> bool:
    """Tell whether the words stand among the others in this order."""
    rest = iter(many)
    return all(word in rest for word in few)
