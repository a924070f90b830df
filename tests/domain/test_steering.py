"""Stop, pause and resume: the whole table, and any order of what people and the walk do."""

from itertools import product

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from duo_flows.domain.people import AccessLevel, Person
from duo_flows.domain.sessions import FINAL_STATUSES, TRANSITIONS, SessionEvent, SessionStatus, next_status
from duo_flows.domain.steering import WISHES, Steer, Steering, Wish, may_steer, steered

LIVE = sorted(set(SessionStatus) - FINAL_STATUSES)
PAUSED_BY_MAYA = Steering(wish=Wish.PAUSE, actor="maya", reason="lunch")
STOPPED_BY_DANIEL = Steering(wish=Wish.STOP, actor="daniel-r")


@pytest.mark.parametrize(
    ("person", "level", "may"),
    [
        (Person(id=2, username="maya"), AccessLevel.NONE, True),
        (Person(id=3, username="daniel-r"), AccessLevel.MAINTAINER, True),
        (Person(id=3, username="daniel-r"), AccessLevel.DEVELOPER, False),
        (Person(id=2, username="maya", is_active=False), AccessLevel.MAINTAINER, False),
        (Person(id=1, username="duo", is_bot=True), AccessLevel.OWNER, False),
    ],
)
def test_the_requester_and_maintainers_may_steer_and_no_bot_or_blocked_account(person, level, may):
    assert may_steer(person, level, requester_id=2) is may


@pytest.mark.parametrize(("wish", "steer", "status"), list(product(Wish, Steer, LIVE)))
def test_the_table_decides_for_every_wish_and_request(wish, steer, status):
    before = Steering(wish=wish, actor="maya")

    ruling = steered(before, steer, status=status, actor="daniel-r")

    assert ruling.is_accepted == (steer in WISHES[wish])
    assert ruling.steering.wish is WISHES[wish].get(steer, wish)
    assert ruling.reason.endswith(".")


@pytest.mark.parametrize(
    ("before", "steer", "status", "code"),
    [
        (PAUSED_BY_MAYA, Steer.PAUSE, SessionStatus.PAUSED, "paused"),
        (PAUSED_BY_MAYA, Steer.PAUSE, SessionStatus.RUNNING, "pausing"),
        (STOPPED_BY_DANIEL, Steer.STOP, SessionStatus.RUNNING, "stopping"),
        (Steering(), Steer.RESUME, SessionStatus.RUNNING, "not_paused"),
    ],
)
def test_asking_for_what_is_so_already_is_accepted_and_changes_nothing(before, steer, status, code):
    ruling = steered(before, steer, status=status, actor="maya")

    assert (ruling.is_accepted, ruling.code, ruling.steering) == (True, code, before)


def test_whoever_asks_again_is_told_who_asked_first_and_why():
    assert steered(PAUSED_BY_MAYA, Steer.PAUSE, status=SessionStatus.PAUSED, actor="daniel-r").reason == (
        "The session is paused already, by @maya: lunch."
    )


@pytest.mark.parametrize("steer", [Steer.PAUSE, Steer.RESUME])
def test_a_stop_is_not_taken_back(steer):
    ruling = steered(STOPPED_BY_DANIEL, steer, status=SessionStatus.RUNNING, actor="maya")

    assert (ruling.is_accepted, ruling.code, ruling.steering) == (False, "stopping", STOPPED_BY_DANIEL)


@pytest.mark.parametrize(("steer", "status"), list(product(Steer, sorted(FINAL_STATUSES))))
def test_a_run_that_is_over_is_not_steered_but_a_stopped_one_is_stopped(steer, status):
    ruling = steered(Steering(), steer, status=status, actor="maya")

    is_so_already = (steer, status) == (Steer.STOP, SessionStatus.STOPPED)
    assert (ruling.is_accepted, ruling.code) == ((True, "stopped") if is_so_already else (False, "session_ended"))
    assert ruling.steering == Steering()


@pytest.mark.parametrize("status", [SessionStatus.INPUT_REQUIRED, SessionStatus.TOOL_CALL_APPROVAL_REQUIRED])
def test_a_pause_while_a_question_is_open_says_that_it_comes_after_it(status):
    assert "pauses after it" in steered(Steering(), Steer.PAUSE, status=status, actor="maya").reason


def test_what_is_paused_goes_on_or_ends_badly_and_nothing_else():
    assert set(TRANSITIONS[SessionStatus.PAUSED]) == {SessionEvent.RESUME, SessionEvent.STOP, SessionEvent.DROP}


class AnyOrder(RuleBasedStateMachine):
    """People steer whenever they like; the walk asks, is answered, misses deadlines, comes by safe points and ends."""

    def __init__(self):
        super().__init__()
        self.status = SessionStatus.RUNNING
        self.steering = Steering()
        self.has_stop_been_taken = False

    @property
    def is_over(self):
        return self.status in FINAL_STATUSES

    def move(self, event):
        self.status = next_status(self.status, event)

    @rule(steer=st.sampled_from(Steer), actor=st.sampled_from(["maya", "daniel-r"]))
    def somebody_steers(self, steer, actor):
        before = self.steering
        ruling = steered(before, steer, status=self.status, actor=actor)
        self.steering = ruling.steering
        self.has_stop_been_taken |= ruling.is_accepted and steer is Steer.STOP
        again = steered(self.steering, steer, status=self.status, actor=actor)
        assert (again.is_accepted, again.steering) == (ruling.is_accepted, self.steering)
        assert ruling.is_accepted or self.steering == before

    @precondition(lambda self: self.status is SessionStatus.RUNNING)
    @rule(event=st.sampled_from([SessionEvent.REQUIRE_INPUT, SessionEvent.REQUIRE_TOOL_CALL_APPROVAL]))
    def the_walk_asks(self, event):
        self.move(event)

    @precondition(lambda self: self.status in {SessionStatus.INPUT_REQUIRED, SessionStatus.TOOL_CALL_APPROVAL_REQUIRED})
    @rule(is_answered=st.booleans())
    def the_question_closes(self, is_answered):
        self.move(SessionEvent.RESUME if is_answered else SessionEvent.STOP)

    @precondition(lambda self: self.status in {SessionStatus.RUNNING, SessionStatus.PAUSED})
    @rule()
    def the_walk_comes_by_a_safe_point(self):
        match self.steering.wish, self.status:
            case Wish.STOP, _:
                self.move(SessionEvent.STOP)
            case Wish.PAUSE, SessionStatus.RUNNING:
                self.move(SessionEvent.PAUSE)
            case Wish.NONE, SessionStatus.PAUSED:
                self.move(SessionEvent.RESUME)

    @precondition(lambda self: self.status is SessionStatus.RUNNING)
    @rule(event=st.sampled_from([SessionEvent.FINISH, SessionEvent.DROP]))
    def the_walk_ends(self, event):
        self.move(event)

    @invariant()
    def only_a_stop_ends_a_pause_for_good(self):
        assert not self.has_stop_been_taken or self.is_over or self.steering.wish is Wish.STOP

    @invariant()
    def nobody_is_named_for_what_nobody_asked(self):
        assert (self.steering.wish is Wish.NONE) == (self.steering.actor == "")


TestAnyOrder = AnyOrder.TestCase
