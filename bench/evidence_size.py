"""One log of a given size, reduced in a process of its own for its memory: `python -m bench.evidence_size MEGABYTES`."""

import json
import resource
import sys
import time

from bench.log_recall import cases
from duo_flows.domain.evidence import log_lines, reduce_log

_MB = 1_000_000


def log_of(megabytes: int) -> bytes:
    """Return a real log again and again, its digits varied, so that lines are alike but seldom the same."""
    seed = next(case.raw for case in cases() if case.name.startswith("pip-pytest"))
    digits = b"0123456789"
    pieces = [seed.translate(bytes.maketrans(digits, digits[turn:] + digits[:turn])) for turn in range(10)]
    times = -(-megabytes * _MB // len(seed))
    return b"".join(pieces[number % len(pieces)] for number in range(times))[: megabytes * _MB]


def main(megabytes: int) -> None:
    """Print what reducing took."""
    raw = log_of(megabytes)
    began = time.process_time()
    excerpt = reduce_log(log_lines(raw))
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "characters": len(excerpt.text)}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
