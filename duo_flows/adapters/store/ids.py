"""Fresh session ids: the form is the domain's, chance is the machine's."""

from __future__ import annotations

import os
from datetime import datetime

from duo_flows.domain.session_ids import RANDOM_BYTES, session_id_at


def new_id(now: datetime) -> str:
    """Return a fresh id. An id made a millisecond later sorts after it.

    Args:
        now: an aware datetime.
    """
    return session_id_at(now, os.urandom(RANDOM_BYTES))
