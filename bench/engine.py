"""P1: what a session costs beside a hand-written Temporal workflow that calls the same activities."""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from uuid import uuid4

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError

from bench.engine_worker import TASK_QUEUE
from bench.stack import running_stack
from bench.tables import write_table
from duo_flows.bootstrap.embedded.layout import Layout
from duo_flows.bootstrap.embedded.plans import environment_of
from duo_flows.bootstrap.embedded.stack import Stack
from duo_flows.bootstrap.temporal import data_converter
from signals.messages import Answer, StartFlow

GOAL = 1.3  # from the requirement
KINDS = ("fix_pipeline", "fix_by_hand", "fix_by_hand_unreported")
BATCHES = 8
AT_ONCE = 6
ABOUT = f"""\
The first journey up to its decision (two steps, an agent of three turns with three tool calls, a proposed change, a question
that is answered by cancel): as a session of `fix_pipeline`; as a workflow written by hand (`bench/by_hand.py`) that calls the
same activities with the same arguments; and by hand without the reports to the store, by which people list sessions, follow
them and see what they wait for. Real Temporal, store, git and HTTP; the stand-ins answer at once (the model's first word after
40 ms), so that nothing hides what the engine costs. {BATCHES} batches of {AT_ONCE} at once of each kind, taking turns in one
run; medians over the batches are compared, means over the histories. CPU is that of the worker's process and of the server's.

What a session has more than the workflow by hand are the search attributes, summaries and current details by which an operator
reads it in the Temporal UI, and the memory that names step and component in each call. What keeps it close: the walk itself
schedules nothing; prompts, conversations, logs and diffs stay in the content store; notes in GitLab are written beside the
walk; waiting is one timer and no polling; pure modules are loaded once and passed through the sandbox."""


@dataclass
class Measured:
    """What one kind has cost: a figure for each batch, and for each workflow's history."""

    wall: list[float] = field(default_factory=list)
    worker_cpu: list[float] = field(default_factory=list)
    server_cpu: list[float] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)
    activities: Counter = field(default_factory=Counter)
    tasks: list[int] = field(default_factory=list)


async def main() -> None:
    load = f"{os.getloadavg()[0]:.1f}"
    async with running_stack() as (layout, stack):
        measured = await _alternating(layout, stack)
    session, by_hand, unreported = (measured[kind] for kind in KINDS)
    if session.activities != by_hand.activities:
        raise SystemExit(f"They do not do the same work: {session.activities} and {by_hand.activities}")
    rows = {**rows_of(session, by_hand, unreported), "load average before": load}
    write_table("engine", title="A session beside a hand-written workflow", about=ABOUT, rows=rows)


async def _alternating(layout: Layout, stack: Stack) -> dict[str, Measured]:
    client = await Client.connect(layout.temporal_address, data_converter=data_converter(layout.home / "contents"))
    worker = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.engine_worker", env=_environment(layout))
    measured = {kind: Measured() for kind in KINDS}
    try:
        pids = (worker.pid, stack.pid_of("temporal"))
        for kind in KINDS:
            # The first of each kind loads what later ones share.
            await _batch(client, kind, Measured(), pids)
        for number in range(BATCHES):
            for kind in KINDS[number % 3 :] + KINDS[: number % 3]:
                await _batch(client, kind, measured[kind], pids)
    finally:
        worker.terminate()
        await worker.wait()
    return measured


def _environment(layout: Layout) -> dict[str, str]:
    return {**environment_of(layout), "DUOFLOWS_WORKER_METRICS_PORT": "0", "DUOFLOWS_LOG_LEVEL": "warning"}


async def _batch(client: Client, kind: str, measured: Measured, pids: tuple[int, int]) -> None:
    cpu, began = [_cpu_seconds(pid) for pid in pids], time.perf_counter()
    handles = await asyncio.gather(*(_play(client, kind) for _ in range(AT_ONCE)))
    measured.wall.append(time.perf_counter() - began)
    # Whatever the last completion leaves to do belongs to this batch too.
    await asyncio.sleep(0.5)
    worker, server = (_cpu_seconds(pid) - before for pid, before in zip(pids, cpu, strict=True))
    measured.worker_cpu.append(worker)
    measured.server_cpu.append(server)
    for handle in handles:
        described = await handle.describe()
        measured.events.append(described.history_length)
        measured.bytes.append(described.raw_description.workflow_execution_info.history_size_bytes)
    history = await handles[0].fetch_history()
    scheduled = [event for event in history.events if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED]
    measured.activities.update(event.activity_task_scheduled_event_attributes.activity_type.name for event in scheduled)
    measured.tasks.append(sum(event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED for event in history.events))


async def _play(client: Client, kind: str) -> WorkflowHandle:
    start = StartFlow(project="meridian/payments", requester="maya", merge_request_iid=1)
    handle = await client.start_workflow(kind, start, id=f"bench/{kind}/{uuid4().hex}", task_queue=TASK_QUEUE)
    digest = await _question(handle)
    answer = Answer(choice="cancel", digest=digest, actor="maya", event_id=uuid4().hex)
    await handle.signal("answer", answer)
    await handle.result()
    return handle


async def _question(handle: WorkflowHandle) -> str:
    while True:
        try:
            state = await handle.query("state")
        except (RPCError, WorkflowQueryFailedError):
            state = {"waiting": None}
        if state["waiting"] and state["waiting"]["digest"]:
            return state["waiting"]["digest"]
        # Rarely, so that asking weighs little; the same for both kinds.
        await asyncio.sleep(0.2)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rows_of(session: Measured, by_hand: Measured, unreported: Measured) -> dict[str, str]:
    def row(name: str, of: Callable[[list], float], unit: str, digits: int = 0, scale: float = 1.0) -> str:
        ours, *others = (of(getattr(one, name)) * scale for one in (session, by_hand, unreported))
        return "; ".join([f"{ours:.{digits}f}{unit}", *(f"{other:.{digits}f}{unit}, **{ours / other:.2f}**" for other in others)])

    wall = median(session.wall) / median(by_hand.wall)
    return {
        "*each row:* session; by hand, **ratio**; by hand without reports, **ratio**": "",
        f"wall of {AT_ONCE} at once": row("wall", median, " s", 2),
        "worker's CPU of each": row("worker_cpu", median, " ms", scale=1_000 / AT_ONCE),
        "server's CPU of each": row("server_cpu", median, " ms", scale=1_000 / AT_ONCE),
        "history events": row("events", mean, ""),
        "history bytes": row("bytes", mean, ""),
        "workflow tasks": row("tasks", mean, "", 1),
        f"wall at most {GOAL} times by hand": "met" if wall <= GOAL else "NOT met",
        "activities of session and by hand": ", ".join(
            f"{count // BATCHES} {name}" for name, count in sorted(session.activities.items())
        ),
    }


if __name__ == "__main__":
    asyncio.run(main())
