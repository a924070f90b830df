"""Tools that propose and push the one change that a person consents to. For steps only: a model cannot call them."""

from __future__ import annotations

from pydantic import Field

from duo_flows.domain.diagnoses import Diagnosis
from duo_flows.domain.model import Model
from duo_flows.domain.people import AccessLevel

from .spec import Privilege, ToolSpec


class ProposeChange(Model):
    """Arguments of `propose_change`. `tries` is how often in a row a proposal did not fit the files before."""

    diagnosis: Diagnosis
    tries: int = Field(default=0, ge=0)
    max_tries: int = Field(default=3, ge=1)


class PushChange(Model):
    """Arguments of `push_change`."""

    change_ref: str = Field(description="Reference of the stored change that was consented to.")
    digest: str = Field(description="The digest that the consent named.")


SPECS = (
    ToolSpec(
        name="propose_change",
        description="Compute the change that a diagnosis proposes, and store it to be shown. Writes nothing to GitLab.",
        privilege=Privilege.READ_ONLY_GITLAB,
        arguments=ProposeChange,
        access=AccessLevel.DEVELOPER,
        for_agents=False,
    ),
    ToolSpec(
        name="push_change",
        description="Push the stored change that was consented to, as one commit on its branch.",
        privilege=Privilege.USE_GIT,
        arguments=PushChange,
        access=AccessLevel.DEVELOPER,
        is_write=True,
        for_agents=False,
    ),
)
