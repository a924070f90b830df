"""From a flow file's text to a definition that can run, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from duo_flows.domain.flow_checks import findings_of
from duo_flows.domain.flow_definition import AgentComponent, Component, FlowDefinition, HumanInputComponent, OneOffComponent

from .positions import Document, Path, UnreadableYaml, read_yaml
from .problems import FlowProblem, InvalidFlow, problem_at, problem_of_finding, problems_of_validation, shown
from .templates import InvalidTemplate, unknown_variables


def load_flow(text: str, *, source: str, is_custom: bool) -> FlowDefinition:
    """Return the definition that a flow file states.

    Args:
        text: the file, which is untrusted.
        source: what to call it in an error, such as its path.
        is_custom: whether GitLab's limits of custom flows hold: true for all but the built-in catalogue.

    Raises:
        InvalidFlow: it cannot run; `problems` says all that is wrong, in the file's order.
    """
    document = _document(text, source)
    try:
        definition = FlowDefinition.model_validate(document.value)
    except ValidationError as error:
        raise InvalidFlow(source, problems_of_validation(document, error)) from None
    findings = findings_of(definition, is_custom=is_custom)
    problems = [*(problem_of_finding(document, finding) for finding in findings), *_template_problems(document, definition)]
    if problems:
        raise InvalidFlow(source, tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column))))
    return definition


def _document(text: str, source: str) -> Document:
    try:
        return read_yaml(text)
    except UnreadableYaml as error:
        problem = FlowProblem(
            line=error.place.line,
            column=error.place.column,
            key=error.key,
            found=shown(str(error)),
            allowed=error.allowed,
        )
        raise InvalidFlow(source, (problem,)) from None


def _template_problems(document: Document, definition: FlowDefinition) -> Iterator[FlowProblem]:
    for index, component in enumerate(definition.components):
        known = [given.name for given in component.inputs]
        for path, template in _templates(definition, component, index):
            yield from _of_template(document, path, template, known=known, component=component.name)


def _templates(definition: FlowDefinition, component: Component, index: int) -> Iterator[tuple[Path, str]]:
    if isinstance(component, HumanInputComponent):
        yield ("components", index, "message_template"), component.message_template
    if isinstance(component, AgentComponent | OneOffComponent):
        for position, prompt in enumerate(definition.prompts):
            if prompt.prompt_id == component.prompt_id:
                yield ("prompts", position, "prompt_template", "system"), prompt.prompt_template.system
                yield ("prompts", position, "prompt_template", "user"), prompt.prompt_template.user


def _of_template(document: Document, path: Path, template: str, *, known: list[str], component: str) -> Iterator[FlowProblem]:
    try:
        unknown = unknown_variables(template, known)
    except InvalidTemplate as error:
        yield problem_at(document, path, found=str(error), allowed="a Jinja2 template")
        return
    for name in unknown:
        inputs = ", ".join(known) or "no inputs"
        yield problem_at(document, path, found=name, allowed=f"the inputs of {component}: {inputs}", names=known)
