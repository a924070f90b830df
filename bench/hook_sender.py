"""Sends signed hooks at a fixed rate and prints what came of them as JSON.

`python -m bench.hook_sender URL SECRET_FILE SECONDS RATE`: a process of its own, so that it does not share the door's interpreter.
The rate is kept whatever the door does, and a request's time counts from when it was due: a door that stalls is charged for
everything that waits behind it.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path

import httpx2

from duo_flows.web.hook_secrets import signature_of


def comment(project_id: int, number: int) -> dict[str, object]:
    """Return a comment that mentions somebody, as GitLab tells of it; each is another one."""
    return {
        "object_kind": "note",
        "user": {"id": 1},
        "project": {"id": project_id},
        "object_attributes": {
            "id": 10_000_000 + number,
            "note": "@somebody please",
            "noteable_type": "MergeRequest",
            "action": "create",
        },
        "merge_request": {"iid": 1},
    }


def pipeline(project_id: int, number: int) -> dict[str, object]:
    """Return a pipeline that has begun to run; each is another one."""
    return {
        "object_kind": "pipeline",
        "object_attributes": {"id": 10_000_000 + number, "status": "running"},
        "user": {"id": 1},
        "project": {"id": project_id},
    }


class Sender:
    """Counts answers and the milliseconds they took."""

    def __init__(self, client: httpx2.AsyncClient, url: str, secret_file: Path, *, rate: int) -> None:
        self._client = client
        self._url = url
        self._rate = rate
        self._secret = secret_file.read_text().strip()
        self._project_id = int(secret_file.name)
        self.milliseconds: list[float] = []
        self.answers: Counter[str] = Counter()

    async def send(self, number: int, *, due: float) -> None:
        await asyncio.sleep(due - time.monotonic())
        body = json.dumps((comment if number % 2 else pipeline)(self._project_id, number)).encode()
        stamp, key = str(int(time.time())), f"bench-{self._rate}-{number}"
        signature = signature_of(self._secret, delivery_id=key, timestamp=stamp, body=body)
        headers = {
            "webhook-id": key,
            "webhook-timestamp": stamp,
            "webhook-signature": signature,
            "content-type": "application/json",
        }
        try:
            response = await self._client.post(self._url, content=body, headers=headers)
            self.answers[response.json()["status"] if response.is_success else str(response.status_code)] += 1
        except httpx2.HTTPError as error:
            self.answers[type(error).__name__] += 1
        self.milliseconds.append((time.monotonic() - due) * 1_000)


async def main(url: str, secret_file: str, seconds: str, rate: str) -> None:
    count = int(seconds) * int(rate)
    limits = httpx2.Limits(max_connections=50, max_keepalive_connections=50)
    async with httpx2.AsyncClient(limits=limits, timeout=10, trust_env=False) as client:
        sender = Sender(client, url, Path(secret_file), rate=int(rate))
        begin = time.monotonic() + 0.5
        await asyncio.gather(*(sender.send(number, due=begin + number / int(rate)) for number in range(count)))
    print(json.dumps({"milliseconds": sender.milliseconds, "answers": sender.answers}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
