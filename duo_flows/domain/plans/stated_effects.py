"""From what an agent states to effects that can be approved.

The law of this module: pure. What an agent states is a wish: it is checked against what code has found, and completed by it, before
anybody is asked. A problem is a sentence that the agent can act on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pydantic import Field

from duo_flows.domain.effects import EffectKind
from duo_flows.domain.errors import Refused
from duo_flows.domain.model import Model

from .effects import COUNT_MAX, FILES_MAX, EffectCount, PlanEffects, ProjectEffects
from .globs import checked_pattern, is_wild, matches_branch

# More projects or patterns than these are not read by those who approve.
PROJECTS_MAX = 100
PATTERNS_MAX = 200

_ITEM = re.compile(r"[#!]\d{1,9}")


class StatedProject(Model):
    """What an agent wants to touch in one project, which it names by path."""

    project: str
    branches: tuple[str, ...] = Field(default=(), max_length=PATTERNS_MAX)
    paths: tuple[str, ...] = Field(default=(), max_length=PATTERNS_MAX)
    files: int = Field(default=0, ge=0, le=FILES_MAX)
    items: tuple[str, ...] = Field(default=(), max_length=PATTERNS_MAX)


class StatedEffects(Model):
    """What an agent wants to touch."""

    projects: tuple[StatedProject, ...] = Field(default=(), max_length=PROJECTS_MAX)
    tools: tuple[str, ...] = Field(default=(), max_length=PATTERNS_MAX)
    counts: tuple[EffectCount, ...] = ()


class KnownProject(Model):
    """A project that the requester may write to, as GitLab tells of it."""

    project_id: int
    project_path: str
    protected_branches: tuple[str, ...] = ()


class EffectFacts(Model):
    """What code has found: the projects within reach, and the writing tools that the flow may use after the approval."""

    projects: tuple[KnownProject, ...] = ()
    tools: tuple[str, ...] = ()


def check(stated: StatedEffects, found: EffectFacts) -> tuple[str, ...]:
    """Return what is wrong with stated effects, in sentences; empty if they can be put before people."""
    known = {project.project_path: project for project in found.projects}
    named = [project.project for project in stated.projects]
    problems = [
        f"Project {path!r} is named twice; say all of it once." for path in sorted({p for p in named if named.count(p) > 1})
    ]
    usable = ", ".join(found.tools) or "none"
    problems += [
        f"The tool {tool!r} does not write, or this flow may not use it after the approval; it may use: {usable}."
        for tool in stated.tools
        if tool not in found.tools
    ]
    kinds = [each.kind for each in stated.counts]
    problems += [f"The count of {kind} is said twice." for kind in sorted({kind for kind in kinds if kinds.count(kind) > 1})]
    for project in stated.projects:
        problems += _problems_of(project, known.get(project.project))
    return tuple(problems)


def _problems_of(stated: StatedProject, known: KnownProject | None) -> Iterator[str]:
    if known is None:
        yield f"Project {stated.project!r} does not exist, or the requester may not write to it."
        return
    yield from _bad_patterns((*stated.branches, *stated.paths))
    for pattern in stated.branches:
        met = [branch for branch in known.protected_branches if is_wild(pattern) and matches_branch(pattern, branch)]
        if met:
            place = f"the protected branch {met[0]!r} of {stated.project}"
            yield f"The pattern {pattern!r} also means {place}; narrow it, or name the branch."
    for item in stated.items:
        if not _ITEM.fullmatch(item):
            yield f"{item!r} is no item; write #4 for an issue and !3 for a merge request."
    if bool(stated.paths) != bool(stated.files):
        yield f"{stated.project}: say both which files and how many at most, or neither."
    if stated.files and not stated.branches:
        yield f"{stated.project}: files are changed on a branch; say on which."


def _bad_patterns(patterns: Iterable[str]) -> Iterator[str]:
    for pattern in patterns:
        try:
            checked_pattern(pattern)
        except Refused as refusal:
            yield str(refusal)


def completed(stated: StatedEffects, found: EffectFacts) -> PlanEffects:
    """Return the effects to be approved: with numbers of projects, sorted, and no limit left open.

    A kind that is not counted may be written as often as its projects need at least: a branch, commit and merge request each for
    every project with files; nothing else.

    Raises:
        Refused: something is wrong with them; the reason names all of it.
    """
    if problems := check(stated, found):
        raise Refused(f"These effects cannot be approved. {' '.join(problems)}", code="bad_effects")
    known = {project.project_path: project for project in found.projects}
    projects = [_completed_project(project, known[project.project]) for project in stated.projects]
    return PlanEffects(
        projects=tuple(sorted(projects, key=lambda project: project.project_id)),
        tools=tuple(sorted(set(stated.tools))),
        counts=_completed_counts(stated),
    )


def _completed_project(stated: StatedProject, known: KnownProject) -> ProjectEffects:
    return ProjectEffects(
        project_id=known.project_id,
        project_path=known.project_path,
        branches=tuple(sorted(set(stated.branches))),
        paths=tuple(sorted(set(stated.paths))),
        files=stated.files,
        items=tuple(sorted(set(stated.items))),
    )


def _completed_counts(stated: StatedEffects) -> tuple[EffectCount, ...]:
    with_files = min(sum(1 for project in stated.projects if project.files), COUNT_MAX)
    needed = dict.fromkeys((EffectKind.BRANCH, EffectKind.COMMIT, EffectKind.MERGE_REQUEST), with_files)
    said = {each.kind: each.count for each in stated.counts}
    return tuple(EffectCount(kind=kind, count=count) for kind, count in sorted({**needed, **said}.items()) if count)
