"""What a write touches, as data: stated by each tool from its arguments alone, so that it can be compared with what was approved.

The law of this module: values and their comparison. An effect is in the session's project; another was refused before.
"""

from __future__ import annotations

from enum import StrEnum

from .model import Model


class EffectKind(StrEnum):
    """What kind of thing is written."""

    BRANCH = "branch"
    COMMIT = "commit"
    MERGE_REQUEST = "merge_request"
    ISSUE = "issue"
    COMMENT = "comment"
    THREAD = "thread"
    LINK = "link"


class Effect(Model):
    """One write.

    Attributes:
        kind: what is written.
        branch: the branch written to, or the one a merge request comes from; empty where a name is made only when writing.
        item: what is changed or commented on, as GitLab writes it: `!3`, `#4`; empty for a new one.
        paths: files that a commit touches, sorted.
        count: how many things are written.
    """

    kind: EffectKind
    branch: str = ""
    item: str = ""
    paths: tuple[str, ...] = ()
    count: int = 1
