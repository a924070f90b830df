"""Templates and the inputs they read: what a template names and does not get is wrong, what it gets and does not name is waste."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from duo_flows.domain.flow_checks import Finding
from duo_flows.domain.flow_context import RESERVED_NAMES
from duo_flows.domain.flow_definition import AgentComponent, Component, FlowDefinition, HumanInputComponent, Input, OneOffComponent
from duo_flows.domain.flow_rules.findings import listed
from duo_flows.domain.flow_rules.index import FlowIndex
from duo_flows.domain.flow_rules.values import wrong_part
from duo_flows.domain.model import Model

from .positions import Document, Path
from .problems import Located, located
from .template_words import in_words
from .templates import InvalidTemplate, Names, names_in, words_of_templates

# Beside the context; who closes a session gives these.
_OF_A_SUMMARY = ("ending", "reason")


class _Template(Model):
    path: Path
    text: str


def template_problems(document: Document, definition: FlowDefinition) -> Iterator[Located]:
    """Yield every template that is none, and every variable that no input of its component gives."""
    broken: set[Path] = set()
    for template in _all(definition):
        fault = _fault(template.text)
        if fault is not None:
            broken.add(template.path)
            yield _of_fault(document, template, fault)
    for component in definition.components:
        for template in _of_component(definition, component):
            if template.path not in broken:
                yield from _unknown(document, template, component)
    for template in _of_summary(definition):
        if template.path not in broken:
            yield from _unknown_in_summary(document, template, definition)


def unused_inputs(document: Document, definition: FlowDefinition) -> Iterator[Located]:
    """Yield every input that the component states and no template of it names. The templates have no faults."""
    for index, component in enumerate(definition.components):
        templates = [names_in(template.text) for template in _of_component(definition, component)]
        if not templates or "inputs" not in component.model_fields_set:
            continue
        used = frozenset(name for names in templates for name in names.used)
        for number, given in enumerate(component.inputs):
            if given.name not in used:
                at: Path = ("components", index, "inputs", number)
                found, allowed = (
                    f"{given.name}, which no template of {component.name} names",
                    f"`{{{{ {given.name} }}}}` in its template",
                )
                yield located(document, Finding(at=at, found=found, allowed=allowed, names=tuple(_missed(templates, component))))


def missing_parts(document: Document, definition: FlowDefinition) -> Iterator[Located]:
    """Yield every field that a template reads below a value that cannot have it. The templates have no faults."""
    index = FlowIndex(definition)
    for component in definition.components:
        sources = {given.name: given.source for given in component.inputs if given.target == "context"}
        for template in _of_component(definition, component):
            yield from _missing_parts(document, template, sources, index)
    for template in _of_summary(definition):
        yield from _missing_parts(document, template, {name: f"context:{name}" for name in index.names}, index)


def _missing_parts(document: Document, template: _Template, sources: Mapping[str, str], index: FlowIndex) -> Iterator[Located]:
    for (name, *parts), line in names_in(template.text).parts.items():
        if name not in sources or not all(part and "." not in part for part in parts):
            continue
        path = ".".join((sources[name], *parts))
        wrong = wrong_part(Input(source=path, name=name), index, at=template.path)
        if wrong is not None:
            finding = wrong.model_copy(update={"found": ".".join((name, *parts)), "before": "", "after": ""})
            yield Located(place=document.place_in(template.path, line, wrong.part), finding=finding)


def _missed(templates: list[Names], component: Component) -> Iterator[str]:
    given = {one.name for one in component.inputs}
    yield from sorted({name for names in templates for name in names.used if name not in given})


def _all(definition: FlowDefinition) -> Iterator[_Template]:
    for index in range(len(definition.prompts)):
        yield from _of_prompt(definition, index)
    for index, component in enumerate(definition.components):
        if isinstance(component, HumanInputComponent):
            yield _Template(path=("components", index, "message_template"), text=component.message_template)
    yield from _of_summary(definition)


def _of_summary(definition: FlowDefinition) -> Iterator[_Template]:
    yield _Template(path=("flow", "summary"), text=definition.flow.summary)


def _of_component(definition: FlowDefinition, component: Component) -> Iterator[_Template]:
    if isinstance(component, HumanInputComponent):
        index = definition.components.index(component)
        yield _Template(path=("components", index, "message_template"), text=component.message_template)
    elif isinstance(component, AgentComponent | OneOffComponent):
        ids = [prompt.prompt_id for prompt in definition.prompts]
        if component.prompt_id in ids:
            yield from _of_prompt(definition, ids.index(component.prompt_id))


def _of_prompt(definition: FlowDefinition, index: int) -> Iterator[_Template]:
    place: Path = ("prompts", index, "prompt_template")
    template = definition.prompts[index].prompt_template
    yield _Template(path=(*place, "system"), text=template.system)
    yield _Template(path=(*place, "user"), text=template.user)


def _fault(text: str) -> InvalidTemplate | None:
    try:
        names_in(text)
    except InvalidTemplate as fault:
        return fault
    return None


def _of_fault(document: Document, template: _Template, fault: InvalidTemplate) -> Located:
    if fault.name:
        found, allowed, part, names = fault.fault, "a filter or test of Jinja2 that is safe", fault.name, words_of_templates()
    else:
        found, allowed, part, names = in_words(fault.fault)
    finding = Finding(at=template.path, found=found, allowed=allowed, names=names, part=part)
    return Located(place=document.place_in(template.path, fault.line, part), finding=finding)


def _unknown_in_summary(document: Document, template: _Template, definition: FlowDefinition) -> Iterator[Located]:
    components = tuple(component.name for component in definition.components)
    known = (*components, *_OF_A_SUMMARY, *sorted(RESERVED_NAMES))
    for name, line in names_in(template.text).needed.items():
        if name not in known:
            allowed = f"a component, or what every summary knows: {listed(known)}"
            finding = Finding(at=template.path, found=name, allowed=allowed, names=known)
            yield Located(place=document.place_in(template.path, line, name), finding=finding)


def _unknown(document: Document, template: _Template, component: Component) -> Iterator[Located]:
    known = tuple(given.name for given in component.inputs)
    inputs = ", ".join(known) or "no inputs"
    for name, line in names_in(template.text).needed.items():
        if name not in known:
            finding = Finding(at=template.path, found=name, allowed=f"the inputs of {component.name}: {inputs}", names=known)
            yield Located(place=document.place_in(template.path, line, name), finding=finding)
