"""Whose reviews count now: those of the current revision, of people who may vote by the facts of this moment, each person once."""

from __future__ import annotations

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
        return member in self.approvers

    def holders(self, role: str) -> tuple[Member, ...]:
        """Return who may vote and holds a role."""
        return tuple(member for member in self.voters if member.holds(role))

    @property
    def undecided(self) -> tuple[Member, ...]:
        """Return who may vote and has not approved: they still can, also after another verdict."""
        return tuple(member for member in self.voters if member not in self.approvers)


def ballot_of(item: ApprovalItem, facts: Facts) -> Ballot:
    """Return the count of an item, as people are now."""
    entitled = voters(item, facts)
    return Ballot(
        voters=entitled,
        approvers=tuple(member for member in entitled if _says(item, member, Verdict.APPROVED)),
        decliners=tuple(member for member in entitled if _says(item, member, Verdict.DECLINED)),
    )


def _says(item: ApprovalItem, member: Member, verdict: Verdict) -> bool:
    review = counted_review(item, member.id)
    return review is not None and review.verdict is verdict


def counted_review(item: ApprovalItem, person_id: int) -> Review | None:
    """Return what a person says of the current revision. What names another one is not counted, wherever it stands."""
    review = item.review_of(person_id)
    return review if review and review.revision == item.current.number else None
