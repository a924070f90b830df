"""The demo scenario from end to end without GitLab: real jobs, the real SDK, and an agent of thirty lines between them."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from simulators.gitlab.ci import plan_pipeline, run_job
from simulators.gitlab.scenario import load_scenario

pytestmark = pytest.mark.server

FOLDER = Path(__file__).parents[3] / "simulators" / "scenarios" / "fix_pipeline"
ANSI = re.compile(r"\x1b\[[0-9;]*[mK]|section_(?:start|end):[^\r]*\r")
TEXT, LIST = {"type": "string"}, {"type": "array"}


def closed(**properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


DIAGNOSIS = closed(
    decision={"enum": ["propose", "explain"]},
    category=TEXT,
    confidence={"enum": ["high", "low"]},
    title=TEXT,
    root_cause=TEXT,
    evidence={**LIST, "items": closed(job=TEXT, line={"type": "integer"}, text=TEXT)},
    explanation=TEXT,
    edits={**LIST, "items": closed(path=TEXT, old_text=TEXT, new_text=TEXT)},
    new_files={**LIST, "items": closed(path=TEXT, content=TEXT)},
)


def tool(name, **properties):
    return {"name": name, "description": name, "input_schema": {"type": "object", "properties": properties}}


TOOLS = [
    tool("get_pipeline_failing_jobs", pipeline_id={"type": "integer"}),
    tool("get_job_logs", job_id={"type": "integer"}),
    tool("get_repository_file", file_path=TEXT, ref=TEXT),
    tool("list_repository_tree", path=TEXT, ref=TEXT),
]


@dataclass
class Story:
    """A branch in a folder, its last pipeline, and a conversation about it."""

    claude: object
    checkout: Path
    messages: list = field(default_factory=list)
    failed: list = field(default_factory=list)
    log: str = ""
    calls: list = field(default_factory=list)

    async def run_pipeline(self):
        """Run every job in one fresh copy, as a runner would: compiled files of the last run would hide an edit."""
        copy = Path(tempfile.mkdtemp(dir=self.checkout.parent)) / "copy"
        shutil.copytree(self.checkout, copy)
        config = (copy / ".gitlab-ci.yml").read_text()
        plan = plan_pipeline(config, ref="feat/payment-retry", default_branch="main", source="push", merge_request=False)
        self.failed = []
        for number, job in enumerate(plan.jobs, start=11):
            output = []
            result = await run_job(job, checkout=copy, environment={"CI": "true"}, on_output=output.append)
            if result.exit_code:
                self.failed.append({"id": number, "name": job.name, "stage": job.stage})
                self.log = ANSI.sub("", b"".join(output).decode())

    def ask_about_pipeline(self):
        facts = {"pipeline": {"id": 5}, "branch": "feat/payment-retry", "failing_jobs": self.failed}
        return self.say(f"Fix this pipeline.\n{json.dumps(facts)}")

    def say(self, text):
        self.messages.append({"role": "user", "content": text})
        while True:
            reply = self.claude.ask(
                system="You are the agent of fix_pipeline.",
                messages=self.messages,
                tools=TOOLS,
                output_config={"format": {"type": "json_schema", "schema": DIAGNOSIS}},
            )
            self.messages.append(reply.to_param())
            calls = [block for block in reply.content if block.type == "tool_use"]
            if not calls:
                return json.loads(reply.content[-1].text)
            self.messages.append({"role": "user", "content": [self.answer(call) for call in calls]})

    def answer(self, call):
        self.calls.append((call.name, call.input))
        return {"type": "tool_result", "tool_use_id": call.id, "content": getattr(self, call.name)(**call.input)}

    def get_job_logs(self, job_id):
        assert job_id in {job["id"] for job in self.failed}
        return "\n".join(f"{number:>5}| {line}" for number, line in enumerate(self.log.splitlines(), start=1))

    def get_repository_file(self, file_path, ref):  # noqa: ARG002  # there is one branch here
        content = (self.checkout / file_path).read_text()
        return f"{file_path} @ abc ({len(content.splitlines())} lines)\n{content}"

    def list_repository_tree(self, path, ref):  # noqa: ARG002  # there is one branch here
        return "\n".join(sorted(file.name for file in (self.checkout / path).iterdir()))

    async def attempt(self):
        diagnosis = self.ask_about_pipeline()
        self.apply(diagnosis)
        await self.run_pipeline()
        return diagnosis

    def apply(self, diagnosis):
        for edit in diagnosis["edits"]:
            file = self.checkout / edit["path"]
            content = file.read_text()
            assert content.count(edit["old_text"]) == 1
            file.write_text(content.replace(edit["old_text"], edit["new_text"]))


@pytest.fixture
def begin(tmp_path, start_claude):
    """A story of these variables, its first pipeline already run."""

    async def begin(*, seed=7, **variables):
        project = load_scenario(FOLDER, seed=seed, overrides=variables).projects[0]
        for path, content in {**project.files, **project.commits[0].files}.items():
            file = tmp_path / "checkout" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        pairs = [item for name, value in variables.items() for item in ("--var", f"{name}={value}")]
        story = Story(start_claude(FOLDER, "--seed", str(seed), *pairs), tmp_path / "checkout")
        await story.run_pipeline()
        return story

    return begin


@pytest.mark.parametrize(("area", "seed"), [("retry", 1), ("schedule", 2), ("settlement", 3)])
async def test_the_fix_that_is_read_from_log_and_file_turns_the_pipeline_green(begin, area, seed):
    story = await begin(area=area, seed=seed)
    assert [job["name"] for job in story.failed] == ["unit"]

    diagnosis = await story.attempt()

    assert (diagnosis["decision"], diagnosis["confidence"]) == ("propose", "high")
    assert diagnosis["edits"][0]["path"] == f"tests/test_{area}.py"
    assert [name for name, _ in story.calls] == ["get_job_logs", "get_repository_file", "list_repository_tree"]
    assert story.failed == []


async def test_evidence_is_a_line_of_the_log_with_its_number(begin):
    story = await begin()

    evidence = story.ask_about_pipeline()["evidence"]

    lines = story.log.splitlines()
    assert [item["text"] for item in evidence] == [lines[item["line"] - 1] for item in evidence]
    assert "AssertionError" in evidence[1]["text"]
    assert {item["job"] for item in evidence} == {"unit"}


async def test_a_green_pipeline_has_nothing_to_fix(begin):
    story = await begin(variant="green")
    assert story.failed == []

    assert story.ask_about_pipeline()["decision"] == "explain"


async def test_a_server_that_does_not_answer_is_explained_not_repaired(begin):
    story = await begin(variant="network")

    diagnosis = story.ask_about_pipeline()

    assert (diagnosis["decision"], diagnosis["category"], diagnosis["edits"]) == ("explain", "network", [])
    assert "Connection refused" in diagnosis["evidence"][0]["text"]


async def test_low_confidence_is_said(begin):
    story = await begin(variant="low_confidence")

    assert story.ask_about_pipeline()["confidence"] == "low"


@pytest.mark.parametrize("area", ["retry", "schedule", "settlement"])
async def test_a_second_try_sees_the_new_log_and_repairs_the_first(begin, area):
    story = await begin(variant="second_try", area=area)

    await story.attempt()
    assert "NameError" in story.log
    await story.attempt()

    assert story.failed == []


async def test_a_wrong_idea_stays_red_however_often_it_is_tried(begin):
    story = await begin(variant="still_red")

    attempts = [await story.attempt() for _ in range(3)]

    assert [diagnosis["decision"] for diagnosis in attempts] == ["propose"] * 3
    assert [job["name"] for job in story.failed] == ["unit"]


async def test_a_persons_words_lead_to_another_change_that_quotes_them(begin):
    story = await begin()
    first = story.ask_about_pipeline()

    second = story.say("The proposal was not accepted. @maya says:\n\nPlease allow 2 minutes, our runners are slow.")
    story.apply(second)
    await story.run_pipeline()

    assert 'You wrote: "Please allow 2 minutes, our runners are slow."' in second["explanation"]
    assert "delta=120" in second["edits"][0]["new_text"]
    assert second["edits"] != first["edits"]
    assert story.failed == []


async def test_after_the_branch_moved_the_file_is_read_again(begin):
    story = await begin(area="retry")
    story.ask_about_pipeline()
    file = story.checkout / "tests" / "test_retry.py"
    file.write_text(f"# One more line.\n{file.read_text()}")

    diagnosis = story.say("Branch feat/payment-retry has moved to 1234567 since the proposal was made. Read the files again.")
    story.apply(diagnosis)
    await story.run_pipeline()

    assert [name for name, _ in story.calls][3:] == ["get_repository_file"]
    assert story.failed == []
