"""What the stack has to know of a scenario: who can be spoken for. The rest is for the stand-ins to read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .children import StackError


@dataclass(frozen=True, kw_only=True)
class Person:
    """A user of the GitLab stand-in and the token that speaks for them."""

    username: str
    token: str
    is_bot: bool = False
    is_admin: bool = False


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who is in a scenario, and in which projects the service account works."""

    people: tuple[Person, ...]
    projects: tuple[str, ...]

    @property
    def account(self) -> Person:
        """The service account: the first bot.

        Raises:
            StackError: there is none.
        """
        return self._first("bot: true", [person for person in self.people if person.is_bot])

    @property
    def admin(self) -> Person:
        """An administrator, who may register hooks.

        Raises:
            StackError: there is none.
        """
        return self._first("admin: true", [person for person in self.people if person.is_admin])

    @property
    def developer(self) -> Person:
        """Whom a demonstration is about: the first who is neither bot nor administrator.

        Raises:
            StackError: there is none.
        """
        return self._first("", [person for person in self.people if not person.is_bot and not person.is_admin])

    def check(self) -> None:
        """Refuse a scenario that lacks somebody whom the stack speaks for, before anything is started.

        Raises:
            StackError: somebody is missing.
        """
        _ = (self.account, self.admin, self.developer)

    def _first(self, mark: str, found: list[Person]) -> Person:
        if not found:
            told = f"with `{mark}`" if mark else "with neither `bot: true` nor `admin: true`"
            raise StackError(f"The scenario needs a user {told} under gitlab.users.")
        return found[0]


def read_cast(folder: Path) -> Cast:
    """Return who is in the scenario of this folder.

    Raises:
        StackError: there is no scenario, or its users are not written as they should be.
    """
    file = folder / "scenario.yaml"
    try:
        gitlab = yaml.safe_load(file.read_text(encoding="utf-8"))["gitlab"]
        cast = Cast(
            people=tuple(_person(user) for user in gitlab["users"]),
            projects=tuple(str(project["path"]) for project in gitlab["projects"]),
        )
    except OSError:
        raise StackError(f"There is no scenario at {folder}: a scenario is a folder with a scenario.yaml.") from None
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise StackError(
            f"{file} cannot be used: it needs gitlab.users (username, token) and gitlab.projects (path). {error}"
        ) from None
    cast.check()
    return cast


def _person(user: dict[str, Any]) -> Person:
    return Person(
        username=str(user["username"]),
        token=str(user["token"]),
        is_bot=bool(user.get("bot", False)),
        is_admin=bool(user.get("admin", False)),
    )
