"""The double of approvals and the audit chain, kept in this process. No method waits, so each is one transaction."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from typing_extensions import override

from duo_flows.domain.approval_records import (
    Decision,
    Item,
    ItemFilter,
    ItemReport,
    KeptComment,
    NewDecision,
    NewItem,
    NewNotice,
    NewReview,
    Notice,
    Readable,
    Review,
    Reviewer,
    Revision,
    Tick,
    WaitingFilter,
)
from duo_flows.domain.approval_store import ApprovalStore, AuditLog
from duo_flows.domain.approvals.states import LIVE_STATES
from duo_flows.domain.audit import ChainedEvent, ChainEnd, NewAuditEvent
from duo_flows.domain.decision_search import (
    DecisionPage,
    DecisionSearch,
    FoundDecision,
    Place,
    asked_words,
    cursor_of,
    place_of,
    rank,
    search_text,
    snippet,
)
from duo_flows.domain.model import Model

from . import approval_rules as rules
from .audit_log import chain, first_by_key
from .values import in_utc, storable_text


class MemoryAuditLog(AuditLog):
    """The audit chain."""

    def __init__(self) -> None:
        self._events: list[ChainedEvent] = []

    @override
    async def append(self, events: Sequence[NewAuditEvent]) -> ChainEnd:
        known = {event.key for event in self._events}
        fresh = [event for key, event in first_by_key(events).items() if key not in known]
        if fresh:
            self._events += chain(fresh, after=await self.end())
        return await self.end()

    @override
    async def events(self, *, after: int = 0, limit: int = 500, item_id: str = "") -> tuple[ChainedEvent, ...]:
        wanted = (event for event in self._events if event.seq > after and item_id in {"", event.item_id})
        return tuple(wanted)[:limit]

    @override
    async def end(self) -> ChainEnd:
        return ChainEnd(seq=self._events[-1].seq, hash=self._events[-1].hash) if self._events else ChainEnd()


class _Kept:
    """What is kept of one item."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.reviewers: tuple[Reviewer, ...] = ()
        self.revisions: dict[int, Revision] = {}
        self.reviews: dict[str, NewReview] = {}
        self.ticks: dict[str, Tick] = {}
        self.comments: dict[str, KeptComment] = {}
        self.notices: dict[str, Notice] = {}
        self.decision: Decision | None = None
        self.text = ""


