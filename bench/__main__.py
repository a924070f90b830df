"""All benchmarks, one after the other: `python -m bench`."""

import asyncio

from bench import webhooks


async def main() -> None:
    await webhooks.main()


asyncio.run(main())
