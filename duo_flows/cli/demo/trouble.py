"""The beginning of the story: a merge request whose pipeline fails, found in GitLab as it is."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from duo_flows.cli.client import Json
from duo_flows.cli.failures import CommandError, ExitCode
from duo_flows.cli.observer import Observer

from .doors import Trouble

_OVER = {"success", "failed", "canceled", "skipped"}
# The jobs of a scenario take seconds; this is for a machine that is busy with something else.
_PATIENCE_SECONDS = 120.0
_LOOK_AGAIN_SECONDS = 0.5
# Colours, cursor movements, and the marks by which GitLab folds sections.
_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|section_(?:start|end):\d+:[^\r\n]*\r?")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What stands in GitLab before anybody asks for help."""

    project: Json
    merge_request: Json
    pipeline: Json
    jobs: list[Json]
    failed_job: Json | None
    log: list[str]

    @property
    def trouble(self) -> Trouble:
        """Return what the developer asks about."""
        return Trouble(
            project=self.project["path_with_namespace"],
            merge_request_iid=int(self.merge_request["iid"]),
            pipeline_id=int(self.pipeline["id"]),
        )


async def find_scene(gitlab: Observer) -> Scene:
    """Return the newest merge request and its pipeline, once that is over.

    Raises:
        CommandError: there is none, or it does not come to an end.
    """
    project = await gitlab.project()
    merge_requests = await gitlab.merge_requests()
    if not merge_requests:
        raise CommandError("The scenario has no open merge request to tell a story about.", exit_code=ExitCode.USAGE)
    merge_request = merge_requests[0]
    pipeline = await finished_pipeline(gitlab, str(merge_request["sha"]))
    jobs = await gitlab.jobs(int(pipeline["id"]))
    failed = next((job for job in jobs if job["status"] == "failed" and not job.get("allow_failure")), None)
    log = readable(await gitlab.trace(int(failed["id"]))) if failed else []
    return Scene(project=project, merge_request=merge_request, pipeline=pipeline, jobs=jobs, failed_job=failed, log=log)


async def finished_pipeline(gitlab: Observer, sha: str) -> Json:
    """Return the newest pipeline of a commit, once it is over.

    Raises:
        CommandError: none came to an end in time.
    """
    for _ in range(int(_PATIENCE_SECONDS / _LOOK_AGAIN_SECONDS)):
        found = await gitlab.pipelines(sha=sha)
        if found and found[0]["status"] in _OVER:
            return found[0]
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    raise CommandError(f"No pipeline of commit {sha[:8]} came to an end.", exit_code=ExitCode.UNREACHABLE)


def readable(trace: str) -> list[str]:
    """Return a job's log as lines of text."""
    return [line.rstrip() for line in _TERMINAL_CODES.sub("", trace).splitlines()]