class MemoryApprovals(ApprovalStore):
    """Group Approval items with all that belongs to them."""

    def __init__(self, *, clock: Callable[[], datetime], is_content: Callable[[str], bool], audit: MemoryAuditLog) -> None:
        self._clock = clock
        self._is_content = is_content
        self._audit = audit
        self._items: dict[str, _Kept] = {}

    @override
    async def open_item(self, new: NewItem) -> Item:
        if new.id in self._items:
            if self._items[new.id].row["project_id"] != new.project_id:
                raise rules.item_taken(new.id)
            return self._shown(new.id)
        if new.previous_id:
            self._kept(new.previous_id)
        numbers = [kept.row["number"] for kept in self._items.values() if kept.row["project_id"] == new.project_id]
        row = rules.fresh_item(_storable(new), number=max(numbers, default=0) + 1, at=in_utc(self._clock()))
        self._items[new.id] = _Kept(row)
        return self._shown(new.id)

    @override
    async def record(self, report: ItemReport) -> Item:
        kept = self._kept(report.item_id)
        changed = copy.copy(kept)
        self._record(changed, _storable(report))
        self._items[report.item_id] = changed
        await self._audit.append(report.events)
        return self._shown(report.item_id)

    def _record(self, kept: _Kept, report: ItemReport) -> None:
        self._add_revisions(kept, report.revisions)
        _must_be_recorded(kept, rules.revisions_spoken_of(report))
        kept.reviews = _grown(kept.reviews, report.reviews)
        kept.ticks = _grown(kept.ticks, report.ticks)
        for comment in report.comments:
            kept.comments = kept.comments | {comment.key: rules.kept(comment, before=kept.comments.get(comment.key))}
        if report.reviewers is not None and rules.is_current(kept.row, report):
            kept.reviewers = rules.each_once(report.reviewers)
        kept.row = kept.row | rules.applied(kept.row, report, at=in_utc(self._clock()))
        if report.decision:
            _decide(kept, report.decision)

    def _add_revisions(self, kept: _Kept, given: Iterable[Revision]) -> None:
        for revision in given:
            if known := kept.revisions.get(revision.number):
                rules.must_be_same(known, revision)
                continue
            if not self._is_content(revision.content_ref):
                raise rules.no_such_content(revision.content_ref)
            kept.revisions = kept.revisions | {revision.number: revision}

    def _kept(self, item_id: str) -> _Kept:
        if item_id not in self._items:
            raise rules.no_such_item(item_id)
        return self._items[item_id]

    def _shown(self, item_id: str) -> Item:
        row = self._kept(item_id).row
        following = (kept.row for kept in self._items.values() if kept.row["previous_id"] == item_id)
        first = min(following, key=lambda one: (one["opened_at"], one["number"]), default={"id": ""})
        return Item.model_validate(copy.deepcopy(rules.shown(row | {"next_id": first["id"]})))

    @override
    async def item(self, item_id: str) -> Item:
        return self._shown(item_id)

    @override
    async def item_of_number(self, project_id: int, number: int) -> Item:
        found = [item for item in map(self._shown, self._items) if (item.project_id, item.number) == (project_id, number)]
        if not found:
            raise rules.no_such_number(project_id, number)
        return found[0]

    @override
    async def item_of_issue(self, project_id: int, issue_iid: int) -> Item | None:
        shown = map(self._shown, self._items)
        return next((item for item in shown if (item.project_id, item.issue_iid) == (project_id, issue_iid)), None)

    @override
    async def items(self, which: ItemFilter) -> tuple[Item, ...]:
        shown = sorted(map(self._shown, self._items), key=_age, reverse=True)
        if which.before_id:
            page_end = _age(self._shown(which.before_id))
            shown = [item for item in shown if _age(item) < page_end]
        return tuple(item for item in shown if _is_wanted(item, which))[: which.limit]

    @override
    async def waiting_for(self, which: WaitingFilter) -> tuple[Item, ...]:
        waiting = sorted((self._shown(name) for name, kept in self._items.items() if _waits_for(kept, which.person_id)), key=_age)
        if which.after_id:
            page_end = _age(self._shown(which.after_id))
            waiting = [item for item in waiting if _age(item) > page_end]
        return tuple(one for one in waiting if which.project_ids is None or one.project_id in which.project_ids)[: which.limit]

    @override
    async def reviewers(self, item_id: str) -> tuple[Reviewer, ...]:
        return self._kept(item_id).reviewers

    @override
    async def revisions(self, item_id: str) -> tuple[Revision, ...]:
        revisions = self._kept(item_id).revisions
        return tuple(revisions[number] for number in sorted(revisions))

    @override
    async def reviews(self, item_id: str) -> tuple[Review, ...]:
        kept = self._kept(item_id)
        return tuple(_review(kept, review, n) for n, review in enumerate(kept.reviews.values(), 1))

    @override
    async def comments(self, item_id: str) -> tuple[KeptComment, ...]:
        comments = self._kept(item_id).comments
        return tuple(sorted(comments.values(), key=lambda comment: (comment.created_at, comment.key)))

    @override
    async def ticks(self, item_id: str) -> tuple[Tick, ...]:
        return tuple(self._kept(item_id).ticks.values())

    @override
    async def note_notice(self, item_id: str, notice: NewNotice) -> tuple[Notice, bool]:
        notices = self._kept(item_id).notices
        new = _storable(notice)
        if new.key in notices:
            return notices[new.key], False
        notices[new.key] = Notice(**dict(new), made_at=in_utc(self._clock()))
        return notices[new.key], True

    @override
    async def notice_sent(self, item_id: str, key: str, *, at: datetime) -> None:
        notices, known = self._kept(item_id).notices, storable_text(key)
        if known not in notices:
            raise rules.no_such_notice(item_id, key)
        sent_at = notices[known].sent_at or in_utc(at)
        notices[known] = notices[known].model_copy(update={"sent_at": sent_at})

    @override
    async def notices(self, item_id: str) -> tuple[Notice, ...]:
        return tuple(self._kept(item_id).notices.values())

    @override
    async def decision(self, item_id: str) -> Decision | None:
        return self._kept(item_id).decision

    @override
    async def search(self, search: DecisionSearch) -> DecisionPage:
        words = asked_words(search.words)
        if search.words.strip() and not words:
            return DecisionPage()
        hits = sorted((hit for kept in self._items.values() if (hit := _hit(kept, search, words))), key=_place, reverse=True)
        if search.cursor:
            begin = _order(place_of(search.cursor))
            hits = [hit for hit in hits if _place(hit) < begin]
        page = hits[: search.limit]
        next_cursor = cursor_of(page[-1][0]) if len(hits) > search.limit else ""
        return DecisionPage(found=tuple(found for _, found in page), next_cursor=next_cursor)


