"""What became wider or narrower between two revisions' effects.

The law of this module: pure; what became wider comes first, because that is what nobody has agreed to yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from duo_flows.domain.effects import EffectKind
from duo_flows.domain.model import Model

from .effects import PlanEffects, ProjectEffects, counted


class EffectChange(Model):
    """One difference of effects: whether more may be touched than before, and what, as a plain sentence."""

    is_wider: bool
    text: str


def effect_changes(before: PlanEffects | None, after: PlanEffects | None) -> tuple[EffectChange, ...]:
    """Return the differences, wider ones first; empty where the same may be touched."""
    earlier, later = before or PlanEffects(), after or PlanEffects()
    changes = [*_project_changes(earlier, later), *_name_changes("tool", "", earlier.tools, later.tools)]
    changes += [change for kind in EffectKind for change in _count_changes(kind, earlier.count_of(kind), later.count_of(kind))]
    return tuple(sorted(changes, key=lambda change: not change.is_wider))


def _project_changes(before: PlanEffects, after: PlanEffects) -> Iterator[EffectChange]:
    known = {project.project_id: project.project_path for project in (*before.projects, *after.projects)}
    for number, path in sorted(known.items()):
        earlier, later = before.in_project(number), after.in_project(number)
        if earlier is None or later is None:
            yield EffectChange(is_wider=earlier is None, text=f"{'also' if earlier is None else 'no longer'} project {path}")
        # What may be touched in a project that came or went is said too.
        none = ProjectEffects(project_id=number, project_path=path)
        yield from _changes_in(earlier or none, later or none)


def _changes_in(before: ProjectEffects, after: ProjectEffects) -> Iterator[EffectChange]:
    place = f" of {after.project_path}"
    yield from _name_changes("branch", place, before.branches, after.branches)
    yield from _name_changes("path", place, before.paths, after.paths)
    yield from _name_changes("item", place, before.items, after.items)
    if before.files != after.files:
        text = f"at most {after.files} instead of {before.files} files{place}"
        yield EffectChange(is_wider=after.files > before.files, text=text)


def _name_changes(what: str, place: str, before: Sequence[str], after: Sequence[str]) -> Iterator[EffectChange]:
    for name in sorted({*after} - {*before}):
        yield EffectChange(is_wider=True, text=f"also {what} {name}{place}")
    for name in sorted({*before} - {*after}):
        yield EffectChange(is_wider=False, text=f"no longer {what} {name}{place}")


def _count_changes(kind: EffectKind, before: int, after: int) -> Iterator[EffectChange]:
    if before != after:
        yield EffectChange(is_wider=after > before, text=f"at most {counted(after, kind)} instead of {before}")
