"""Words for what was found: the scene before, and the outcome."""

from __future__ import annotations

import re

from rich.text import Text

from duo_flows.cli import views
from duo_flows.cli.client import Json

from .ending import Outcome
from .narrator import Narrator
from .trouble import Scene

# A job's last lines say why it failed; GitLab's own page opens there too.
_LOG_LINES = 14
_STATUS_STYLES = {"success": "green", "failed": "red"}
_TRAILER = re.compile(r"^[A-Z][A-Za-z-]+: .+$")


def tell_scene(narrator: Narrator, scene: Scene) -> None:
    """Tell what stands in GitLab before anybody asks."""
    merge_request, pipeline = scene.merge_request, scene.pipeline
    narrator.chapter("A pipeline fails" if scene.failed_job else "A pipeline passes")
    narrator.tell(
        f"{scene.project['path_with_namespace']} !{merge_request['iid']} “{merge_request['title']}” "
        f"by {merge_request['author']['name']}, branch {merge_request['source_branch']}."
    )
    narrator.show(_pipeline_line(pipeline, scene.jobs))
    if scene.failed_job:
        narrator.quote(scene.log[-_LOG_LINES:], source=f"The end of the log of job {scene.failed_job['name']}")


def tell_outcome(narrator: Narrator, scene: Scene, outcome: Outcome, *, seconds: float) -> None:
    """Tell what came of it, read back from GitLab, our API and Temporal."""
    narrator.chapter("What came of it")
    session = outcome.session
    narrator.tell(session["summary"])
    _tell_consent(narrator, outcome)
    if outcome.commit and outcome.pipeline:
        _tell_commit(narrator, outcome.commit)
        narrator.tell("The pipelines of the branch, by GitLab's word:")
        narrator.show(_pipeline_line(scene.pipeline, scene.jobs))
        narrator.show(_pipeline_line(outcome.pipeline, outcome.jobs))
    else:
        narrator.tell("Nothing was pushed.")
    if outcome.comments:
        narrator.quote(outcome.comments, source=f"What it wrote on !{scene.merge_request['iid']} (first lines)")
    narrator.tell(
        f"Session {session['id']} is {session['status']} ({session['ending']}).  {views.usage_sentence(session['usage'])}."
    )
    narrator.tell(_temporal_sentence(outcome.workflow))
    verdict = "From the request to a green pipeline" if outcome.is_green else "From the request to the end, with no green pipeline"
    narrator.tell(f"{verdict}: {seconds:.0f} seconds.", style="bold green" if outcome.is_green else "bold red")


def tell_links(narrator: Narrator, scene: Scene, outcome: Outcome) -> None:
    """Tell where to look."""
    links = outcome.session["links"]
    narrator.chapter("Where to look")
    rows = [
        ("Project", scene.project["web_url"]),
        ("Merge request", scene.merge_request["web_url"]),
        ("Session", links["session"]),
        ("Temporal UI", links["temporal"]),
    ]
    for name, url in rows:
        narrator.tell(f"{name:14} {url}")


def _tell_consent(narrator: Narrator, outcome: Outcome) -> None:
    for entry in outcome.entries:
        if entry["kind"] == "answer":
            narrator.tell(f"@{entry['actor']} decided by {entry['door']}: {entry['text']}")


def _tell_commit(narrator: Narrator, commit: Json) -> None:
    narrator.tell(f"Commit {commit['short_id']} by {commit['author_name']}: {commit['title']}")
    trailers = [line for line in str(commit["message"]).splitlines()[1:] if _TRAILER.match(line)]
    if trailers:
        narrator.quote(trailers, source="Its trailers")


def _pipeline_line(pipeline: Json, jobs: list[Json]) -> Text:
    text = Text(f"Pipeline {pipeline['id']} of {pipeline['sha'][:8]} on {pipeline['ref']}: ")
    text.append(pipeline["status"], style=_STATUS_STYLES.get(pipeline["status"], ""))
    told = ", ".join(f"{job['name']} {job['status']}" for job in sorted(jobs, key=lambda job: int(job["id"])))
    text.append(f"  ({told})", style="dim")
    return text


def _temporal_sentence(workflow: Json) -> str:
    if not workflow:
        return "Temporal did not describe the workflow."
    name = workflow.get("type", {}).get("name", "?")
    status = str(workflow.get("status", "?")).removeprefix("WORKFLOW_EXECUTION_STATUS_").lower()
    return f"Temporal: workflow type {name} is {status}, with {workflow.get('historyLength', '?')} events in its history."
