"""An agent that has every reading tool, on the doubles: GitLab's things to read, and one call at a time."""

from datetime import UTC, datetime
from typing import Any

from activities.contracts import Scope, ToolDone, ToolRun
from activities.tool_calls import ToolActivities
from duo_flows.domain.commits import BlobHit, CommitComment, CommitDetail
from duo_flows.domain.discussions import Discussion, NotePosition, ThreadNote
from duo_flows.domain.issues import Issue, LinkedIssue
from duo_flows.domain.merge_requests import MergeRequestDetail
from duo_flows.domain.people import AccessLevel, Person, Project
from duo_flows.domain.pipelines import FileDiff, NoteTarget, TargetKind
from duo_flows.domain.running_jobs import Downstream
from duo_flows.domain.sessions import LogEntry, LogKind
from duo_flows.domain.tools import TOOLS, Privilege
from tests.activities.acting import run, scope_of
from tests.doubles.world import BASE_SHA, BRANCH, DANIEL, MAYA, World

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SHA = "c" * 40
# Another project, in which Maya is a Reporter, and one that she cannot see.
READABLE, HIDDEN = 8, 9
READING_TOOLS = sorted(
    name
    for name, spec in TOOLS.items()
    if spec.privilege is Privilege.READ_ONLY_GITLAB and spec.for_agents and name != "read_tool_result"
)

FLOW = f"""
version: v1
environment: ambient
components:
  - {{name: work, type: AgentComponent, prompt_id: p, toolset: [{", ".join(READING_TOOLS)}]}}
  - name: narrow
    type: AgentComponent
    prompt_id: p
    toolset: [{{get_issue: {{project_id: 7, issue_iid: 1}}}}]
prompts: [{{prompt_id: p, prompt_template: {{system: "x", user: "{{{{ goal }}}}"}}}}]
routers: [{{from: work, to: narrow}}, {{from: narrow, to: end}}]
flow: {{entry_point: work, inputs: []}}
"""


def issue(iid: int, title: str, *, project_id: int = 7, author: Person = DANIEL, **fields: Any) -> Issue:
    return Issue(
        project_id=project_id,
        iid=iid,
        title=title,
        author=author,
        created_at=AT,
        updated_at=AT,
        web_url=f"http://gitlab.test/{iid}",
        **fields,
    )


def note(target: NoteTarget, number: int, body: str, *, author: Person = DANIEL, **fields: Any) -> ThreadNote:
    return ThreadNote(id=number, target=target, author=author, body=body, created_at=AT, updated_at=AT, **fields)


