"""What people do and see: asking and answering by the API, the command line and comments; looking at GitLab afterwards."""

import itertools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.acceptance.scenario import BRANCH, PROJECT
from tests.acceptance.stack import Stack
from tests.acceptance.waiting import eventually

ENDED = {"finished", "failed", "stopped"}
ACCOUNT = "duo"

Json = dict[str, Any]

# One count for all tests of a process, which share a stack.
_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A branch whose pipeline has failed, with a merge request of its own. `head` is the branch's last commit."""

    project: str
    project_id: int
    branch: str
    head: str
    pipeline_id: int
    iid: int


class People:
    """The people of the scenario, by username."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.gitlab = stack.gitlab
        self._http = httpx2.Client(base_url=f"{stack.layout.api_url}/api/v1", timeout=30)

    # --- what goes wrong ------------------------------------------------------------------------------------------------------

    def push(self, *, by: str = "maya", project: str = PROJECT) -> Json:
        """Push a commit to a branch of its own whose pipeline will fail; return {branch, commit}."""
        branch = f"{BRANCH}-{next(_numbers)}"
        commit = self.gitlab.rest(
            "POST",
            f"/projects/{self.gitlab.project_id(project)}/repository/commits",
            by=by,
            branch=branch,
            start_branch=BRANCH,
            commit_message="Note what is meant",
            actions=[{"action": "create", "file_path": f"notes/{branch}.md", "content": "Retry later.\n"}],
        )
        return {"branch": branch, "commit": commit["id"], "project_id": self.gitlab.project_id(project)}

    def trouble(self, *, by: str = "maya", project: str = PROJECT) -> Trouble:
        """Return a fresh merge request whose pipeline has failed."""
        pushed = self.push(by=by, project=project)
        merge_request = self.gitlab.rest(
            "POST",
            f"/projects/{pushed['project_id']}/merge_requests",
            by=by,
            source_branch=pushed["branch"],
            target_branch="main",
            title=f"Retry payments on {pushed['branch']}",
        )
        return Trouble(
            project=project,
            project_id=pushed["project_id"],
            branch=pushed["branch"],
            head=pushed["commit"],
            pipeline_id=self.ended_pipeline(pushed["project_id"], pushed["commit"])["id"],
            iid=merge_request["iid"],
        )

    def ended_pipeline(self, project_id: int, sha: str) -> Json:
        """Return the newest pipeline of a commit, once it is over."""

        def look() -> Json | None:
            pipelines = self.gitlab.rest("GET", f"/projects/{project_id}/pipelines", by="root", sha=sha)
            return next((one for one in pipelines[:1] if one["status"] in {"success", "failed", "canceled", "skipped"}), None)

        return eventually(f"the pipeline of {sha[:8]} to end", look)

    # --- the API --------------------------------------------------------------------------------------------------------------

    def call(self, method: str, path: str, *, by: str, headers: Json | None = None, **body: Any) -> httpx2.Response:
        """Return the API's answer, whatever it is."""
        token = {"PRIVATE-TOKEN": self.gitlab.token(by)}
        return self._http.request(method, path, headers={**token, **(headers or {})}, json=body or None)

    def start(self, trouble: Trouble, *, by: str = "maya", **more: Any) -> str:
        """Ask for a fix over the API; return the session's id."""
        wanted = {"flow": "fix_pipeline", "project": trouble.project, "pipeline_id": trouble.pipeline_id}
        answer = self.call("POST", "/sessions", by=by, **wanted, **more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def session(self, session_id: str, *, by: str = "maya") -> Json:
        """Return the session as the API shows it."""
        answer = self.call("GET", f"/sessions/{session_id}", by=by)
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()
        return shown

    def question(self, session_id: str, *, not_digest: str = "") -> Json:
        """Return the session's open question, once it asks one (another one than `not_digest`)."""

        def look() -> Json | None:
            shown = self.session(session_id)
            assert shown["status"] not in ENDED, shown
            waiting: Json | None = shown["waiting"]
            return waiting if waiting and waiting["digest"] not in {"", not_digest} else None

        return eventually(f"session {session_id} to ask", look)

    def asked(self, trouble: Trouble) -> tuple[str, Json]:
        """Start a fix and return (the session's id, its open question)."""
        session_id = self.start(trouble)
        return session_id, self.question(session_id)

    def answer(self, session_id: str, choice: str, digest: str, *, by: str = "maya", **more: Any) -> httpx2.Response:
        """Answer over the API."""
        return self.call("POST", f"/sessions/{session_id}/answer", by=by, choice=choice, digest=digest, **more)

    def ended(self, session_id: str) -> Json:
        """Return the session once it is over."""

        def look() -> Json | None:
            shown = self.session(session_id)
            return shown if shown["status"] in ENDED else None

        return eventually(f"session {session_id} to end", look)

    def log(self, session_id: str) -> list[Json]:
        """Return every line of the session log."""
        entries: list[Json] = self.call("GET", f"/sessions/{session_id}/log?limit=1000", by="maya").json()["entries"]
        return entries

    def done_once(self, trouble: Trouble, session_id: str) -> Json:
        """Return the session, which has to end well: with one commit, a green pipeline, and one comment for each matter."""
        session = self.ended(session_id)
        assert (session["status"], session["ending"]) == ("finished", "done"), session
        (commit,) = self.new_commits(trouble)
        assert self.ended_pipeline(trouble.project_id, commit["id"])["status"] == "success"
        marks = eventually("the summary as a comment", lambda: [mark for mark in [self.marks(trouble)] if _has_ending(mark)])[0]
        assert len(marks) == len(set(marks)), marks
        return session

    def refusals(self, session_id: str) -> list[str]:
        """Return the codes of what was refused, as the session log has them."""
        return [line["data"]["code"] for line in self.log(session_id) if line["kind"] == "refusal"]

    def sessions_of(self, project: str, **query: Any) -> list[Json]:
        """Return the sessions of a project, newest first."""
        params = "&".join(f"{name}={value}" for name, value in {"project": project, "limit": 200, **query}.items())
        found: list[Json] = self.call("GET", f"/sessions?{params}", by="maya").json()["sessions"]
        return found

    # --- the command line -----------------------------------------------------------------------------------------------------

    def duoflow(self, *words: str, folder: Any, by: str = "") -> tuple[int, Json]:
        """Run `duoflow ... --json` in a folder, as somebody of the running `duoflow dev`; return (exit code, last JSON)."""
        speaker = ["--as", by] if by else []
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("DUOFLOWS_", "GITLAB_"))}
        run = subprocess.run(
            [sys.executable, "-m", "duo_flows.cli", *words, *speaker, "--json"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        try:
            told: Json = json.loads(run.stdout)
        except ValueError:
            told = json.loads(run.stdout.splitlines()[-1])
        return run.returncode, told

    # --- GitLab ---------------------------------------------------------------------------------------------------------------

    def comment(self, trouble: Trouble, body: str, *, by: str = "maya") -> Json:
        """Write a comment on the merge request."""
        note: Json = self.gitlab.rest("POST", f"{_merge_request(trouble)}/notes", by=by, body=body)
        return note

    def notes(self, trouble: Trouble, *, by: str = ACCOUNT) -> list[Json]:
        """Return what somebody wrote on the merge request, oldest first."""
        path = f"{_merge_request(trouble)}/notes"
        found = self.gitlab.rest("GET", path, by="root", sort="asc", per_page=100)
        return [note for note in found if note["author"]["username"] == by and not note["system"]]

    def reply_to(self, trouble: Trouble, note: Json) -> str:
        """Return what the account replied to a comment, once it has."""
        mark = f"<!-- duo-flows:reply-{note['id']} -->"
        found = eventually(
            f"a reply to {note['body']!r}", lambda: [one["body"] for one in self.notes(trouble) if one["body"].startswith(mark)]
        )
        assert len(found) == 1
        return str(found[0])

    def marks(self, trouble: Trouble) -> list[str]:
        """Return the marks of the account's comments: one for each matter that it wrote about."""
        return [note["body"].partition(" -->")[0].removeprefix("<!-- duo-flows:") for note in self.notes(trouble)]

    def new_commits(self, trouble: Trouble) -> list[Json]:
        """Return what was committed to the branch since the trouble began, newest first."""
        path = f"/projects/{trouble.project_id}/repository/commits"
        found: list[Json] = self.gitlab.rest("GET", path, by="root", ref_name=f"{trouble.head}..{trouble.branch}")
        return found

    def diff_of(self, trouble: Trouble, sha: str) -> list[Json]:
        """Return GitLab's own diff of a commit."""
        path = f"/projects/{trouble.project_id}/repository/commits/{sha}/diff"
        found: list[Json] = self.gitlab.rest("GET", path, by="root")
        return found


def _has_ending(marks: list[str]) -> bool:
    return any(mark.startswith("ending-") for mark in marks)


def _merge_request(trouble: Trouble) -> str:
    return f"/projects/{trouble.project_id}/merge_requests/{trouble.iid}"
