"""P6: the element diff of two plans of 2,000 elements, in the usual case and in the worst ones, beside plain line diffs."""

import difflib
import random
import time
from collections.abc import Callable, Sequence

from bench.tables import table, write_page
from duo_flows.domain.plans.diff import diff
from duo_flows.domain.plans.elements import Plan
from duo_flows.domain.plans.identity import plan_from_markdown
from duo_flows.domain.plans.rendering import to_markdown
from duo_flows.domain.plans.revisions import RevisionContent

_ELEMENTS = 2_000
_TARGET_MS = 200
# The better of these is the least disturbed.
_RUNS = 5

_ABOUT = f"""\
Two revisions of {_ELEMENTS:,} elements, 30 words each but where it says otherwise, in milliseconds of processor time; the target is
{_TARGET_MS} ms. "By id" compares two revisions of one item, "by content" those of two items, as after a re-run. `difflib` is
Python's own `unified_diff` of the same elements as lines, which finds neither moves nor words."""


async def main() -> None:
    """Measure, and write `bench/results/plan_diff.md`."""
    plan = plan_from_markdown(_text(_paragraphs(30)))
    rows = [_row(name, plan, later) for name, later in _cases(plan).items()]
    equal = plan_from_markdown(_text(["The same words again."] * _ELEMENTS))
    rows.append(_row("2,000 equal elements, every second one removed", equal, _plan(equal, equal.elements[::2])))
    long = plan_from_markdown(_text(_paragraphs(2_000, count=25)))
    rows.append(_row("25 elements of 2,000 words, every tenth word changed", long, _changed(long, every=10)))
    reading = _measured(lambda: plan_from_markdown(to_markdown(plan.elements), plan))
    parts = [
        _ABOUT,
        table(["case", "by id", "by content", "differences", "difflib, lines"], rows),
        f"Reading the plan back from Markdown with its marks takes {reading:.0f} ms.",
    ]
    write_page("plan_diff", title="Element diff", body="\n\n".join(parts))


def _paragraphs(length: int, *, count: int = _ELEMENTS) -> list[str]:
    source = random.Random(7)  # noqa: S311 - a text that is the same each time
    words = [f"word{number}" for number in range(1_500)]
    return [" ".join(source.choices(words, k=length)) for _ in range(count)]


def _text(paragraphs: Sequence[str]) -> str:
    return "\n\n".join(f"## {text}" if place % 20 == 0 else text for place, text in enumerate(paragraphs))


def _cases(plan: Plan) -> dict[str, Plan]:
    elements = plan.elements
    shuffled = random.Random(3).sample(elements, len(elements))  # noqa: S311 - as above
    return {
        "nothing changed": plan,
        "a word in every twentieth, 20 moved, 20 added, 20 removed": _edited(plan),
        "a third of the words in all of them": _changed(plan, every=3, of=1),
        "all words in all of them": _changed(plan, every=1, of=1),
        "in reverse order": _plan(plan, elements[::-1]),
        "in random order": _plan(plan, shuffled),
    }


def _plan(base: Plan, elements: Sequence) -> Plan:
    return Plan(elements=tuple(elements), given_ids=base.given_ids)


def _changed(plan: Plan, *, every: int, of: int = 1) -> Plan:
    def other(place: int, text: str) -> str:
        changed = [f"other{at}" if at % every == 0 else word for at, word in enumerate(text.split())]
        return " ".join(changed) if place % of == 0 else text

    return _plan(plan, [one.model_copy(update={"text": other(at, one.text)}) for at, one in enumerate(plan.elements)])


def _edited(plan: Plan) -> Plan:
    elements = list(_changed(plan, every=40, of=20).elements)
    moved = [elements.pop(at) for at in range(1_900, 1_880, -1)]
    del elements[500:520]
    return plan_from_markdown(
        f"{to_markdown([*elements[:100], *moved, *elements[100:]])}\n\n{_text(_paragraphs(9, count=20))}", plan
    )


def _row(name: str, before: Plan, after: Plan) -> list[str]:
    old, new = RevisionContent(title="A", plan=before), RevisionContent(title="A", plan=after)
    by_id, by_content = _measured(lambda: diff(old, new)), _measured(lambda: diff(old, new, is_same_item=False))
    found = diff(old, new).counts()
    counts = ", ".join(f"{count:,} {change}" for change, count in found.items() if count) or "none"
    return [name, f"{by_id:.0f} ms", f"{by_content:.0f} ms", counts, _by_lines(before, after)]


def _by_lines(before: Plan, after: Plan) -> str:
    old, new = ([f"{one.text}\n" for one in plan.elements] for plan in (before, after))
    return f"{_measured(lambda: list(difflib.unified_diff(old, new)), runs=1):.0f} ms"


def _measured(work: Callable[[], object], *, runs: int = _RUNS) -> float:
    """Return the milliseconds of processor time that it takes."""

    def once() -> float:
        begin = time.process_time()
        work()
        return (time.process_time() - begin) * 1_000

    return min(once() for _ in range(runs))
