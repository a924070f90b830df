"""The machine under whatever may come: random people, policies and events, checked against a count kept beside it by hand."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from duo_flows.domain.approvals.events import ChangePeople, Deadline, Event, Expire, Remind
from duo_flows.domain.approvals.item import ApprovalItem, Verdict
from duo_flows.domain.approvals.machine import Ruling, apply, what_if
from duo_flows.domain.approvals.people import Facts, Member
from duo_flows.domain.approvals.standing import evaluate
from duo_flows.domain.approvals.states import FINAL_STATES, TRANSITIONS, ItemState
from duo_flows.domain.people import AccessLevel
from tests.domain.approvals.gates import (
    BOT,
    DANIEL,
    DEADLINE,
    NOON,
    OPENING,
    PRIYA,
    RACHEL,
    SOO,
    STRANGER,
    comment,
    draft,
    edit,
    rerun,
    review,
    timer,
    withdraw,
)

CROWD = (PRIYA, DANIEL, SOO, RACHEL, STRANGER, BOT)
REVIEWERS = (DANIEL, SOO, RACHEL)
WHO = st.sampled_from(CROWD)
LIVE = (ItemState.OPEN, ItemState.CLOSING)


class Machine(RuleBasedStateMachine):
    """Sends events in any order, some of them twice, some late, and keeps a count of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.item: ApprovalItem = draft()
        self.people: dict[int, Member] = {}
        self.said: dict[int, Verdict] = {}
        self.editors: set[int] = set()
        self.sent: list[tuple[Event, Ruling]] = []
        self.now = NOON
        self.count = 0

    @initialize(
        users=st.sets(st.sampled_from([who.username for who in REVIEWERS]), min_size=1, max_size=3),
        roles=st.sets(st.sampled_from(["maintainer", "developer", "security"]), max_size=2),
        threshold=st.one_of(st.just("unanimous"), st.integers(1, 3)),
        decline=st.one_of(st.just("any"), st.integers(1, 3)),
        requester_may_vote=st.booleans(),
        editor_may_vote=st.booleans(),
    )
    def open(self, users, roles, threshold, decline, **flags):
        # What an author could write: a closed list is not shorter than the threshold.
        reachable = min(threshold, len(users)) if isinstance(threshold, int) and not roles else threshold
        self.item = draft(users=tuple(users), roles=tuple(roles), threshold=reachable, decline=decline, **flags)
        self.people = {who.id: who for who in CROWD}
        # Which gates are refused is found by force elsewhere.
        assume(self.send(OPENING).is_accepted)

    @property
    def facts(self) -> Facts:
        return Facts(now=self.now, people=tuple(self.people.values()))

    def send(self, event: Event) -> Ruling:
        before, image = self.item, self.item.model_dump_json()
        forecast = what_if(before, event, self.facts)
        ruling = apply(before, event, self.facts)
        assert (forecast.code, forecast.standing) == (ruling.code, evaluate(ruling.item, self.facts))
        assert before.model_dump_json() == image
        self.item = ruling.item
        self.sent.append((event, ruling))
        if before.state in FINAL_STATES:
            assert ruling.item == before
        if not ruling.is_accepted:
            assert ruling.reason
            assert ruling.item.model_copy(update={"heard": before.heard}) == before
        return ruling

    def next_id(self) -> str:
        self.count += 1
        return f"e{self.count}"

    def counts(self, person_id: int) -> bool:
        """Tell by hand whether a person may vote."""
        who = self.people.get(person_id)
        rules = self.item.policy
        levels = {"developer": AccessLevel.DEVELOPER, "maintainer": AccessLevel.MAINTAINER}
        return (
            who is not None
            and not who.is_bot
            and who.is_active
            and who.access >= AccessLevel.REPORTER
            and (person_id != PRIYA.id or rules.requester_may_vote)
            and (person_id not in self.editors or rules.editor_may_vote)
            and (
                who.username in rules.reviewers.users
                or any(who.access >= levels[role] if role in levels else role in who.roles for role in rules.reviewers.roles)
            )
        )

    def who_says(self, verdict: Verdict) -> set[int]:
        return {person for person, said in self.said.items() if said is verdict and self.counts(person)}

    def is_enough(self) -> bool:
        """Tell by hand whether the approvals that count are enough."""
        rules, yes = self.item.policy, self.who_says(Verdict.APPROVED)
        if isinstance(rules.threshold, int):
            return len(yes) >= rules.threshold
        names = {self.people[person].username for person in yes}
        levels = {"developer": AccessLevel.DEVELOPER, "maintainer": AccessLevel.MAINTAINER}
        held = {
            role
            for role in rules.reviewers.roles
            for person in yes
            if (self.people[person].access >= levels[role] if role in levels else role in self.people[person].roles)
        }
        return names >= set(rules.reviewers.users) and held == set(rules.reviewers.roles)

    def settle(self, ruling: Ruling) -> None:
        """Compare the state with the count, after an event that can decide."""
        declined = len(self.who_says(Verdict.DECLINED)) >= self.item.policy.declines_needed
        expected = ItemState.DECLINED if declined else ItemState.APPROVED if self.is_enough() else None
        assert ruling.item.state in ((expected,) if expected else LIVE)

    @rule(
        who=WHO,
        verdict=st.sampled_from(list(Verdict)),
        back=st.sampled_from([0, 0, 0, 1, -1]),
        late=st.sampled_from([timedelta(0), timedelta(0), timedelta(days=8)]),
    )
    def vote(self, who, verdict, back, late):
        revision = self.item.current.number - back
        self.vote_on(who, verdict, revision, late)

    @rule(who=st.sampled_from(REVIEWERS), verdict=st.sampled_from([Verdict.APPROVED, Verdict.APPROVED, Verdict.REQUESTED_CHANGES]))
    def vote_in_time(self, who, verdict):
        self.vote_on(who, verdict, self.item.current.number, timedelta(0))

    def vote_on(self, who: Member, verdict: Verdict, revision: int, late: timedelta) -> None:
        event = review(who, verdict, revision, words="x", at=self.now + late, event_id=self.next_id())
        is_current = revision == self.item.current.number
        was_live, deadline, may = self.item.state in LIVE, self.item.deadline, self.counts(who.id)
        ruling = self.send(event)
        assert ruling.is_accepted == (was_live and may and is_current and event.received_at <= (deadline or event.received_at))
        if ruling.is_accepted:
            self.said[who.id] = verdict
            self.settle(ruling)

    @rule(who=WHO)
    def take_back(self, who):
        if self.send(withdraw(who, at=self.now, event_id=self.next_id())).is_accepted:
            self.said.pop(who.id, None)

    @rule(who=WHO, content=st.sampled_from(["r1", "a", "b"]), back=st.sampled_from([0, 0, 1]))
    def edit(self, who, content, back):
        before = self.item.current.number
        event = edit(who, max(1, before - back), content, at=self.now, event_id=self.next_id())
        ruling = self.send(event)
        if ruling.item.current.number > before:
            self.said.clear()
            self.editors.add(who.id)
        assert ruling.item.state not in {ItemState.APPROVED, ItemState.DECLINED} or not ruling.is_accepted

    @rule(who=WHO, access=st.sampled_from([AccessLevel.NONE, AccessLevel.DEVELOPER, AccessLevel.MAINTAINER]))
    def change_access(self, who, access):
        self.people[who.id] = who.model_copy(update={"access": access})
        self.look_at_people()

    @rule(who=WHO)
    def lose(self, who):
        self.people.pop(who.id, None)
        self.look_at_people()

    @rule(who=WHO)
    def demote_without_a_word(self, who):
        self.people[who.id] = who.model_copy(update={"access": AccessLevel.GUEST})

    def look_at_people(self) -> None:
        ruling = self.send(timer(ChangePeople, self.now, self.next_id()))
        if ruling.is_accepted:
            self.settle(ruling)

    @rule(who=WHO)
    def say(self, who):
        self.send(comment(who, at=self.now, event_id=self.next_id()))

    @rule()
    def remind(self):
        self.send(timer(Remind, self.now, self.next_id()))

    @rule(seconds=st.integers(1, 3))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.count > 8)
    @rule()
    def the_deadline_comes(self):
        self.now = max(self.now, DEADLINE)
        self.send(timer(Deadline, self.now, self.next_id()))

    @precondition(lambda self: self.count > 8)
    @rule()
    def the_last_look_is_done(self):
        self.send(timer(Expire, self.now, self.next_id()))

    @precondition(lambda self: self.count > 15)
    @rule(who=WHO)
    def ask_for_a_rerun(self, who):
        self.send(rerun(who, at=self.now, event_id=self.next_id()))

    @precondition(lambda self: len(self.sent) > 1)
    @rule(data=st.data())
    def send_again(self, data):
        event, first = data.draw(st.sampled_from(self.sent))
        before = self.item
        again = apply(before, event, self.facts)
        heard = before.judgement_of(event.event_id)
        assert heard is None or (again.item, again.audit, again.is_accepted) == (before, (), first.is_accepted)
        assert heard is not None or before.state is ItemState.DRAFT or (not again.is_accepted and before.is_final)

    @invariant()
    def an_approval_is_by_enough_distinct_entitled_people_on_the_current_revision(self):
        item, decision = self.item, self.item.decision
        if item.state is ItemState.APPROVED:
            assert decision is not None
            assert {each.revision for each in decision.reviews} == {item.current.number} == {decision.revision}
            assert decision.digest == item.current.digest
            assert {each.verdict for each in decision.reviews} == {Verdict.APPROVED}
            assert len({each.person_id for each in decision.reviews}) == len(decision.reviews) > 0
            assert BOT.id not in {each.person_id for each in decision.reviews}

    @invariant()
    def a_final_item_has_a_decision_and_a_live_one_has_none(self):
        assert (self.item.decision is not None) == (self.item.state in FINAL_STATES)
        assert self.item.is_final == (not TRANSITIONS[self.item.state])

    @invariant()
    def only_reviews_of_the_current_revision_stand_one_per_person(self):
        people = [each.person_id for each in self.item.reviews]
        assert people == sorted(set(people))
        assert {each.revision for each in self.item.reviews} <= {self.item.current.number}

    @invariant()
    def everything_travels_as_json(self):
        assert ApprovalItem.model_validate_json(self.item.model_dump_json()) == self.item


# Long enough runs that gates are edited, expire and are decided; few enough that the whole takes seconds.
Machine.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestMachine = Machine.TestCase
