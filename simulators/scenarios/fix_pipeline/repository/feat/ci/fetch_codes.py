"""Fetches the provider's list of answers, against which the tests compare ours."""

import sys
import urllib.request
from pathlib import Path


def fetch(url: str) -> bytes:
    """The list as the provider serves it."""
    print(f"fetching {url}")
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


if __name__ == "__main__":
    Path("codes.json").write_bytes(fetch(sys.argv[1]))
