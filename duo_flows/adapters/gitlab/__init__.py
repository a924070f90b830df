"""GitLab, by python-gitlab: the one place that imports it."""

from .forge import GitLabForge

__all__ = ["GitLabForge"]
