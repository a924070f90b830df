"""What the author of a flow says about a gate (requirement G5): who reviews, how many must approve, until when.

These are keys of a flow file. Every default is the careful one: all must approve, one decline ends it, the
requester has no vote, expiry stops the session.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, StringConstraints, field_validator, model_validator

from duo_flows.domain.durations import Duration
from duo_flows.domain.model import Model

from .reviewer_rules import Found, ReviewerRule, Reviewers
from .times import Timeout

# More than a form that people fill in with care; a longer list is ticked without reading.
CHECKLIST_MAX_COUNT = 50


class OnExpiry(StrEnum):
    """What becomes of the session when nobody has decided in time. Neither approves."""

    CANCEL = "cancel"
    NOTIFY = "notify"


def _is_count(value: Any) -> bool:
    # YAML's `yes` is True, which Python counts as 1: nobody means "one person" by it.
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _threshold(value: Any) -> Any:
    if value != "unanimous" and not _is_count(value):
        raise ValueError("write `unanimous`, or how many people have to approve, from 1")
    return value


def _decline(value: Any) -> Any:
    if value != "any" and not _is_count(value):
        raise ValueError("write `any`, or how many people have to decline, from 1")
    return value


Count = Annotated[int, Field(ge=1)]
ChecklistText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]


class ApprovalPolicy(Model):
    """The rules of one gate. It is part of what a revision binds: a gate is decided by the rules that its reviewers saw."""

    reviewers: Reviewers = Field(default=Reviewers(), description="Who reviews.")
    reviewer_rules: tuple[ReviewerRule, ...] = Field(default=(), description="Who reviews too, because of what the flow found.")
    threshold: Annotated[
        Literal["unanimous"] | Count, BeforeValidator(_threshold, json_schema_input_type=Literal["unanimous"] | Count)
    ] = Field(default="unanimous", description="`unanimous` (each user, and one of each role), or how many people approve.")
    decline: Annotated[Literal["any"] | Count, BeforeValidator(_decline, json_schema_input_type=Literal["any"] | Count)] = Field(
        default="any", description="`any`, or how many people have to decline."
    )
    timeout: Timeout = Field(default=None, description="A duration (`7d`), a date or a time. Otherwise the operator's duration.")
    reminders: tuple[Duration, ...] = Field(
        default=(), description="When those who have not voted are reminded, after the opening."
    )
    on_expiry: OnExpiry = Field(default=OnExpiry.CANCEL, description="`cancel` stops the session; `notify` tells everyone.")
    checklist: Annotated[tuple[ChecklistText, ...], Field(max_length=CHECKLIST_MAX_COUNT)] = Field(
        default=(), description="What reviewers should know or verify before they decide."
    )
    require_checklist: StrictBool = Field(default=False, description="Whether all of it is ticked before anybody can approve.")
    requester_may_vote: StrictBool = Field(default=False, description="Whether the person who started the session may vote.")
    editor_may_vote: StrictBool = Field(default=True, description="Whether who has edited the plan may vote on what came of it.")
    re_entry: str | None = Field(default=None, description="The component at which a re-run begins. Otherwise the first.")
    plan_format: str = Field(default="", max_length=10_000, description="How the plan is to be structured, for the model.")

    @field_validator("reminders")
    @classmethod
    def _in_order(cls, reminders: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
        return tuple(sorted(set(reminders)))

    @field_validator("checklist")
    @classmethod
    def _each_once(cls, checklist: tuple[str, ...]) -> tuple[str, ...]:
        twice = [text for index, text in enumerate(checklist) if text in checklist[:index]]
        if twice:
            raise ValueError(f"the checklist has {twice[0]!r} twice")
        return checklist

    @model_validator(mode="after")
    def _can_pass(self) -> ApprovalPolicy:
        if self.reviewers.is_empty and not self.reviewer_rules:
            raise ValueError("name reviewers: `users`, `roles`, or both")
        is_closed_list = not (self.reviewers.roles or self.reviewer_rules)
        if isinstance(self.threshold, int) and is_closed_list and self.threshold > len(self.reviewers.users):
            named = len(self.reviewers.users)
            raise ValueError(
                f"{self.threshold} people have to approve, but only {named} can: lower `threshold` or name more reviewers"
            )
        return self

    @model_validator(mode="after")
    def _makes_sense(self) -> ApprovalPolicy:
        if isinstance(self.timeout, timedelta) and self.reminders and self.reminders[-1] >= self.timeout:
            raise ValueError("a reminder comes before the timeout")
        if self.require_checklist and not self.checklist:
            raise ValueError("`require_checklist` needs a `checklist`")
        return self

    @property
    def declines_needed(self) -> int:
        """Return how many people have to decline."""
        return 1 if self.decline == "any" else self.decline

    def rules_for(self, found: Found) -> tuple[int, ...]:
        """Return which of the reviewer rules apply, counted from 0."""
        return tuple(index for index, rule in enumerate(self.reviewer_rules) if rule.when.holds_for(found))

    def deadline(self, opened_at: datetime, *, default: timedelta | None) -> datetime | None:
        """Return when an item expires that opens now; None if neither the author nor the operator (`default`) sets a limit."""
        timeout = self.timeout if self.timeout is not None else default
        return opened_at + timeout if isinstance(timeout, timedelta) else timeout
