"""Git, by its command line: the one way code is changed."""

from .repository import GitRepository

__all__ = ["GitRepository"]
