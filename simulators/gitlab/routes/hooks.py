"""Webhooks of projects: settings, log, test and resend."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulators.gitlab import payloads, payloads_ci
from simulators.gitlab.calls import Api, Call, JSONResponse, Response, no_content
from simulators.gitlab.errors import ApiError, bad_parameter, not_found
from simulators.gitlab.hooks import EVENT_NAMES
from simulators.gitlab.model import Access
from simulators.gitlab.paging import page
from simulators.gitlab.shapes.times import api_time
from simulators.gitlab.webhooks import EVENT_DEFAULTS, change_hook, new_hook

if TYPE_CHECKING:
    from simulators.gitlab.model import Hook, HookEvent, Issue, MergeRequest, Project

api = Api()
PATH = "/projects/{project_id}/hooks"
ONE = PATH + "/{hook_id}"
FLAGS = ("enable_ssl_verification", *EVENT_DEFAULTS)
TEXTS = ("url", "token", "signing_token", "push_events_branch_filter", "branch_filter_strategy", "name", "description")


def _shape(call: Call, hook: Hook) -> dict[str, Any]:
    """A hook; of its secrets only whether they are there."""
    executable = call.simulator.deliveries.is_executable(hook)
    status = "disabled" if hook.disabled_for_good else "executable" if executable else "temporarily_disabled"
    return {
        "id": hook.id,
        "project_id": hook.project_id,
        "created_at": api_time(hook.created_at),
        **hook.options,
        "alert_status": status,
        "disabled_until": None if executable else api_time(hook.disabled_until),
        "url_variables": [],
        "custom_headers": [{"key": name} for name in hook.custom_headers],
        "token_present": hook.token is not None,
        "signing_token_present": hook.signing_token is not None,
    }


def _settings(call: Call) -> dict[str, Any]:
    sent: dict[str, Any] = {name: call.text(name) for name in TEXTS if call.has(name)}
    sent |= {name: bool(call.flag(name)) for name in FLAGS if call.has(name)}
    headers = call.parameters.get("custom_headers")
    if headers is not None:
        if not isinstance(headers, list) or not all(isinstance(header, dict) and "key" in header for header in headers):
            raise bad_parameter("custom_headers is invalid")
        sent["custom_headers"] = headers
    return sent


def _hook(call: Call, project: Project) -> Hook:
    number = call.segment_number("hook_id")
    found = next((hook for hook in project.hooks if hook.id == number), None)
    if found is None:
        raise not_found()
    return found


def _event(call: Call, hook: Hook) -> HookEvent:
    number = call.segment_number("event_id")
    found = next((event for event in hook.events if event.id == number), None)
    if found is None:
        raise not_found()
    return found


@api.get(PATH)
def list_hooks(call: Call) -> Response:
    """Hooks; for Maintainers, as all of this."""
    return page(call, call.project(Access.MAINTAINER).hooks, lambda hook: _shape(call, hook))


@api.post(PATH)
def create_hook(call: Call) -> Response:
    """Add a hook."""
    project = call.project(Access.MAINTAINER)
    call.needed("url")
    hook = new_hook(call.simulator, project, _settings(call))
    project.hooks.append(hook)
    return JSONResponse(_shape(call, hook), status_code=201)


@api.get(ONE)
def get_hook(call: Call) -> Response:
    """One hook."""
    return JSONResponse(_shape(call, _hook(call, call.project(Access.MAINTAINER))))


@api.put(ONE)
def update_hook(call: Call) -> Response:
    """Change a hook."""
    hook = _hook(call, call.project(Access.MAINTAINER))
    change_hook(hook, _settings(call))
    return JSONResponse(_shape(call, hook))


@api.delete(ONE)
def delete_hook(call: Call) -> Response:
    """Remove a hook."""
    project = call.project(Access.MAINTAINER)
    project.hooks.remove(_hook(call, project))
    return no_content()


@api.get(f"{ONE}/events")
def list_events(call: Call) -> Response:
    """The log of deliveries, newest first; `status` filters by a code or by successful, client_failure, server_failure."""
    hook = _hook(call, call.project(Access.MAINTAINER))
    wanted = call.words("status")
    events = [event for event in reversed(hook.events) if wanted is None or _is_one_of(event, wanted)]
    return page(call, events, event_shape)


def _is_one_of(event: HookEvent, wanted: list[str]) -> bool:
    status = event.response_status
    group = {"2": "successful", "4": "client_failure"}.get(status[0], "server_failure")
    return status in wanted or group in wanted


def event_shape(event: HookEvent) -> dict[str, Any]:
    """One delivery, in the log's form."""
    return {
        "id": event.id,
        "url": event.url,
        "trigger": event.trigger,
        "request_headers": event.request_headers,
        "request_data": json.loads(event.request_body),
        "response_headers": event.response_headers,
        "response_body": event.response_body,
        "execution_duration": event.execution_duration,
        "response_status": event.response_status,
    }


