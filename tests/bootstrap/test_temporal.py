import uuid

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest

from duo_flows.bootstrap.settings import Settings
from duo_flows.bootstrap.temporal import RETENTION, connect, ensure_namespace
from duo_flows.domain.errors import TryAgain
from signals.names import DATETIME_SEARCH_ATTRIBUTES, KEYWORD_SEARCH_ATTRIBUTES


@pytest.mark.server
async def test_a_namespace_that_is_missing_is_made_fit_and_stays_so(temporal, tmp_path):
    settings = Settings(
        temporal_address=temporal.client.service_client.config.target_host,
        temporal_namespace=f"fresh-{uuid.uuid4().hex[:8]}",
        content_dir=tmp_path,
    )
    client = await connect(settings)
    await ensure_namespace(client)
    await ensure_namespace(client)

    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    listed = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace=client.namespace))
    assert described.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION
    assert set(listed.custom_attributes) >= {*KEYWORD_SEARCH_ATTRIBUTES, *DATETIME_SEARCH_ATTRIBUTES}


async def test_a_server_that_does_not_answer_is_named(tmp_path):
    settings = Settings(temporal_address="127.0.0.1:9", content_dir=tmp_path)

    with pytest.raises(TryAgain, match=r"127\.0\.0\.1:9.*DUOFLOWS_TEMPORAL_ADDRESS"):
        await connect(settings, patience=RETENTION * 0)
