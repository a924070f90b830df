"""The writer's double: what was written into GitLab, as dictionaries. It serves the port `ForgeWriter` on the forge's double."""

from __future__ import annotations

from datetime import datetime

from duo_flows.domain.branches import BranchRule
from duo_flows.domain.errors import NotFound, Refused
from duo_flows.domain.forge_writer import (
    ForgeWriter,
    Item,
    ItemChanges,
    ItemSeen,
    LinkKind,
    NewComment,
    NewIssue,
    NewItem,
    NewMergeRequest,
)
from duo_flows.domain.people import Branch
from duo_flows.domain.pipelines import Note, NoteTarget, TargetKind
from tests.doubles.forge import MemoryForge


class MemoryWriter(ForgeWriter):
    """GitLab in memory. The attributes are the state; `rules` None hides the protected branches."""

    def __init__(self, forge: MemoryForge) -> None:
        self.forge = forge
        self.rules: tuple[BranchRule, ...] | None = ()
        self.items: dict[NoteTarget, Item] = {}
        self.marked: dict[tuple[int, str], NoteTarget] = {}
        self.comments: dict[tuple[NoteTarget, str], NewComment] = {}
        self.threads: dict[tuple[NoteTarget, str], bool] = {}
        self.links: dict[frozenset[int], LinkKind] = {}
        self.fault: Exception | None = None

    def _asked(self) -> None:
        if self.fault is not None:
            raise self.fault

    async def branch_rules(self, project_id: int) -> tuple[BranchRule, ...] | None:
        self._asked()
        del project_id
        return self.rules

    async def create_branch(self, project_id: int, name: str, *, sha: str) -> Branch:
        self._asked()
        branch = self.forge.branches.setdefault((project_id, name), Branch(name=name, sha=sha))
        if branch.sha != sha:
            raise Refused(f"Branch {name!r} is there already, at {branch.sha[:8]}.", code="branch_exists")
        return branch

    async def last_commit(self, project_id: int, path: str, *, ref: str) -> str:
        self._asked()
        return ref if (project_id, path, ref) in self.forge.files else ""

    async def item(self, target: NoteTarget) -> Item:
        self._asked()
        if target not in self.items:
            raise NotFound(f"GitLab has no {target}.")
        return self.items[target]

    async def create_merge_request(self, project_id: int, new: NewMergeRequest, *, mark: str) -> Item:
        self._asked()
        if found := self.marked.get((project_id, mark)):
            return self.items[found]
        ways = {(one.source_branch, one.target_branch) for one in self.items.values() if one.state == "opened"}
        if (new.source_branch, new.target_branch) in ways:
            raise Refused("Another open merge request joins them already.", code="merge_request_exists")
        fields = new.model_dump(include={"source_branch", "target_branch", "reviewer_ids"})
        return self._made(project_id, TargetKind.MERGE_REQUEST, new, mark, **fields)

    async def create_issue(self, project_id: int, new: NewIssue, *, mark: str, since: datetime) -> Item:
        self._asked()
        del since
        if found := self.marked.get((project_id, mark)):
            return self.items[found]
        return self._made(project_id, TargetKind.ISSUE, new, mark, **new.model_dump(include={"is_confidential", "due_date"}))

    def _made(self, project_id: int, kind: TargetKind, new: NewItem, mark: str, **fields: object) -> Item:
        iid = 1 + max((one.iid for one in self.items if one.kind is kind), default=0)
        target = NoteTarget(project_id=project_id, kind=kind, iid=iid)
        common = new.model_dump(include={"title", "description", "labels", "assignee_ids"})
        place = {"state": "opened", "web_url": f"http://gitlab.test/{kind}/{iid}", "author_id": self.forge.service_account.id}
        self.items[target] = Item.model_validate({"target": target, **common, **place, **fields})
        self.marked[project_id, mark] = target
        return self.items[target]

    async def update_item(self, item: Item, changes: ItemChanges, *, seen: ItemSeen) -> Item:
        self._asked()
        present = self.items[item.target]
        wanted = _after(present, changes)
        seen.check(present, [name for name in Item.model_fields if getattr(wanted, name) != getattr(present, name)])
        self.items[item.target] = wanted
        return wanted

    async def write_comment(self, new: NewComment) -> Note:
        self._asked()
        thread = self._thread(new)
        self.comments.setdefault((new.target, new.mark), new)
        written = self.comments[new.target, new.mark]
        note = await self.forge.post_note(new.target, written.body, marker=new.mark)
        if new.place is not None:
            thread = f"thread-{note.id}"
            self.threads.setdefault((new.target, thread), False)
        kept = note.model_copy(update={"discussion_id": thread or f"alone-{note.id}", "is_internal": written.is_internal})
        self.forge.notes_by_id[note.id] = self.forge.posted[new.target, new.mark] = kept
        return kept

    def _thread(self, new: NewComment) -> str:
        if new.discussion_id and (new.target, new.discussion_id) not in self.threads:
            raise NotFound(f"GitLab has no thread {new.discussion_id}.")
        if new.reply_to_note is None:
            return new.discussion_id
        answered = self.forge.notes_by_id.get(new.reply_to_note)
        if answered is None or answered.target != new.target:
            raise NotFound(f"GitLab has no comment {new.reply_to_note}.")
        return answered.discussion_id or f"alone-{answered.id}"

    async def set_thread_resolved(self, target: NoteTarget, discussion_id: str, *, is_resolved: bool) -> None:
        self._asked()
        if (target, discussion_id) not in self.threads:
            raise NotFound(f"GitLab has no thread {discussion_id}.")
        self.threads[target, discussion_id] = is_resolved

    async def link_issues(self, project_id: int, iid: int, *, to: int, kind: LinkKind) -> str:
        self._asked()
        ends = [NoteTarget(project_id=project_id, kind=TargetKind.ISSUE, iid=number) for number in (iid, to)]
        if missing := [end.iid for end in ends if end not in self.items]:
            raise NotFound(f"GitLab has no issue {missing[0]}.")
        return self.links.setdefault(frozenset({iid, to}), kind)


def _after(item: Item, changes: ItemChanges) -> Item:
    labels = (set(item.labels if changes.labels is None else changes.labels) | set(changes.add_labels)) - set(changes.remove_labels)
    state = {"close": "closed", "reopen": "opened"}.get(changes.state_event or "", item.state)
    plain = ("title", "description", "assignee_ids", "reviewer_ids", "target_branch", "due_date")
    given = {name: value for name in plain if (value := getattr(changes, name)) is not None}
    is_confidential = item.is_confidential if changes.confidential is None else changes.confidential
    return item.model_copy(update={**given, "labels": tuple(sorted(labels)), "state": state, "is_confidential": is_confidential})