def resend(call: Call) -> Response:
    """Send an event again: the same body and Idempotency-Key."""
    with call.state.lock:
        hook = _hook(call, call.project(Access.MAINTAINER))
        again = call.simulator.deliveries.again(hook, _event(call, hook))
    return _sent(call.simulator.deliveries.send_now(hook, again))


def test(call: Call) -> Response:
    """Send the newest event of a kind now; also to a disabled hook, which a success enables again."""
    with call.state.lock:
        project = call.project(Access.MAINTAINER)
        hook = _hook(call, project)
        trigger = call.segment("trigger")
        if trigger not in EVENT_NAMES:
            raise bad_parameter("trigger does not have a valid value")
        body = _sample(call, project, trigger)
        event = call.simulator.deliveries.make_event(hook, trigger, body, name=EVENT_NAMES[trigger])
    status = call.simulator.deliveries.send_now(hook, event)
    if not status.startswith("2"):
        raise ApiError(422, {"message": event.response_body or f"Hook executed successfully but returned HTTP {status}"})
    return JSONResponse({"message": "201 Created"}, status_code=201)


api.post(ONE + "/events/{event_id}/resend", locked=False)(resend)
api.post(ONE + "/test/{trigger}", locked=False)(test)


def _sent(status: str) -> Response:
    shown = int(status) if status.isdecimal() else status
    return JSONResponse({"response_status": shown}, status_code=201)


def _sample(call: Call, project: Project, trigger: str) -> dict[str, Any]:
    """A body made of what the project has.

    Raises:
        ApiError: 422 when it has nothing of that kind.
    """
    simulator, me = call.simulator, call.me
    items: list[Issue | MergeRequest] = [*project.merge_requests, *project.issues]
    if trigger in {"push_events", "tag_push_events"}:
        git = simulator.repository(project)
        sha = git.branch_sha(project.default_branch)
        if sha is not None:
            before = next(iter(git.commit(sha).parents), "0" * 40)
            ref = f"refs/heads/{project.default_branch}"
            return payloads.push(simulator, project, me, ref=ref, before=before, after=sha, commits=[git.commit(sha)])
    elif trigger in {"note_events", "confidential_note_events"}:
        for item in items:
            for thread in item.discussions:
                return payloads.note_event(simulator, project, item, thread, thread.notes[0], actor=me, action="create")
    elif trigger in {"issues_events", "confidential_issues_events"} and project.issues:
        return payloads.item_event(simulator, project, project.issues[-1], me, action="open", changes={})
    elif trigger == "merge_requests_events" and project.merge_requests:
        return payloads.item_event(simulator, project, project.merge_requests[-1], me, action="open", changes={})
    elif trigger == "pipeline_events" and project.pipelines:
        return payloads_ci.pipeline_event(simulator, project, project.pipelines[-1])
    elif trigger == "job_events" and project.jobs:
        return payloads_ci.job_event(simulator, project, project.pipelines[-1], project.pipelines[-1].jobs[-1])
    raise ApiError(422, {"message": f"Ensure the project has something that fires {trigger}."})
