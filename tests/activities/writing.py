"""Tools that write, called at a stand-in of GitLab: over HTTP and by git, for Maya, who is a developer of a project of her own."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from activities.contracts import Scope, ToolDone, ToolRun
from activities.sessions import SessionActivities
from activities.tool_calls import ToolActivities
from duo_flows.adapters.git import GitRepository
from duo_flows.adapters.gitlab import GitLabForge, GitLabWriter
from duo_flows.domain.tools import TOOLS
from tests.activities.acting import run, start_of
from tests.doubles.world import World
from tests.stand_ins import GitLabStandIn, running_gitlab

PEOPLE = """
gitlab:
  users:
    - {username: duo, name: GitLab Duo, token: glpat-duo-service-account-token, bot: true}
    - {username: maya, name: Maya Chen, token: maya-token}
    - {username: dan, name: Dan Reyes, token: dan-token}
    - {username: gus, name: Gus Aaltonen, token: gus-token}
    - {username: mallory, name: Mallory Stone, token: mallory-token}
  projects:
"""

PROJECT = """
    - path: NAME
      members: {duo: maintainer, maya: developer, dan: owner, gus: guest}
      protected_branches: {main: developer, "release/*": maintainer}
      commits:
        - {branch: main, author: maya, message: Begin, contents: {src/app.py: "print(1)\\n", README.md: "# Api\\n"}}
        - {branch: fix/clock, start_branch: main, author: maya, message: Fix, contents: {src/new.py: "x\\n"}}
        - {branch: release/1, start_branch: main, author: maya, message: Release, contents: {VERSION: "1\\n"}}
      merge_requests:
        - {source_branch: fix/clock, author: maya, title: Fix the clock, description: It is late.}
      issues:
        - {title: The clock is late, author: maya, description: By an hour.}
"""

# The project of tests in which nothing changes; each other test has one of its own, since a stand-in takes a second to start.
QUIET = "shop/quiet"


def scenario_with(project_count: int) -> str:
    """Return a scenario with the quiet project and as many others, all alike."""
    names = [QUIET, *(f"shop/p{number}" for number in range(project_count))]
    return PEOPLE + "".join(PROJECT.replace("NAME", name) for name in names)


FLOW = """
version: v1
environment: ambient
components:
  - {name: work, type: AgentComponent, prompt_id: p, toolset: [TOOLS]}
prompts: [{prompt_id: p, prompt_template: {system: "x", user: "{{ goal }}"}}]
routers: [{from: work, to: end}]
flow: {entry_point: work, inputs: []}
""".replace("TOOLS", ", ".join(name for name, spec in TOOLS.items() if spec.is_write and spec.for_agents))


@dataclass
class Desk:
    """Where Maya's agent works: `call` calls a tool as a new call, `again` tries the last call once more."""

    gitlab: GitLabStandIn
    world: World
    scope: Scope
    directory: Path
    last: ToolRun | None = None
    numbers: Any = field(default_factory=lambda: count(1))

    async def call(self, tool: str, **arguments: Any) -> ToolDone:
        """Return what a new call of a tool gives."""
        call_id = f"c{next(self.numbers)}"
        self.last = ToolRun(scope=self.scope, component="work", step=1, tool=tool, arguments=arguments, call_id=call_id)
        return await self.again()

    async def again(self) -> ToolDone:
        """Return what the last call gives when it is tried once more, by a worker that remembers nothing."""
        done: ToolDone = await run(ToolActivities(self.world.deps).call_tool, self.last)
        return done

    async def wrote(self, tool: str, **arguments: Any) -> str:
        """Return the text of a call that has to work."""
        return await self._text(await self.call(tool, **arguments))

    async def wrote_again(self) -> str:
        return await self._text(await self.again())

    async def _text(self, done: ToolDone) -> str:
        assert done.error == ""
        return await self.world.deps.text(done.text_ref)

    def rest(self, path: str, method: str = "GET", *, by: str = "dan", **parameters: Any) -> Any:
        """Return what a person gets from the project's part of the API."""
        return self.gitlab.rest(method, f"/projects/{self.scope.project_id}{path}", by=by, **parameters)

    def head(self, branch: str) -> str:
        return str(self.rest(f"/repository/branches/{branch.replace('/', '%2F')}")["commit"]["id"])

    def branches(self) -> list[str]:
        return [data["name"] for data in self.rest("/repository/branches", per_page=100)]

    def text(self, path: str, ref: str) -> str:
        return self.gitlab.raw(
            f"/projects/{self.scope.project_id}/repository/files/{path.replace('/', '%2F')}/raw", by="dan", ref=ref
        ).decode()

    def comments(self, kind: str, iid: int) -> list[dict[str, Any]]:
        return list(self.rest(f"/{kind}/{iid}/notes", sort="asc", activity_filter="only_comments"))

    def todos(self, username: str) -> list[str]:
        return [todo["action_name"] for todo in self.gitlab.rest("GET", "/todos", by=username)]


class _AtGitLab(World):
    """The doubles' world with the real adapters to GitLab and git."""

    def __init__(self, gitlab: GitLabStandIn, forge: GitLabForge, directory: Path) -> None:
        super().__init__()
        self._real = {
            "forge": forge,
            "writer": GitLabWriter(forge.asking),
            "repository": GitRepository(
                gitlab.token("duo"), account=("GitLab Duo", "duo@example.com"), cache_dir=directory / "git"
            ),
            "gitlab_url": gitlab.url,
        }

    @property
    def deps(self) -> Any:
        return dataclasses.replace(super().deps, **self._real)


@contextmanager
def standing_in(directory: Path, *, project_count: int) -> Iterator[tuple[GitLabStandIn, Iterator[str]]]:
    """Yield a stand-in and the names of its projects for tests that change something."""
    (directory / "scenario.yaml").write_text(scenario_with(project_count))
    with running_gitlab(directory, directory) as gitlab:
        yield gitlab, (f"shop/p{number}" for number in range(project_count))


@asynccontextmanager
async def desk_at(gitlab: GitLabStandIn, project: str, directory: Path) -> AsyncIterator[Desk]:
    """Yield a desk with an open session on merge request !1 of the project; faults are taken back."""
    forge = GitLabForge(gitlab.url, gitlab.token("duo"), timeout=10)
    yield await _opened(gitlab, forge, project, directory)
    forge.close()
    gitlab.heal()


async def _opened(gitlab: GitLabStandIn, forge: GitLabForge, project: str, directory: Path) -> Desk:
    world = _AtGitLab(gitlab, forge, directory)
    task = start_of(
        project=gitlab.project_id(project), requester="maya", pipeline_id=None, merge_request_iid=1, definition=FLOW, flow="work"
    )
    session = await run(SessionActivities(world.deps).open_session, task)
    scope = Scope(**{name: getattr(session, name) for name in Scope.model_fields})
    return Desk(gitlab=gitlab, world=world, scope=scope, directory=directory)
