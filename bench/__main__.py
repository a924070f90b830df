"""Benchmarks, all or those named: `python -m bench [engine] [webhooks] …`."""

import asyncio
import importlib
import sys

NAMES = ("engine", "webhooks")


async def main(names: list[str]) -> None:
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        sys.exit(f"There is no benchmark {unknown[0]!r}. There are: {', '.join(NAMES)}.")
    for name in names or NAMES:
        await importlib.import_module(f"bench.{name}").main()


asyncio.run(main(sys.argv[1:]))
