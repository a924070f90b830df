"""P4: how fast the door answers GitLab's hooks under 200 a second, while its dispatcher works on what it has taken."""

import asyncio
import json
import os
import sys

from bench.stack import running_stack
from bench.tables import percentile, write_table
from duo_flows.bootstrap.embedded.layout import Layout

SECONDS = 15
# Both from the requirement.
RATE = 200
P99_GOAL_MS = 50
ABOUT = f"""\
Signed hooks at a fixed rate for {SECONDS} s, half comments and half pipelines, every one new, sent by another process to the web
app on SQLite. Temporal, the GitLab stand-in and the worker run on the same machine, and the dispatcher works on the deliveries
meanwhile. A request's time counts from when it was due. Read it beside the load: a machine that is busy before measures itself."""


async def main() -> None:
    load = f"{os.getloadavg()[0]:.1f}"
    async with running_stack() as (layout, _stack):
        result = await sent(layout, RATE)
    rows = {**rows_of(result, rate=RATE), "load average before": load}
    write_table("webhooks", title="Answering hooks", about=ABOUT, rows=rows)


async def sent(layout: Layout, rate: int) -> dict:
    [secret_file] = layout.hook_secrets_dir.iterdir()
    command = [sys.executable, "-m", "bench.hook_sender", layout.hook_url, str(secret_file), str(SECONDS), str(rate)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return json.loads(out)


def rows_of(result: dict, *, rate: int) -> dict[str, str]:
    times, answers = result["milliseconds"], result["answers"]
    errors = sum(count for answer, count in answers.items() if answer != "accepted")
    p50, p95, p99 = (percentile(times, share) for share in (0.5, 0.95, 0.99))
    goal = "met" if p99 < P99_GOAL_MS and not errors else "NOT met"
    counted = ", ".join(f"{count} {answer}" for answer, count in sorted(answers.items()))
    return {
        f"{rate}/s: answers": counted,
        f"{rate}/s: errors": str(errors),
        f"{rate}/s: p50, p95, p99": f"{p50:.0f}, {p95:.0f}, {p99:.0f} ms",
        f"{rate}/s: p99 under {P99_GOAL_MS} ms": goal,
    }


if __name__ == "__main__":
    asyncio.run(main())