_Hit = tuple[Place, FoundDecision]


def _must_be_recorded(kept: _Kept, numbers: Iterable[int], *, digest: str = "") -> None:
    for number in numbers:
        if number not in kept.revisions or digest not in {"", kept.revisions[number].digest}:
            raise rules.unknown_revision(number)


def _decide(kept: _Kept, new: NewDecision) -> None:
    _must_be_recorded(kept, (new.revision,), digest=new.digest)
    if kept.decision is not None:
        rules.must_be_same_decision(kept.decision, new)
        return
    facts = {name: kept.row[name] for name in Decision.model_fields if name in kept.row}
    given = {name: value for name, value in new if name != "text"}
    kept.decision = Decision.model_validate(facts | given | {"item_id": kept.row["id"]})
    kept.text = new.text


def _review(kept: _Kept, review: NewReview, n: int) -> Review:
    following = kept.revisions.get(review.revision + 1)
    return Review(**dict(review), n=n, cleared_at=following.created_at if following else None)


def _waits_for(kept: _Kept, person_id: int) -> bool:
    row = kept.row
    said = {review.person_id: review.verdict for review in kept.reviews.values() if review.revision == row["revision"]}
    is_asked = any(reviewer.person_id == person_id for reviewer in kept.reviewers)
    return row["state"] in LIVE_STATES and row["revision"] > 0 and is_asked and said.get(person_id) is None


def _hit(kept: _Kept, search: DecisionSearch, words: Sequence[str]) -> _Hit | None:
    decision = kept.decision
    if decision is None or not _is_asked_for(kept, decision, search):
        return None
    content = search_text(label=decision.label, title=decision.title, summary=decision.summary, text=kept.text)
    fit = rank(content, words) if words else 0
    if fit is None:
        return None
    place = Place(rank=fit, decided_at=decision.decided_at, item_id=decision.item_id)
    passage = snippet(words, decision.summary, kept.text, decision.title)
    return place, FoundDecision(decision=decision, snippet=passage)


def _is_asked_for(kept: _Kept, decision: Decision, search: DecisionSearch) -> bool:
    people = _people(kept, decision)
    return (
        _is_readable(decision, search.readable)
        and (search.person_id is None or search.person_id in people)
        and (not search.linked or storable_text(search.linked) in rules.link_keys(kept.row))
        and (not search.states or decision.state in search.states)
        and (search.decided_from is None or decision.decided_at >= search.decided_from)
        and (search.decided_until is None or decision.decided_at < search.decided_until)
    )


def _people(kept: _Kept, decision: Decision) -> list[int]:
    editors = (revision.editor_id for revision in kept.revisions.values())
    return rules.people_of(kept.row, decision, editors=editors)


def _is_readable(one: Item | Decision, who: Readable) -> bool:
    return one.project_id in who.project_ids and (not one.is_confidential or one.project_id in who.confidential_project_ids)


def _is_wanted(item: Item, which: ItemFilter) -> bool:
    return (
        _is_readable(item, which.readable)
        and which.is_open in {None, item.is_open}
        and which.session_id in {"", item.session_id}
        and which.requester_id in {None, item.requester_id}
    )


def _place(hit: _Hit) -> tuple[int, datetime, str]:
    return _order(hit[0])


def _order(place: Place) -> tuple[int, datetime, str]:
    return place.rank, place.decided_at, place.item_id


def _age(item: Item) -> tuple[datetime, str]:
    return item.opened_at, item.id


def _grown(kept: dict[str, Any], given: Iterable[Any]) -> dict[str, Any]:
    grown = dict(kept)
    for one in given:
        grown.setdefault(one.key, one)
    return grown


def _storable(value: Any) -> Any:
    """Return a value as a database would give it back: texts storable, times in UTC, nothing shared with the caller."""
    if isinstance(value, str):
        return value if isinstance(value, StrEnum) else storable_text(value)
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, Model):
        return value.model_copy(update={name: _storable(field) for name, field in value})
    if isinstance(value, tuple):
        return tuple(map(_storable, value))
    return copy.deepcopy(value)
