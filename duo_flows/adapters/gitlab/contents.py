"""Contents of repositories and jobs: bytes that may be larger than anybody wants, read under a cap.

The law of this module: nothing is read into memory beyond its cap, whatever GitLab sends.
"""

from __future__ import annotations

import base64
import json
import re
from collections import deque
from itertools import islice
from typing import Any
from urllib.parse import quote

import requests

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.pipelines import FileContent, TreeEntry

from . import shapes
from .client import Client

_MEBIBYTE = 1024 * 1024

# What an agent can be shown of one file; source files above it are generated.
FILE_MAX_BYTES = _MEBIBYTE

# A file arrives as base64 inside JSON: four characters for three bytes, and room for its other fields.
_FILE_ANSWER_MAX_BYTES = FILE_MAX_BYTES * 4 // 3 + 64 * 1024

# GitLab cuts traces at 100 MB by default. A failure's reason stands near the end, so the end is what is kept.
LOG_MAX_BYTES = 64 * _MEBIBYTE

# Stated by the port: more names than this help nobody.
TREE_MAX_ENTRIES = 2_000

_CHUNK = 256 * 1024

_SIZE = re.compile(rb'"size" ?: ?(\d{1,15})')
# Before it stand only the file's name and path.
_SIZE_STANDS_WITHIN = 16 * 1024

# What the commonest files that are no text begin with.
_KINDS = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive (or an office document or Java archive)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "an ELF program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x00\x01\x00\x00", "a TrueType font"),
    (b"wOF2", "a web font"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)


def file_content(client: Client, project_id: int, path: str, *, ref: str) -> FileContent:
    """Return a text file at a ref.

    Raises:
        NeverAgain: it is larger than 1 MiB, or is not UTF-8 text.
    """
    answer = client.streamed(f"/projects/{project_id}/repository/files/{quote(path, safe='')}", ref=ref)
    with answer:
        data = _read_json(answer, path=path)
    content = base64.b64decode(data["content"])
    return FileContent(
        path=path, ref=ref, text=_text_of(content, path=path), is_executable=bool(data.get("execute_filemode", False))
    )


def _read_json(answer: requests.Response, *, path: str) -> dict[str, Any]:
    body = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        body += chunk
        if len(body) > _FILE_ANSWER_MAX_BYTES:
            # GitLab writes the size before the content.
            told = _SIZE.search(body[:_SIZE_STANDS_WITHIN])
            raise _too_large(path, int(told[1]) if told else None)
    data: dict[str, Any] = json.loads(body)
    return data


def _text_of(content: bytes, *, path: str) -> str:
    if len(content) > FILE_MAX_BYTES:
        raise _too_large(path, len(content))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise NeverAgain(
            f"{path!r} is {_kind_of(content)} of {len(content):,} bytes, which can be neither shown nor edited.", code="binary_file"
        )
    return text


def _kind_of(content: bytes) -> str:
    """Return in words what the bytes are, as far as their beginning tells."""
    return next((kind for start, kind in _KINDS if content.startswith(start)), "a binary file")


def _too_large(path: str, size: int | None) -> NeverAgain:
    has = f"has {size:,} bytes" if size else "is larger than 1 MiB"
    return NeverAgain(
        f"{path!r} {has}; above 1 MiB a file can be neither shown nor edited. Parts of it can be found with gitlab_blob_search.",
        code="too_large",
    )


def tree(client: Client, project_id: int, path: str, *, ref: str, recursive: bool) -> tuple[TreeEntry, ...]:
    """Return files and folders below a folder, sorted by path, at most 2,000; submodules are left out."""
    entries = client.every(
        f"/projects/{project_id}/repository/tree",
        path=path,
        ref=ref,
        recursive="true" if recursive else "false",
        pagination="keyset",
    )
    kept = islice((shapes.tree_entry(data) for data in entries if data["type"] in {"blob", "tree"}), TREE_MAX_ENTRIES)
    return tuple(sorted(kept, key=lambda entry: entry.path))


def job_log(client: Client, project_id: int, job_id: int, *, max_bytes: int = LOG_MAX_BYTES) -> bytes:
    """Return a job's raw trace. Of one that is larger than the cap the end is kept, and the first line says so."""
    with client.streamed(f"/projects/{project_id}/jobs/{job_id}/trace") as answer:
        kept, dropped = _tail(answer, max_bytes=max_bytes)
    if not dropped:
        return kept
    # What is left of a line that was cut through says nothing reliable.
    whole = kept.partition(b"\n")[2] or kept
    return b"[duo-flows: the first %d bytes of this log were left out]\n" % (dropped + len(kept) - len(whole)) + whole


def _tail(answer: requests.Response, *, max_bytes: int) -> tuple[bytes, int]:
    """Return (the last `max_bytes` of the body, how many bytes were dropped before them)."""
    chunks: deque[bytes] = deque()
    held = dropped = 0
    for chunk in answer.iter_content(_CHUNK):
        chunks.append(chunk)
        held += len(chunk)
        while held - len(chunks[0]) >= max_bytes:
            held -= len(chunks[0])
            dropped += len(chunks.popleft())
    data = b"".join(chunks)
    cut = max(0, len(data) - max_bytes)
    return data[cut:], dropped + cut
