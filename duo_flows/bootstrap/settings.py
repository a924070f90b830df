"""Settings: every knob, its default and its reason. `docs/settings.md` is checked against this file by a test.

Read from the environment (`DUOFLOWS_…`), then from a TOML file named by `DUOFLOWS_SETTINGS_FILE`. GitLab's and Anthropic's usual
variables (`GITLAB_URL`, `GITLAB_TOKEN`, `ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL`) are taken too.
"""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource


def faults_of(error: ValidationError) -> list[str]:
    """Return a sentence for each setting that cannot be used. The values are left out: one of them may be a secret."""
    return [
        f"Setting {'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}."
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    ]


def _pairs(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
    models = {tag.strip(): model.strip() for tag, _, model in pairs}
    if not all([*models, *models.values()]):
        raise ValueError("write pairs `tag=model`, with commas between them")
    return models


class Settings(BaseSettings):
    """The settings of every process of duo-flows."""

    model_config = SettingsConfigDict(env_prefix="DUOFLOWS_", extra="forbid", frozen=True, populate_by_name=True)

    gitlab_url: str = Field(
        default="",
        validation_alias=AliasChoices("DUOFLOWS_GITLAB_URL", "GITLAB_URL"),
        description="GitLab's address, such as https://gitlab.example.com.",
    )
    gitlab_token: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("DUOFLOWS_GITLAB_TOKEN", "GITLAB_TOKEN"),
        description="The service account's token, with scope `api`. The account acts for requesters; it decides nothing.",
    )
    anthropic_api_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("DUOFLOWS_ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY"),
        description="The key for Claude.",
    )
    anthropic_base_url: str = Field(
        default="",
        validation_alias=AliasChoices("DUOFLOWS_ANTHROPIC_BASE_URL", "ANTHROPIC_BASE_URL"),
        description="Another address for the Messages API, such as a gateway. Empty: Anthropic's own.",
    )
    model: str = Field(default="claude-sonnet-5-5", description="The model that agents use.")
    models_by_tag: Annotated[dict[str, str], NoDecode, BeforeValidator(_pairs)] = Field(
        default={},
        description="The models for `model_tags` of flows, such as `small=claude-haiku-5-5,large=claude-opus-5-5`.",
    )
    max_tokens: int = Field(default=16_000, ge=256, description="The most tokens of one answer of the model.")
    cost_cap_usd: Decimal = Field(
        default=Decimal(5), ge=0, description="A session that has used this much on its model stops and says so. US dollars."
    )

    temporal_address: str = Field(default="127.0.0.1:7233", description="Where Temporal's frontend listens.")
    temporal_namespace: str = Field(default="default", description="The Temporal namespace.")
    temporal_ui_url: str = Field(default="", description="Where people open the Temporal UI; shown in links. Empty: no links.")

    database_url: SecretStr = Field(
        default=SecretStr("sqlite+aiosqlite:///duo-flows.db"),
        description="The store: `sqlite+aiosqlite:///FILE` or `postgresql+asyncpg://USER:PASSWORD@HOST/DATABASE`.",
    )
    content_dir: Path = Field(
        default=Path(".duoflow/contents"),
        description="Folder for Temporal payloads over 64 KiB; every process of the installation needs the same one.",
    )
    git_cache_dir: Path = Field(default=Path(".duoflow/git"), description="Folder for the worker's temporary git repositories.")
    flows_dir: Path | None = Field(default=None, description="Folder of the flow catalogue. Empty: the built-in one.")

    signing_key: SecretStr = Field(
        default=SecretStr(""),
        description="The key with which doors sign and the worker verifies, 32 characters or more; both need the same one.",
    )
    audit_key: SecretStr = Field(
        default=SecretStr(""),
        description="The key that heads of the audit chain are signed with. Empty: one that follows from the signing key.",
    )
    audit_heads_file: Path = Field(
        default=Path(".duoflow/audit-heads"),
        description="The file that signed heads of the audit chain are appended to, away from the database.",
    )
    allow_unsigned: bool = Field(
        default=False,
        description="Whether starts and answers sent to Temporal by hand count. Who reaches Temporal can then act for anyone.",
    )
    hook_secrets_dir: Path = Field(
        default=Path(".duoflow/hook-secrets"),
        description="Folder with one file per project, named by its number, holding its hook secret (`whsec_…` or a plain token).",
    )
    public_url: str = Field(default="http://127.0.0.1:8080", description="Our own address as people and GitLab reach it.")
    web_host: str = Field(default="127.0.0.1", description="The address on which the web app listens.")
    web_port: int = Field(default=8080, ge=0, le=65_535, description="The port on which the web app listens; 0 takes a free one.")
    worker_metrics_port: int = Field(
        default=0, ge=0, le=65_535, description="The port of the worker's metrics, on loopback; 0 serves none."
    )

    request_timeout: timedelta = Field(
        default=timedelta(days=7), description="How long a question to the requester stays open where the flow does not say."
    )
    pipeline_poll_interval: timedelta = Field(
        default=timedelta(seconds=30), description="How often a pipeline is looked at when no hook tells of it."
    )
    pipeline_wait_timeout: timedelta = Field(
        default=timedelta(hours=6),
        description="How long the pipeline after a change is waited for before the session says so and ends.",
    )
    sign_of_life: timedelta = Field(
        default=timedelta(seconds=30),
        ge=timedelta(seconds=2),
        description="How long nothing may be heard of a worker before its model turn or tool call is given to another.",
    )
    reconcile_interval: timedelta = Field(
        default=timedelta(minutes=1),
        description="How often GitLab is read for comments that hooks missed while a question is open.",
    )
    bot_pipeline_requester: str = Field(
        default="",
        description="Who counts as requester of a failed pipeline that a schedule or bot started. Empty: nobody; no flow starts.",
    )
    default_privileges: tuple[str, ...] = Field(
        default=("read_write_files", "read_only_gitlab", "read_write_gitlab", "use_git", "read_only_files"),
        description="GitLab's privilege classes that a project without its own policy grants.",
    )

    log_format: Literal["json", "console"] = Field(default="json", description="How log lines look.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least severe line to log.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - a .env file in the working folder is not read: it may be a stranger's
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, strongest first."""
        path = os.environ.get("DUOFLOWS_SETTINGS_FILE")
        file = (TomlConfigSettingsSource(settings_cls, toml_file=Path(path)),) if path else ()
        return (init_settings, env_settings, file_secret_settings, *file)

    def secrets(self) -> tuple[str, ...]:
        """Return every secret value that is set, for keeping them out of logs and errors."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(secret for value in values if isinstance(value, SecretStr) and (secret := value.get_secret_value()))

    def missing(self) -> list[str]:
        """Return a sentence for each setting that a worker or a web app cannot do without."""
        return [
            sentence
            for is_missing, sentence in (
                (not self.gitlab_url, "Set GITLAB_URL to your GitLab's address."),
                (not self.gitlab_token.get_secret_value(), "Set GITLAB_TOKEN to the service account's token."),
                (
                    len(self.signing_key.get_secret_value()) < 32,  # noqa: PLR2004 - 256 bits of a hex or base64 key
                    "Set DUOFLOWS_SIGNING_KEY to 32 random characters or more.",
                ),
            )
            if is_missing
        ]
