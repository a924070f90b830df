"""What carrying out a plan may touch: stated by an agent, completed and checked by code, and held against every later write.

The law of this module: pure, and it fails closed. What is not named is not covered: another project, branch, path, item or tool,
one file or one comment more. Every refusal says what was asked, what is approved, and what can be done about it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import Field

from duo_flows.domain.effects import Effect, EffectKind
from duo_flows.domain.model import Model

from .globs import matches_branch, matches_path

# What one approval may cover; a plan beyond it is several plans.
FILES_MAX = 1_000
COUNT_MAX = 1_000

# Kinds of writes whose branch has to be approved.
_ON_BRANCH = frozenset({EffectKind.BRANCH, EffectKind.COMMIT})

_WORDS = {
    EffectKind.BRANCH: ("branch", "branches"),
    EffectKind.COMMIT: ("commit", "commits"),
    EffectKind.MERGE_REQUEST: ("merge request", "merge requests"),
    EffectKind.ISSUE: ("issue", "issues"),
    EffectKind.COMMENT: ("comment", "comments"),
    EffectKind.THREAD: ("thread", "threads"),
    EffectKind.LINK: ("link", "links"),
}

_WHAT_TO_DO = "Stay inside what was approved, or ask for a new approval."


class EffectCount(Model):
    """How many things of a kind may be, or have been, written."""

    kind: EffectKind
    count: int = Field(ge=0, le=COUNT_MAX)


class ProjectEffects(Model):
    """What may be touched in one project.

    Attributes:
        project_id: GitLab's number, which stays when a project is renamed.
        project_path: as people read it.
        branches: patterns of branches that may be made or written to (`globs`), sorted.
        paths: patterns of files that may be changed, sorted.
        files: how many different files at most.
        items: what may be changed or commented on although the plan did not make it: `!3`, `#4`; sorted.
    """

    project_id: int
    project_path: str
    branches: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    files: int = Field(default=0, ge=0, le=FILES_MAX)
    items: tuple[str, ...] = ()


class PlanEffects(Model):
    """What carrying out a plan may touch at most; tuples are sorted, and what is missing may not be touched.

    Attributes:
        projects: by number.
        tools: the tools that may write, by name.
        counts: how often each kind of thing may be written, over all projects.
    """

    projects: tuple[ProjectEffects, ...] = ()
    tools: tuple[str, ...] = ()
    counts: tuple[EffectCount, ...] = ()

    def in_project(self, project_id: int) -> ProjectEffects | None:
        """Return what may be touched in a project; None for nothing."""
        return next((project for project in self.projects if project.project_id == project_id), None)

    def count_of(self, kind: EffectKind) -> int:
        """Return how many things of a kind may be written."""
        return sum(each.count for each in self.counts if each.kind is kind)


class TouchedFile(Model):
    """One file that was changed under an approval."""

    project_id: int
    path: str


class MadeItem(Model):
    """One issue or merge request that was made under an approval, which may go on to change it."""

    project_id: int
    item: str


class UsedEffects(Model):
    """What has been written under an approval so far; tuples are sorted."""

    counts: tuple[EffectCount, ...] = ()
    files: tuple[TouchedFile, ...] = ()
    made: tuple[MadeItem, ...] = ()

    def count_of(self, kind: EffectKind) -> int:
        """Return how many things of a kind were written."""
        return sum(each.count for each in self.counts if each.kind is kind)

    def files_in(self, project_id: int) -> set[str]:
        """Return the files that were changed in a project."""
        return {file.path for file in self.files if file.project_id == project_id}


def used_after(used: UsedEffects, touched: Sequence[Effect], *, project_id: int, made: Sequence[str] = ()) -> UsedEffects:
    """Return what has been written with one more call of a tool, and the items that it made."""
    counts = Counter({each.kind: each.count for each in used.counts})
    for effect in touched:
        counts[effect.kind] += effect.count
    files = {(file.project_id, file.path) for file in used.files}
    files |= {(project_id, path) for effect in touched for path in effect.paths}
    items = {(each.project_id, each.item) for each in used.made} | {(project_id, item) for item in made}
    return UsedEffects(
        counts=tuple(EffectCount(kind=kind, count=min(count, COUNT_MAX)) for kind, count in sorted(counts.items())),
        files=tuple(TouchedFile(project_id=number, path=path) for number, path in sorted(files)),
        made=tuple(MadeItem(project_id=number, item=item) for number, item in sorted(items)),
    )


def covers(approved: PlanEffects, touched: Sequence[Effect], used: UsedEffects, *, project_id: int, tool: str) -> str | None:
    """Return why a call may not write what it would touch; None if the approval covers all of it.

    Args:
        approved: of the approved revision.
        touched: what the call writes, told from its arguments; nothing told is nothing covered.
        used: what earlier calls wrote under the same approval, without this one, also where it is tried again.
        project_id: the project that the call writes to.
        tool: the name of the tool.
    """
    project = approved.in_project(project_id)
    if tool not in approved.tools:
        return _refusal(f"The tool {tool} is not among the approved ones ({_list(approved.tools)}).")
    if project is None:
        return _refusal(f"Project {project_id} is not among the approved ones ({_list(_paths(approved))}).")
    if not touched:
        return _refusal(f"The tool {tool} does not say what it would write, so that nothing approved covers it.")
    reasons = (_uncovered(effect, project, used) for effect in touched)
    reason = next(filter(None, reasons), None) or _too_many_files(touched, project, used) or _too_often(approved, touched, used)
    return _refusal(reason) if reason else None


def _refusal(reason: str) -> str:
    return f"{reason} {_WHAT_TO_DO}"


def _paths(effects: PlanEffects) -> tuple[str, ...]:
    return tuple(project.project_path for project in effects.projects)


def _uncovered(effect: Effect, project: ProjectEffects, used: UsedEffects) -> str | None:
    needs_branch = effect.kind in _ON_BRANCH or (effect.kind is EffectKind.MERGE_REQUEST and not effect.item)
    if needs_branch and not any(matches_branch(pattern, effect.branch) for pattern in project.branches):
        named = f"Branch {effect.branch!r}" if effect.branch else "A branch without a name"
        return f"{named} of {project.project_path} is outside the approved branches ({_list(project.branches)})."
    if effect.kind is EffectKind.COMMIT:
        return _uncovered_paths(effect, project)
    return None if needs_branch else _uncovered_item(effect, project, used)


def _uncovered_paths(effect: Effect, project: ProjectEffects) -> str | None:
    if not effect.paths:
        return "The commit does not say which files it changes."
    outside = [path for path in effect.paths if not any(matches_path(pattern, path) for pattern in project.paths)]
    if not outside:
        return None
    return f"{outside[0]!r} in {project.project_path} is outside the approved paths ({_list(project.paths)})."


def _uncovered_item(effect: Effect, project: ProjectEffects, used: UsedEffects) -> str | None:
    if not effect.item:
        return None if effect.kind is EffectKind.ISSUE else f"The {_WORDS[effect.kind][0]} does not say what it is written on."
    own = {each.item for each in used.made if each.project_id == project.project_id}
    if effect.item in {*project.items, *own}:
        return None
    return f"{effect.item} of {project.project_path} is neither approved nor made under this approval ({_list(project.items)})."


def _too_many_files(touched: Sequence[Effect], project: ProjectEffects, used: UsedEffects) -> str | None:
    before = used.files_in(project.project_id)
    after = before | {path for effect in touched for path in effect.paths}
    if len(after) <= project.files:
        return None
    return (
        f"This would make {len(after)} changed files in {project.project_path}; at most {project.files} are approved, "
        f"and {len(before)} were changed before."
    )


def _too_often(approved: PlanEffects, touched: Sequence[Effect], used: UsedEffects) -> str | None:
    asked: Counter[EffectKind] = Counter()
    for effect in touched:
        asked[effect.kind] += max(effect.count, 1)
    for kind, count in sorted(asked.items()):
        total, allowed = used.count_of(kind) + count, approved.count_of(kind)
        if total > allowed:
            return (
                f"This would make {counted(total, kind)}; at most {allowed} are approved, and {total - count} were written before."
            )
    return None


def counted(count: int, kind: EffectKind) -> str:
    """Return a number of things in words."""
    return f"{count} {_WORDS[kind][count != 1]}"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"


def sentence(effects: PlanEffects | None) -> str:
    """Return effects as one plain sentence for people."""
    if effects is None or not effects.projects:
        return "Carrying out this plan may write nothing."
    projects = effects.projects
    files = sum(project.files for project in projects)
    branches = sorted({pattern for project in projects for pattern in project.branches})
    parts = [
        f"{len(projects)} repositor{'y' if len(projects) == 1 else 'ies'}",
        f"at most {files} file{'' if files == 1 else 's'}",
        f"only on branches matching {_coded(branches)}" if branches else "on no branch",
        *(f"at most {counted(each.count, each.kind)}" for each in effects.counts if each.count),
    ]
    return f"{', '.join(parts)}; nothing else."


def project_lines(effects: PlanEffects) -> tuple[str, ...]:
    """Return what may be touched in each project, one Markdown line each, and the tools that may write."""
    lines = [_project_line(project) for project in effects.projects]
    return (*lines, f"Tools that may write: {_coded(effects.tools)}.") if lines else ()


def _project_line(project: ProjectEffects) -> str:
    parts = [f"at most {project.files} file{'' if project.files == 1 else 's'} in {_coded(project.paths)}"] if project.files else []
    parts += [f"branches {_coded(project.branches)}"] if project.branches else []
    parts += [f"writes on {', '.join(project.items)}"] if project.items else []
    return f"`{project.project_path}`: {'; '.join(parts) or 'nothing by name'}."


def _coded(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) if names else "none"
