"""The roster: everybody whom an item concerns as a reviewer, each with what they last said and whether it counts."""

from __future__ import annotations

from collections.abc import Mapping

from duo_flows.domain.model import Model

from .entitlement import BAR_WORDS, Bar, candidates, capacities, voter_bar
from .item import ApprovalItem, Review, Verdict
from .people import Facts, Member


class ReviewerStanding(Model):
    """One reviewer: as what they are asked, what they last said of which revision, whether it counts, and what bars them."""

    person_id: int | None
    username: str
    capacities: tuple[str, ...]
    verdict: Verdict | None = None
    revision: int | None = None
    counts: bool = False
    bar: Bar | None = None
    words: str = ""


def roster_of(item: ApprovalItem, facts: Facts) -> tuple[ReviewerStanding, ...]:
    """Return all who are asked or have ever said something, by id; then those named whom GitLab never knew."""
    said = {review.person_id: review for review in (*item.history, *item.reviews)}
    known = {member.id: member for member in facts.people}
    return (
        *(
            _reviewer(item, person_id, username, known.get(person_id), said.get(person_id))
            for person_id, username in sorted(_usernames(item, facts).items())
        ),
        *_never_known(item),
    )


def _usernames(item: ApprovalItem, facts: Facts) -> Mapping[int, str]:
    """Return who is on the roster, by id; a name of the facts is newer than one that was written down."""
    return {
        **{user.id: user.username for asked in item.asked for user in asked.users if user.id is not None},
        **{review.person_id: review.person for review in (*item.history, *item.reviews)},
        **{member.id: member.username for member in candidates(item, facts)},
    }


def _reviewer(item: ApprovalItem, person_id: int, username: str, member: Member | None, last: Review | None) -> ReviewerStanding:
    bar = voter_bar(item, member)
    return ReviewerStanding(
        person_id=person_id,
        username=username,
        capacities=capacities(item, member) if member else (),
        verdict=last.verdict if last else None,
        revision=last.revision if last else None,
        counts=bar is None and last is not None and last.revision == item.current.number and last.verdict is not None,
        bar=bar,
        words=BAR_WORDS[bar] if bar else "",
    )


def _never_known(item: ApprovalItem) -> tuple[ReviewerStanding, ...]:
    bar = Bar.UNKNOWN_PERSON
    lost = sorted({user.username for asked in item.asked for user in asked.users if user.id is None})
    return tuple(
        ReviewerStanding(person_id=None, username=name, capacities=(f"@{name}",), bar=bar, words=BAR_WORDS[bar]) for name in lost
    )
