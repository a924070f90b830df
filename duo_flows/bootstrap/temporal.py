"""Temporal as this installation reaches it: the client, its data converter, and what the namespace has to know.

What lives here: connecting and preparing. What never does: starting, signalling or describing a workflow; that is the doors' work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeNamespaceResponse,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, ExternalStorage
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from duo_flows.domain.errors import NeverAgain, TryAgain
from signals.names import DATETIME_SEARCH_ATTRIBUTES, KEYWORD_SEARCH_ATTRIBUTES

from .external_storage import FileStorage
from .settings import Settings

Answer = TypeVar("Answer")

# Well below the 512 KiB at which Temporal warns, and small enough that a history of a long session stays readable.
LARGE_PAYLOAD_BYTES = 64 * 1024
# A question may stay open for weeks; the history has to be there when somebody asks why. The server's own default is one day.
RETENTION = timedelta(days=90)
# A server that has just been started answers within a second or two; in a compose file it can take most of a minute.
CONNECT_PATIENCE = timedelta(seconds=60)
_CONNECT_PAUSE = 0.5
# Temporal's frontend reads new namespaces from its cache, which it renews every ten seconds.
_NAMESPACE_TRIES = 30


def data_converter(content_dir: Path) -> DataConverter:
    """Return how values become payloads: pydantic's JSON, and files in `content_dir` for what is large."""
    storage = ExternalStorage(drivers=[FileStorage(content_dir)], payload_size_threshold=LARGE_PAYLOAD_BYTES)
    return replace(pydantic_data_converter, external_storage=storage)


async def connect(settings: Settings, *, runtime: Runtime | None = None, patience: timedelta = CONNECT_PATIENCE) -> Client:
    """Return a client, once the server answers.

    Raises:
        TryAgain: it did not answer within `patience`.
    """
    give_up_at = asyncio.get_running_loop().time() + patience.total_seconds()
    while True:
        try:
            return await Client.connect(
                settings.temporal_address,
                namespace=settings.temporal_namespace,
                data_converter=data_converter(settings.content_dir),
                runtime=runtime,
            )
        except RuntimeError as error:  # what the SDK raises when it cannot connect
            if asyncio.get_running_loop().time() >= give_up_at:
                raise TryAgain(
                    f"No Temporal server answers at {settings.temporal_address}. Start one, or set DUOFLOWS_TEMPORAL_ADDRESS."
                ) from error
            await asyncio.sleep(_CONNECT_PAUSE)


async def ensure_namespace(client: Client) -> None:
    """Make the client's namespace fit for duo-flows.

    Effects: the namespace exists, keeps histories for at least 90 days, and has our search attributes. Safe to repeat.

    Raises:
        NeverAgain: the server does not let us; the reason names the commands to have its operator run.
    """
    try:
        described = await _describe_or_register(client)
        await _raise_retention(client, described)
        await _add_search_attributes(client)
    except RPCError as error:
        if error.status in {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.INVALID_ARGUMENT}:
            raise NeverAgain(
                f"Temporal does not let us prepare namespace {client.namespace} ({error.message}). {_by_hand(client)}"
            ) from error
        raise TryAgain(f"Temporal did not prepare namespace {client.namespace}: {error.message}.") from error


async def _describe_or_register(client: Client) -> DescribeNamespaceResponse:
    try:
        return await _describe(client)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    await _register(client)
    return await _until_known(lambda: _describe(client))


async def _register(client: Client) -> None:
    try:
        await client.workflow_service.register_namespace(
            RegisterNamespaceRequest(namespace=client.namespace, workflow_execution_retention_period=_as_duration(RETENTION))
        )
    except RPCError as error:
        # Worker and web app start at the same time, and the other one was faster.
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise


async def _describe(client: Client) -> DescribeNamespaceResponse:
    return await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))


async def _until_known(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """Return the call's answer, waiting while parts of the server have not heard of the namespace yet."""
    for _ in range(_NAMESPACE_TRIES - 1):
        try:
            return await call()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        await asyncio.sleep(_CONNECT_PAUSE)
    return await call()


async def _raise_retention(client: Client, described: DescribeNamespaceResponse) -> None:
    if described.config.workflow_execution_retention_ttl.ToTimedelta() >= RETENTION:
        return
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=client.namespace, config=NamespaceConfig(workflow_execution_retention_ttl=_as_duration(RETENTION))
        )
    )


async def _add_search_attributes(client: Client) -> None:
    wanted = {
        **dict.fromkeys(KEYWORD_SEARCH_ATTRIBUTES, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD),
        **dict.fromkeys(DATETIME_SEARCH_ATTRIBUTES, IndexedValueType.INDEXED_VALUE_TYPE_DATETIME),
    }
    request = ListSearchAttributesRequest(namespace=client.namespace)
    listed = await _until_known(lambda: client.operator_service.list_search_attributes(request))
    missing = {name: kind for name, kind in wanted.items() if name not in listed.custom_attributes}
    if not missing:
        return
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise


def _by_hand(client: Client) -> str:
    attributes = " ".join(
        [f"--name {name} --type Keyword" for name in KEYWORD_SEARCH_ATTRIBUTES]
        + [f"--name {name} --type Datetime" for name in DATETIME_SEARCH_ATTRIBUTES]
    )
    return (
        f"Have its operator run: temporal operator namespace update -n {client.namespace} --retention {RETENTION.days}d; "
        f"temporal operator search-attribute create -n {client.namespace} {attributes}"
    )


def _as_duration(period: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(period)
    return duration
