"""Webhooks as records: making and changing them from what a caller sent.

The law of this module: it checks options and keeps secrets; it neither sends nor shows them.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from simulators.gitlab.errors import ApiError, invalid
from simulators.gitlab.model import Hook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulators.gitlab.model import Project
    from simulators.gitlab.simulator import Simulator

KEY_BYTES = 32  # what GitLab asks of a signing token after its prefix
PREFIX = "whsec_"

# Every event option of a hook, with its value when it is not sent.
EVENT_DEFAULTS = {
    "push_events": True,
    "tag_push_events": False,
    "issues_events": False,
    "confidential_issues_events": False,
    "note_events": False,
    "confidential_note_events": False,
    "merge_requests_events": False,
    "job_events": False,
    "pipeline_events": False,
    "emoji_events": False,
    "wiki_page_events": False,
    "deployment_events": False,
    "releases_events": False,
    "milestone_events": False,
    "feature_flag_events": False,
    "resource_access_token_events": False,
    "vulnerability_events": False,
    "repository_update_events": False,
}
OTHER_DEFAULTS = {
    "enable_ssl_verification": True,
    "push_events_branch_filter": "",
    "branch_filter_strategy": "wildcard",
    "custom_webhook_template": "",
    "name": None,
    "description": None,
}


def new_hook(simulator: Simulator, project: Project, settings: Mapping[str, Any]) -> Hook:
    """A hook from checked settings; `url` is needed, events default as in GitLab.

    Raises:
        ApiError: 422 when the address or the signing token is not one.
    """
    state = simulator.state
    hook = Hook(state.next_id("hook"), project.id, str(uuid.uuid4()), state.now(), {**EVENT_DEFAULTS, **OTHER_DEFAULTS})
    change_hook(hook, settings)
    return hook


def change_hook(hook: Hook, settings: Mapping[str, Any]) -> None:
    """Apply settings to a hook; nothing is changed when one of them is not valid."""
    if "url" in settings:
        _check_url(str(settings["url"]))
    if settings.get("signing_token"):
        _check_signing_token(str(settings["signing_token"]))
    known = {"url", *EVENT_DEFAULTS, *OTHER_DEFAULTS}
    hook.options.update({name: value for name, value in settings.items() if name in known})
    if "token" in settings:
        hook.token = settings["token"] or None
    if "signing_token" in settings:
        hook.signing_token = settings["signing_token"] or None
    for header in settings.get("custom_headers") or []:
        hook.custom_headers[str(header["key"])] = str(header.get("value", ""))


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ApiError(422, {"error": "Invalid url given"})


def _check_signing_token(token: str) -> None:
    try:
        key = base64.b64decode(token.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not token.startswith(PREFIX) or len(key) != KEY_BYTES:
        raise invalid(signing_token=f"must be {PREFIX} and {KEY_BYTES} bytes in base64")
