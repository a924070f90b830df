"""The GitLab that a session works in, as flows read it. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from .model import Model


class GitLabInstance(Model):
    """One GitLab: its address, and its version, which is empty where GitLab does not tell it."""

    url: str
    version: str = ""

    @property
    def kind(self) -> str:
        """Return how GitLab's flow service calls this kind of instance; it goes by the host, too."""
        host = (urlsplit(self.url).hostname or "").lower()
        if host.startswith("dedicated-") and host.endswith(".gitlab.com"):
            return "GitLab Dedicated"
        return "GitLab.com (SaaS)" if host == "gitlab.com" or host.endswith(".gitlab.com") else "Self-Managed"
