"""Whose reviews count now: those of the current revision, of people who may vote by the facts of this moment, each person once."""

from __future__ import annotations

from collections.abc import Mapping

from duo_flows.domain.model import Model

from .entitlement import voters
from .item import ApprovalItem, Review, Verdict
from .people import Facts, Member


class Ballot(Model):
    """One count: who may vote, and who of them has approved and declined; each sorted by id."""

    voters: tuple[Member, ...]
    approvers: tuple[Member, ...]
    decliners: tuple[Member, ...]

    def voter(self, person_id: int | None) -> Member | None:
        """Return a person if they may vote."""
        return next((member for member in self.voters if member.id == person_id), None)

    def has_approved(self, member: Member) -> bool:
        """Tell whether a person's approval counts."""
        return any(member.id == approver.id for approver in self.approvers)

    @property
    def undecided(self) -> tuple[Member, ...]:
        """Return who may vote and has not approved: they still can, also after another verdict."""
        return without(self.voters, self.approvers)


def without(members: tuple[Member, ...], others: tuple[Member, ...]) -> tuple[Member, ...]:
    """Return some members but for others, in their order."""
    gone = {member.id for member in others}
    return tuple(member for member in members if member.id not in gone)


def ballot_of(item: ApprovalItem, facts: Facts) -> Ballot:
    """Return the count of an item, as people are now."""
    entitled, reviews = voters(item, facts), counted_reviews(item)
    said = {person_id: review.verdict for person_id, review in reviews.items()}
    return Ballot(
        voters=entitled,
        approvers=tuple(member for member in entitled if said.get(member.id) is Verdict.APPROVED),
        decliners=tuple(member for member in entitled if said.get(member.id) is Verdict.DECLINED),
    )


def counted_reviews(item: ApprovalItem) -> Mapping[int, Review]:
    """Return what is said of the current revision, by person. What names another one is not counted, wherever it stands."""
    return {review.person_id: review for review in item.reviews if review.revision == item.current.number}