def furnish(world: World) -> None:
    """Fill GitLab with one thing of each kind, open and confidential."""
    reader, forge = world.reader, world.forge
    for number, path in ((READABLE, "meridian/ledger"), (HIDDEN, "meridian/secrets")):
        forge.projects[number] = Project(
            id=number,
            path=path,
            default_branch="trunk",
            web_url=f"http://gitlab.test/{path}",
            clone_url=f"http://gitlab.test/{path}.git",
        )
        reader.issues_of[number] = [issue(1, f"In {path}", project_id=number)]
    forge.levels[READABLE, MAYA.id] = AccessLevel.REPORTER
    secret = issue(2, "The leak", description="Only for members.", is_confidential=True)
    reader.issues_of[7] = [secret, issue(1, "The clock is late", description="It shows yesterday.", labels=("bug",))]
    reader.links[7, 1] = tuple(
        LinkedIssue(issue=linked, link_type="relates_to")
        for linked in (secret, *reader.issues_of[READABLE], *reader.issues_of[HIDDEN])
    )
    on_issue = NoteTarget(project_id=7, kind=TargetKind.ISSUE, iid=1)
    on_merge_request = NoteTarget(project_id=7, kind=TargetKind.MERGE_REQUEST, iid=1)
    reader.threads[on_issue] = (
        Discussion(id="t1", notes=(note(on_issue, 11, "I see it too."), note(on_issue, 12, "Among us: sharp.", is_internal=True))),
        Discussion(id="t2", notes=(note(on_issue, 13, "mentioned in issue secrets#1", is_system=True),)),
    )
    place = NotePosition(old_path="a.py", new_path="a.py", new_line=3)
    reader.threads[on_merge_request] = (
        Discussion(
            id="t3",
            notes=(note(on_merge_request, 31, "Why?", position=place, is_resolvable=True, is_resolved=True, resolved_by=MAYA),),
        ),
        Discussion(id="t4", notes=(note(on_merge_request, 41, "Well done.", author=MAYA),)),
    )
    own = forge.merge_requests_by_iid[7, 1]
    reader.merge_requests_of[7] = [MergeRequestDetail(**own.model_dump(), head_pipeline_id=500, created_at=AT, updated_at=AT)]
    reader.commits_of[7] = [
        CommitDetail(
            sha=SHA, message="Wind the clock\n\nIt was late.", author_name="Maya", authored_at=AT, committed_at=AT, additions=2
        )
    ]
    reader.diffs[SHA] = (FileDiff(old_path="a.py", new_path="a.py", diff="@@ -1 +1 @@\n-late\n+early\n"),)
    reader.comments[SHA] = (CommitComment(author="daniel-r", body="Nice.", path="a.py", line=1),)
    reader.blobs[7] = [BlobHit(path="a.py", ref=BRANCH, start_line=7, text="tick\ntock\n")]
    reader.started[500] = (
        Downstream(
            bridge_id=1, bridge_name="child", bridge_status="failed", pipeline_id=501, project_id=7, pipeline_status="failed"
        ),
        Downstream(
            bridge_id=2,
            bridge_name="other",
            bridge_status="failed",
            pipeline_id=900,
            project_id=HIDDEN,
            web_url="http://gitlab.test/h",
        ),
        Downstream(
            bridge_id=3,
            bridge_name="fine",
            bridge_status="success",
            pipeline_id=502,
            project_id=READABLE,
            web_url="http://gitlab.test/r",
        ),
    )
    forge.files[7, "README.md", BRANCH] = "one\ntwo\nthree\n"
    forge.files[READABLE, "README.md", "trunk"] = "the ledger\n"


class Agent:
    """Calls one tool at a time; `scope` is its session's."""

    def __init__(self, world: World, scope: Scope) -> None:
        self.world, self.scope, self._calls = world, scope, 0

    async def done(self, tool: str, *, component: str = "work", **arguments: Any) -> ToolDone:
        self._calls += 1
        task = ToolRun(
            scope=self.scope,
            component=component,
            step=1,
            tool=tool,
            arguments=arguments,
            call_id=f"c{self._calls}",
            keeps_value=True,
        )
        done: ToolDone = await run(ToolActivities(self.world.deps).call_tool, task)
        return done

    async def text(self, tool: str, **arguments: Any) -> str:
        """Return what the model reads; the call has to work."""
        done = await self.done(tool, **arguments)
        assert done.error == ""
        return await self.world.deps.text(done.text_ref)

    async def refusal(self, tool: str, **arguments: Any) -> tuple[str, str]:
        """Return (code, reason) of a call that has to be refused."""
        done = await self.done(tool, **arguments)
        assert (done.value, bool(done.error)) == (None, True)
        return done.error_code, done.error

    async def log(self) -> list[LogEntry]:
        return [line for line in await self.world.log(self.scope.session_id) if line.kind is LogKind.TOOL]


async def agent_in(world: World, **start: Any) -> Agent:
    """Return an agent of a session that Maya has started on her merge request's failed pipeline."""
    furnish(world)
    return Agent(world, await scope_of(world, definition=FLOW, **start))


__all__ = ["AT", "BASE_SHA", "BRANCH", "HIDDEN", "READABLE", "READING_TOOLS", "SHA", "Agent", "agent_in", "issue", "note"]
