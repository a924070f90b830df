"""Our webhook on a project: what it listens to, and that there is exactly one.

The law of this module: it registers the hook. What arrives by it is the door's matter.

Source: GitLab docs, api/project_webhooks; `signing_token` is there from GitLab 19.0 and is silently ignored before.
"""

from __future__ import annotations

from typing import Any

from duo_flows.domain.errors import NeverAgain

from .client import Client

# Pushes are on by default and are named to turn them off; the confidential events have switches of their own.
_EVENTS = {
    "push_events": False,
    "note_events": True,
    "confidential_note_events": True,
    "pipeline_events": True,
    "merge_requests_events": True,
    "issues_events": True,
    "confidential_issues_events": True,
}


def keep_one_hook(client: Client, project_id: int, *, url: str, signing_token: str) -> None:
    """Make, or bring up to date, the project's one hook with this URL; further ones are deleted.

    Raises:
        NeverAgain: this GitLab does not sign its hooks. No hook is left behind.
    """
    path = f"/projects/{project_id}/hooks"
    ours = sorted(hook["id"] for hook in client.every(path) if hook["url"] == url)
    for extra in ours[1:]:
        client.http_delete(f"{path}/{extra}")
    wanted = {"url": url, "signing_token": signing_token, "enable_ssl_verification": url.startswith("https:"), **_EVENTS}
    hook = client.change(f"{path}/{ours[0]}", wanted) if ours else client.create(path, wanted)
    _check_signed(client, path, hook)


def _check_signed(client: Client, path: str, hook: dict[str, Any]) -> None:
    if hook.get("signing_token_present"):
        return
    client.http_delete(f"{path}/{hook['id']}")
    raise NeverAgain(
        "This GitLab does not sign its webhooks, so that nobody could tell ours from forged ones; it takes GitLab 19.0 or later.",
        code="unsigned_hooks",
    )
