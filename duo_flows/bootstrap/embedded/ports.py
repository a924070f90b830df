"""Which ports the processes of the embedded stack listen on. Always on loopback."""

from __future__ import annotations

import socket
from dataclasses import dataclass, fields

LOOPBACK = "127.0.0.1"
# A second stack beside the first one takes the next ports; more than this many stacks is somebody else's server.
_TRIES = 20


@dataclass(frozen=True, kw_only=True)
class Ports:
    """One port per listener. The values are what `duoflow dev` tries first: Temporal's own, and free neighbours of GitLab's."""

    temporal: int = 7233
    temporal_ui: int = 8233
    gitlab: int = 8929
    claude: int = 8930
    web: int = 8080
    worker_metrics: int = 9464


def usual_ports() -> Ports:
    """Return the usual ports, each replaced by the next free one where it is taken."""
    chosen: dict[str, int] = {}
    for field in fields(Ports):
        chosen[field.name] = _next_free(int(str(field.default)), taken=set(chosen.values()))
    return Ports(**chosen)


def free_ports() -> Ports:
    """Return ports that nobody uses, for a stack that lives for one demonstration or test."""
    # All are held until all are known, so that no two are the same.
    held = [socket.socket() for _ in fields(Ports)]
    try:
        for one in held:
            one.bind((LOOPBACK, 0))
        return Ports(**{field.name: one.getsockname()[1] for field, one in zip(fields(Ports), held, strict=True)})
    finally:
        for one in held:
            one.close()


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the port now."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _next_free(port: int, *, taken: set[int]) -> int:
    # If none is free, the process that gets the usual one will say so itself.
    candidates = (candidate for candidate in range(port, port + _TRIES) if candidate not in taken and is_free(candidate))
    return next(candidates, port)
