"""Tools: what an agent or a step may ask for, under GitLab's names, privilege classes and the access each one needs.

Only the descriptions live here: names, arguments, rights. What a tool does outside is in `activities.tools`; the one tool that only
waits, `wait_for_pipeline`, is in `workflows.pipeline_wait`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from pydantic import Field

from .diagnoses import Diagnosis
from .errors import Refused
from .model import Model
from .model_turns import ToolSchema
from .people import AccessLevel


class Privilege(StrEnum):
    """GitLab's eight privilege classes. Source: GitLab's agent privileges, numbered 1 to 8 in its API."""

    READ_WRITE_FILES = "read_write_files"
    READ_ONLY_GITLAB = "read_only_gitlab"
    READ_WRITE_GITLAB = "read_write_gitlab"
    RUN_COMMANDS = "run_commands"
    USE_GIT = "use_git"
    RUN_MCP_TOOLS = "run_mcp_tools"
    START_FLOWS = "start_flows"
    READ_ONLY_FILES = "read_only_files"


class FailingJobs(Model):
    """Arguments of `get_pipeline_failing_jobs`."""

    pipeline_id: int = Field(description="The pipeline's number.")


class JobLog(Model):
    """Arguments of `get_job_logs`."""

    job_id: int = Field(description="The job's number.")
    start_line: int | None = Field(default=None, ge=1, description="First line to view, counted from 1.")
    end_line: int | None = Field(default=None, ge=1, description="Last line to view, included.")
    grep: str = Field(default="", max_length=200, description="Only lines that contain this text, with three lines around each.")


class RepositoryFile(Model):
    """Arguments of `get_repository_file`."""

    file_path: str = Field(description="Path from the repository's root.")
    ref: str = Field(default="", description="Branch, tag or commit; the work branch if left out.")


class RepositoryTree(Model):
    """Arguments of `list_repository_tree`."""

    path: str = Field(default="", description="Folder from the repository's root; empty for the root.")
    ref: str = Field(default="", description="Branch, tag or commit; the work branch if left out.")
    recursive: bool = Field(default=False, description="Whether to list folders below too.")


class MergeRequestRead(Model):
    """Arguments of tools that read a merge request."""

    merge_request_iid: int | None = Field(default=None, description="The merge request's number in its project.")


class MergeRequestNote(Model):
    """Arguments of `create_merge_request_note`."""

    merge_request_iid: int = Field(description="The merge request's number in its project.")
    body: str = Field(min_length=1, max_length=100_000, description="The comment, in Markdown.")


class ProposeChange(Model):
    """Arguments of `propose_change`. `tries` is how often in a row a proposal did not fit the files before."""

    diagnosis: Diagnosis
    tries: int = Field(default=0, ge=0)
    max_tries: int = Field(default=3, ge=1)


class PushChange(Model):
    """Arguments of `push_change`."""

    change_ref: str = Field(description="Reference of the stored change that was consented to.")
    digest: str = Field(description="The digest that the consent named.")


class WaitForPipeline(Model):
    """Arguments of `wait_for_pipeline`."""

    sha: str = Field(description="The commit whose pipeline is awaited.")
    max_attempts: int = Field(default=3, ge=1, description="Passages through this step after which a red pipeline is final.")


class ToolSpec(Model):
    """What is known of a tool without running it."""

    name: str
    description: str
    privilege: Privilege
    arguments: type[Model]
    access: AccessLevel = AccessLevel.REPORTER
    is_write: bool = False
    for_agents: bool = True

    def for_model(self) -> ToolSchema:
        """Return the tool as a model sees it."""
        schema = self.arguments.model_json_schema()
        schema.pop("description", None)
        return ToolSchema(name=self.name, description=self.description, input_schema=schema)


_READ, _WRITE, _GIT = Privilege.READ_ONLY_GITLAB, Privilege.READ_WRITE_GITLAB, Privilege.USE_GIT
WAIT_FOR_PIPELINE = "wait_for_pipeline"

_SPECS = (
    ToolSpec(
        name="get_pipeline_failing_jobs",
        description="List the failed jobs that block a pipeline, child pipelines included, with their numbers and stages.",
        privilege=_READ,
        arguments=FailingJobs,
    ),
    ToolSpec(
        name="get_job_logs",
        description=(
            "Read a job's log; every line is given with its line number. A long log is reduced to what matters; ask again with "
            "start_line and end_line, or grep, to see any other part."
        ),
        privilege=_READ,
        arguments=JobLog,
    ),
    ToolSpec(
        name="get_repository_file",
        description="Read a text file of the repository at a branch, tag or commit.",
        privilege=_READ,
        arguments=RepositoryFile,
    ),
    ToolSpec(
        name="list_repository_tree",
        description="List files and folders of the repository.",
        privilege=_READ,
        arguments=RepositoryTree,
    ),
    ToolSpec(
        name="get_merge_request",
        description="Read a merge request: title, description, branches, state.",
        privilege=_READ,
        arguments=MergeRequestRead,
    ),
    ToolSpec(
        name="list_merge_request_diffs",
        description="List the files that a merge request changes, with their diffs.",
        privilege=_READ,
        arguments=MergeRequestRead,
    ),
    ToolSpec(
        name="create_merge_request_note",
        description="Write a comment on a merge request.",
        privilege=_WRITE,
        arguments=MergeRequestNote,
        access=AccessLevel.DEVELOPER,
        is_write=True,
    ),
    ToolSpec(
        name="propose_change",
        description="Compute the change that a diagnosis proposes, and store it to be shown. Writes nothing to GitLab.",
        privilege=_READ,
        arguments=ProposeChange,
        access=AccessLevel.DEVELOPER,
        for_agents=False,
    ),
    ToolSpec(
        name="push_change",
        description="Push the stored change that was consented to, as one commit on its branch.",
        privilege=_GIT,
        arguments=PushChange,
        access=AccessLevel.DEVELOPER,
        is_write=True,
        for_agents=False,
    ),
    ToolSpec(
        name=WAIT_FOR_PIPELINE,
        description="Wait durably until the pipeline of a commit has ended.",
        privilege=_READ,
        arguments=WaitForPipeline,
        for_agents=False,
    ),
)

TOOLS: Mapping[str, ToolSpec] = MappingProxyType({spec.name: spec for spec in _SPECS})


def tool_named(name: str) -> ToolSpec:
    """Return the tool of this name.

    Raises:
        Refused: there is no such tool.
    """
    spec = TOOLS.get(name)
    if spec is None:
        raise Refused(f"There is no tool named {name!r}. The tools are: {', '.join(sorted(TOOLS))}.", code="unknown_tool")
    return spec


def check_privilege(spec: ToolSpec, privileges: frozenset[str] | tuple[str, ...]) -> None:
    """Raise Refused if the session may not use tools of this privilege class; a writing class includes its reading one."""
    implied = {Privilege.READ_ONLY_GITLAB: _WRITE, Privilege.READ_ONLY_FILES: Privilege.READ_WRITE_FILES}
    if spec.privilege in privileges or implied.get(spec.privilege) in privileges:
        return
    raise Refused(
        f"The tool {spec.name} needs the privilege {spec.privilege}, which this project's policy does not grant to flows.",
        code="missing_privilege",
    )


def check_access(spec: ToolSpec, level: AccessLevel, *, requester: str, project_path: str) -> None:
    """Raise Refused if the requester's own access to the project does not allow what the tool does (S5)."""
    if level >= spec.access:
        return
    raise Refused(
        f"@{requester} has {level.name.capitalize()} access to {project_path}; {spec.name} needs {spec.access.name.capitalize()}. "
        "An agent may do no more than the person it acts for.",
        code="requester_lacks_access",
    )
