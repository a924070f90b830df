"""P6: what waits for a person among 10,000 open items, and searching decisions, on SQLite. Filling the store takes minutes."""

import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.tables import percentile, write_table
from duo_flows.adapters.store import Store, migrate, open_store
from duo_flows.domain.approval_records import ItemReport, NewDecision, NewItem, Readable, Reviewer, Revision, WaitingFilter
from duo_flows.domain.approvals.states import ItemState
from duo_flows.domain.decision_search import DecisionSearch

ITEMS = 10_000
DECISIONS = 2_000
ASKED = 200
PROJECTS = 20
# Of the requirement.
P95_GOAL_MS = 50
# One person reviews everything; the others a share each.
BUSY = 1
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ABOUT = f"""\
{ITEMS:,} open items in {PROJECTS} projects, each with four reviewers of 200, one of whom reviews them all; {DECISIONS:,} decisions
with texts of 400 words. Each question is asked {ASKED} times, for persons, pages and words by chance."""


async def main() -> None:
    chance = random.Random(1)  # noqa: S311 - a fixed one, so that each run measures the same
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'store.db'}"
        await migrate(url)
        store = await open_store(url, clock=Clock())
        began = time.perf_counter()
        await fill(store, chance)
        filled = time.perf_counter() - began
        rows = await measured(store, chance)
        await store.close()
    rows["written by `open_item` and `record`, each"] = f"{filled / (2 * ITEMS + 3 * DECISIONS) * 1_000:.1f} ms"
    write_table("approval-queries", title="Questions about Group Approvals", about=ABOUT, rows=rows)


class Clock:
    """Each item is opened a second after the one before."""

    def __init__(self) -> None:
        self._now = NOON

    def __call__(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


async def fill(store: Store, chance: random.Random) -> None:
    ref = await store.contents.put(b"{}")
    vocabulary = [f"{a}{b}{c}" for a in "bdfglm" for b in ("ara", "elo", "iru", "onta") for c in ("k", "ment", "ster", "va", "xil")]
    for n in range(ITEMS):
        await opened(store, f"open{n}", n, ref=ref, chance=chance)
    for n in range(DECISIONS):
        await opened(store, f"done{n}", n, ref=ref, chance=chance)
        await store.approvals.record(a_decision(f"done{n}", " ".join(chance.choices(vocabulary, k=400)), n))


async def opened(store: Store, item_id: str, n: int, *, ref: str, chance: random.Random) -> None:
    project = {"project_id": n % PROJECTS + 1, "project_path": f"group/project{n % PROJECTS}"}
    await store.approvals.open_item(NewItem(id=item_id, title=f"Plan {n}", requester_id=999, requester="priya", **project))
    people = [BUSY, *chance.sample(range(2, 201), 3)]
    reviewers = tuple(Reviewer(person_id=person, username=f"p{person}") for person in people)
    first = Revision(number=1, content_ref=ref, digest=f"d{n}", created_at=NOON)
    opening = {"state": ItemState.OPEN, "revision": 1, "revisions": (first,), "reviewers": reviewers}
    await store.approvals.record(ItemReport(item_id=item_id, version=1, **opening))


def a_decision(item_id: str, text: str, n: int) -> ItemReport:
    when = NOON + timedelta(minutes=n)
    facts = {"revision": 1, "digest": f"d{n}", "event_id": "e", "received_at": when, "decided_at": when}
    made = NewDecision(state=ItemState.APPROVED, summary="Approved by four.", text=text, **facts)
    return ItemReport(item_id=item_id, version=2, state=ItemState.APPROVED, decision=made)


async def measured(store: Store, chance: random.Random) -> dict[str, str]:
    everything = Readable(project_ids=tuple(range(1, PROJECTS + 1)))
    half = Readable(project_ids=tuple(range(1, PROJECTS // 2)))

    async def waiting(person: int) -> Any:
        after = chance.choice(["", f"open{chance.randrange(ITEMS)}"])
        return await store.approvals.waiting_for(WaitingFilter(person_id=person, after_id=after))

    async def found(words: str, readable: Readable = everything) -> Any:
        return await store.approvals.search(DecisionSearch(readable=readable, words=words))

    questions: dict[str, Callable[[], Awaitable[Any]]] = {
        f"waiting for who reviews all {ITEMS:,}": lambda: waiting(BUSY),
        "waiting for one of the others": lambda: waiting(chance.randrange(2, 201)),
        "a decision by its number": lambda: found(
            f"GA-{chance.randrange(ITEMS // PROJECTS + 1, (ITEMS + DECISIONS) // PROJECTS):03}"
        ),
        "decisions by three words": lambda: found("barament donta elo", half),
        "decisions by a word that all have": lambda: found("ba"),
        "the newest decisions": lambda: found(""),
    }
    return dict([row for name, ask in questions.items() for row in await asked(name, ask)])


async def asked(name: str, ask: Callable[[], Awaitable[Any]]) -> list[tuple[str, str]]:
    times = [await milliseconds(ask) for _ in range(ASKED)]
    shares = [percentile(times, share) for share in (0.5, 0.95, 0.99)]
    told = [(f"{name}: p50, p95, p99", f"{', '.join(f'{share:.1f}' for share in shares)} ms")]
    goal = [(f"{name}: p95 under {P95_GOAL_MS} ms", "met" if shares[1] < P95_GOAL_MS else "NOT met")]
    return told + (goal if name.startswith("waiting") else [])


async def milliseconds(ask: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await ask()
    return (time.perf_counter() - began) * 1_000


if __name__ == "__main__":
    asyncio.run(main())
