"""What tools that read have in common: how they name the project and the thing. No tool of its own stands here.

GitLab's own tools take either numbers or the address of a page; so do these.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Self

from pydantic import Field, model_validator

from duo_flows.domain.code_links import CodeLink, CodeLinkKind, parse_code_link
from duo_flows.domain.errors import Refused
from duo_flows.domain.links import LinkKind, parse_link
from duo_flows.domain.model import Model
from duo_flows.domain.people import ACCESS_TO_READ, AccessLevel

from .spec import Privilege, ToolSpec

ProjectName = int | str | None


class ReadIn(Model):
    """Arguments of a tool that reads in a project: the session's own, or another that the requester may read too.

    A subclass says by `named_by` which argument a link of each kind fills, and by `needed` which one must be given or linked to.
    """

    project_id: int | str | None = Field(default=None, description="The project, by number or path; the session's own if left out.")
    url: str = Field(default="", description="The address of the page in GitLab, instead of the project and the number.")

    named_by: ClassVar[Mapping[LinkKind, str]] = MappingProxyType({})
    needed: ClassVar[str] = ""

    @model_validator(mode="after")
    def _names_its_thing(self) -> Self:
        if self.needed and not self.url and getattr(self, self.needed) in {None, ""}:
            raise ValueError(f"give {self.needed}, or the url of its page")
        return self

    @property
    def project_named(self) -> ProjectName:
        """Return the project as it was named by number or path; None where it was not."""
        return self.project_id

    def followed(self, *, base_url: str, branch: str) -> tuple[Self, str]:
        """Return (the arguments with what their url names, the path of the project that it leads to, or "").

        Raises:
            Refused: it is no address of this GitLab, or of nothing that this tool reads.
        """
        if not self.url:
            return self, ""
        link = parse_link(self.url, base_url=base_url)
        if link is not None and link.kind in self.named_by:
            return self._agreeing(self.model_copy(update={self.named_by[link.kind]: link.number})), link.project_path
        code = parse_code_link(self.url, base_url=base_url)
        filled = self._of_code(code, branch=branch) if code is not None else None
        if code is None or filled is None:
            raise Refused(f"The url is not one that this tool can read; it takes {self._takes()} below {base_url}.", code="bad_url")
        return self._agreeing(filled), code.project_path

    def _agreeing(self, filled: Self) -> Self:
        """Return the filled arguments if the link names nothing else than they did: what a flow forces, no link replaces."""
        for name, value in filled:
            if getattr(self, name) not in {None, "", value}:
                raise Refused(f"The url and {name} name different things; give one of them.", code="bad_arguments")
        return filled

    def _of_code(self, link: CodeLink, *, branch: str) -> Self | None:
        """Return the arguments with what a link to a project or to code names; None if the tool does not read such a thing."""
        del branch
        return self if link.kind is CodeLinkKind.PROJECT and not self.needed else None

    def _takes(self) -> str:
        kinds = [str(kind).replace("_", " ") for kind in self.named_by] or ["project"]
        return f"the address of a {' or '.join(kinds)}"


class OnIssue(ReadIn):
    """Arguments of tools that read one issue; the session's own if none is named."""

    issue_iid: int | None = Field(default=None, description="The issue's number in its project; the session's own if left out.")

    named_by = MappingProxyType({LinkKind.ISSUE: "issue_iid"})


class OnMergeRequest(ReadIn):
    """Arguments of tools that read one merge request; the session's own if none is named."""

    merge_request_iid: int | None = Field(
        default=None, description="The merge request's number in its project; the session's own if left out."
    )

    named_by = MappingProxyType({LinkKind.MERGE_REQUEST: "merge_request_iid"})


def reading(name: str, description: str, *, arguments: type[Model], access: AccessLevel = ACCESS_TO_READ) -> ToolSpec:
    """Return the specification of a tool that reads in GitLab."""
    return ToolSpec(name=name, description=description, privilege=Privilege.READ_ONLY_GITLAB, arguments=arguments, access=access)
