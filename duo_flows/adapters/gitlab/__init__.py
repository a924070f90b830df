"""GitLab, by python-gitlab: the one place that imports it."""

from .forge import GitLabForge
from .reader import GitLabReader
from .writer import GitLabWriter

__all__ = ["GitLabForge", "GitLabReader", "GitLabWriter"]
