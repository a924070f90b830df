"""People and their access, as GitLab counts it."""

from duo_flows.domain.people import AccessLevel, Person


def test_access_levels_are_gitlabs_numbers_and_compare_as_such():
    assert {level.name: level.value for level in AccessLevel} == {
        "NONE": 0,
        "MINIMAL": 5,
        "GUEST": 10,
        "PLANNER": 15,
        "REPORTER": 20,
        "DEVELOPER": 30,
        "MAINTAINER": 40,
        "OWNER": 50,
    }
    assert AccessLevel.NONE < AccessLevel.REPORTER < AccessLevel.DEVELOPER < AccessLevel.MAINTAINER


def test_whom_nothing_is_said_of_is_an_active_person():
    person = Person(id=2, username="maya")

    assert (person.is_active, person.is_bot, person.may_decide) == (True, False, True)


def test_bots_and_blocked_people_decide_nothing():
    assert not Person(id=2, username="maya", is_active=False).may_decide
    assert not Person(id=1, username="duo", is_bot=True).may_decide
