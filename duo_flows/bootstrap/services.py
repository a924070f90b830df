"""Which adapter serves which port. Every process opens its services here and closes them by leaving the block."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from duo_flows.adapters.anthropic import ClaudePlanner, known_name
from duo_flows.adapters.flow_file import CatalogueFlows
from duo_flows.adapters.flow_file.files import YamlFlowFiles
from duo_flows.adapters.git import GitRepository
from duo_flows.adapters.gitlab import GitLabForge, GitLabReader, GitLabWriter
from duo_flows.adapters.store import Store, migrate, open_store
from duo_flows.domain.forge_reader import ForgeReader
from duo_flows.domain.forge_writer import ForgeWriter
from duo_flows.domain.people import Person
from duo_flows.domain.ports import ContentStore, FlowFiles, Forge, Inbox, Planner, Repository, SessionStore

from .catalogue import catalogue_dir
from .settings import Settings

Clock = Callable[[], datetime]

# Seconds. GitLab answers within one or two; a job's whole trace can take longer.
GITLAB_TIMEOUT = 30.0
# Seconds. A long answer of a model streams for minutes; this is for silence between two events.
MODEL_TIMEOUT = 600.0


def utc_now() -> datetime:
    """Return the machine's clock. Only processes read it; rules are handed what it says."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Services:
    """The ports of one process, served. `store` is asked by readiness checks."""

    settings: Settings
    clock: Clock
    account: Person
    forge: Forge
    reader: ForgeReader
    writer: ForgeWriter
    repository: Repository
    planner: Planner
    sessions: SessionStore
    inbox: Inbox
    contents: ContentStore
    catalogue: CatalogueFlows
    flow_files: FlowFiles
    store: Store


@asynccontextmanager
async def open_services(settings: Settings, *, clock: Clock = utc_now) -> AsyncIterator[Services]:
    """Yield the services of these settings; what they hold open is closed at the end.

    Raises:
        TryAgain: GitLab or the store does not answer.
        Refused: GitLab does not accept the service account's token.
    """
    token = settings.gitlab_token.get_secret_value()
    catalogue = CatalogueFlows(catalogue_dir(settings))
    forge = GitLabForge(settings.gitlab_url, token, timeout=GITLAB_TIMEOUT)
    store = await open_store(settings.database_url.get_secret_value(), clock=clock)
    planner = _planner(settings)
    try:
        account = await forge.account()
        yield Services(
            settings=settings,
            clock=clock,
            account=account,
            forge=forge,
            reader=GitLabReader(forge.asking),
            writer=GitLabWriter(forge.asking),
            repository=GitRepository(token, account=_committer(account, settings), cache_dir=settings.git_cache_dir),
            planner=planner,
            sessions=store.sessions,
            inbox=store.inbox,
            contents=store.contents,
            catalogue=catalogue,
            flow_files=YamlFlowFiles(catalogue),
            store=store,
        )
    finally:
        await planner.aclose()
        await store.close()
        forge.close()


async def prepare_store(settings: Settings) -> None:
    """Bring the store's tables to this version.

    Effects: SQLite's file is made with its folder; tables are made or changed. Safe to repeat, and by several processes at once.
    """
    await migrate(settings.database_url.get_secret_value())


def unpriced_models(settings: Settings) -> tuple[str, ...]:
    """Return the models of these settings whose price is not known; their turns are counted at the dearest."""
    models = dict.fromkeys([settings.model, *settings.models_by_tag.values()])
    return tuple(model for model in models if not known_name(model))


def _committer(account: Person, settings: Settings) -> tuple[str, str]:
    """Return name and address of the commits' author: the private address that GitLab gives every account."""
    host = urlsplit(settings.gitlab_url).hostname or "localhost"
    return account.name or account.username, f"{account.id}-{account.username}@users.noreply.{host}"


def _planner(settings: Settings) -> ClaudePlanner:
    return ClaudePlanner(
        api_key=settings.anthropic_api_key.get_secret_value(),
        base_url=settings.anthropic_base_url or None,
        timeout=MODEL_TIMEOUT,
    )
