"""Benchmarks, one after the other: `python -m bench` runs all, `python -m bench evidence` those that are named."""

import asyncio
import sys

from bench import approval_queries, engine, evidence, plan_diff, webhooks

_ALL = {
    "approval_queries": approval_queries.main,
    "engine": engine.main,
    "evidence": evidence.main,
    "plan_diff": plan_diff.main,
    "webhooks": webhooks.main,
}


async def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in _ALL]
    if unknown:
        sys.exit(f"There is no benchmark {unknown[0]}. There are: {', '.join(_ALL)}.")
    for name in names or _ALL:
        await _ALL[name]()


asyncio.run(main(sys.argv[1:]))
