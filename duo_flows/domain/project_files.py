"""A project's own files that say what flows may do, asked of the forge. One answer for every door and for the worker."""

from __future__ import annotations

from .errors import NotFound
from .people import Project
from .policy import POLICY_PATH, ProjectPolicy
from .ports import FlowFiles, Forge


async def read_policy(forge: Forge, flow_files: FlowFiles, project: Project) -> ProjectPolicy:
    """Return the policy on the project's default branch; without a file the one that restricts and triggers nothing.

    Raises:
        NeverAgain: the file states no policy; it grants nothing then.
    """
    try:
        file = await forge.file(project.id, POLICY_PATH, ref=project.default_branch)
    except NotFound:
        return ProjectPolicy()
    return flow_files.policy(file.text)
