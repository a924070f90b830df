"""From a flow file's text to a definition that can run, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import ValidationError

from duo_flows.domain.flow_checks import Finding, findings_of, warnings_of
from duo_flows.domain.flow_definition import FlowDefinition
from duo_flows.domain.model import Model

from .positions import MAX_CHARACTERS, Document, Place, UnreadableYaml, place_at, read_yaml
from .problems import FlowProblem, InvalidFlow, Located, located, problems_of
from .response_schemas import schema_problems
from .salvage import Salvage
from .stray_keys import without_strays
from .template_checks import missing_parts, template_problems, unused_inputs


class CheckedFlow(Model):
    """What a look at a flow file says: what is wrong, or the definition and what its author may want to look at."""

    definition: FlowDefinition | None = None
    errors: tuple[FlowProblem, ...] = ()
    warnings: tuple[FlowProblem, ...] = ()


def load_flow(text: str, *, source: str, is_custom: bool) -> FlowDefinition:
    """Return the definition that a flow file states.

    Args:
        text: the file, which is untrusted.
        source: what to call it in an error, such as its path.
        is_custom: whether GitLab's limits of custom flows hold: true for all but the built-in catalogue.

    Raises:
        InvalidFlow: it cannot run; `problems` says all that is wrong, in the file's order.
    """
    checked = check_flow(text, is_custom=is_custom)
    if checked.definition is None:
        raise InvalidFlow(source, checked.errors)
    return checked.definition


def check_flow(text: str | bytes, *, is_custom: bool, privileges: Collection[str] | None = None) -> CheckedFlow:
    """Return what a flow file states and what is to be said about it.

    Args:
        text: the file, which is untrusted; bytes have to be UTF-8.
        is_custom: whether GitLab's limits of custom flows hold.
        privileges: the privilege classes that a project without a policy grants; None asks for no warnings.
    """
    try:
        document = read_yaml(text if isinstance(text, str) else _decoded(text))
    except UnreadableYaml as error:
        return CheckedFlow(errors=(_of_yaml(error),))
    value, strays = without_strays(document)
    document = document.model_copy(update={"value": value})
    definition, found = _checked(document, is_custom=is_custom)
    if found or definition is None:
        return CheckedFlow(errors=problems_of(found))
    if privileges is None:
        return CheckedFlow(definition=definition)
    advice = [located(document, finding) for finding in warnings_of(definition, privileges=privileges)]
    of_templates = [*unused_inputs(document, definition), *missing_parts(document, definition)]
    return CheckedFlow(definition=definition, warnings=problems_of([*strays, *advice, *of_templates]))


def _checked(document: Document, *, is_custom: bool) -> tuple[FlowDefinition | None, list[Located]]:
    try:
        definition = FlowDefinition.model_validate(document.value)
    except ValidationError:
        salvage = Salvage(document, is_custom=is_custom)
        if salvage.definition is None:
            return None, salvage.found
        followed = _found(document, salvage.definition, is_custom=is_custom)
        return None, [*salvage.found, *(one for one in followed if not salvage.concerns_a_mistake(one.finding))]
    return definition, _found(document, definition, is_custom=is_custom)


def _found(document: Document, definition: FlowDefinition, *, is_custom: bool) -> list[Located]:
    ruled = [located(document, finding) for finding in findings_of(definition, is_custom=is_custom)]
    return [*ruled, *template_problems(document, definition), *schema_problems(document, definition)]


def _of_yaml(error: UnreadableYaml) -> FlowProblem:
    finding = Finding(at=error.path, found=str(error), allowed=error.allowed)
    return problems_of([Located(place=error.place, finding=finding)])[0]


def _decoded(data: bytes) -> str:
    if len(data) > 4 * MAX_CHARACTERS:  # no character of UTF-8 has more bytes
        raise UnreadableYaml(
            "a file larger than any flow", place=Place(line=1, column=1), allowed=f"at most {MAX_CHARACTERS:,} characters"
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        found = f"the byte 0x{data[error.start]:02X}"
        raise UnreadableYaml(found, place=place_at(before, len(before)), allowed="text in UTF-8") from None
