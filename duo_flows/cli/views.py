"""How sessions, log lines, questions and diffs look on a terminal: from the API's JSON to what rich prints. No printing here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from duo_flows.domain.choice_words import meaning_of
from duo_flows.domain.requests import WORDED, Choice, RequestKind
from duo_flows.domain.sessions import SessionStatus

from .output import plain

Json = dict[str, Any]

# Questions quote code in fences of three backquotes or more.
_FENCE = "```"
_MICROUSD = 1_000_000
_KIND_STYLES = {
    "request": "bold yellow",
    "answer": "bold green",
    "refusal": "bold red",
    "ending": "bold",
    "tool": "cyan",
    "model": "magenta",
    "status": "dim",
}
_STATUS_STYLES = {
    SessionStatus.FINISHED: "green",
    SessionStatus.FAILED: "red",
    SessionStatus.STOPPED: "yellow",
    SessionStatus.PAUSED: "yellow",
    SessionStatus.INPUT_REQUIRED: "bold yellow",
    SessionStatus.TOOL_CALL_APPROVAL_REQUIRED: "bold yellow",
}


def session_table(sessions: list[Json]) -> RenderableType:
    """Return sessions as a table."""
    if not sessions:
        return Text("No sessions.", style="dim")
    table = Table("session", "flow", "project", "item", "requester", "status", "waits for", "changed", box=None, pad_edge=False)
    for session in sessions:
        waiting = session.get("waiting") or {}
        table.add_row(
            session["id"],
            plain(session["flow"]),
            plain(session["project_path"]),
            _item(session),
            plain(session["requester"]),
            Text(session["status"], style=_STATUS_STYLES.get(session["status"], "")),
            person_asked(waiting),
            _when(session["updated_at"]),
        )
    return table


def session_panel(session: Json) -> RenderableType:
    """Return one session with everything that is known of it."""
    rows = [
        ("flow", f"{session['flow']}, run {session['run']}"),
        ("project", session["project_path"]),
        ("item", _item(session)),
        ("requester", f"@{session['requester']}"),
        ("goal", session["goal"]),
        ("status", " · ".join(part for part in (session["status"], session["step"], session["ending"] or "") if part)),
        ("waits for", _wait_without_a_question(session)),
        ("summary", session["summary"]),
        ("used", usage_sentence(session["usage"])),
        ("created", _when(session["created_at"])),
        *((name, url) for name, url in session["links"].items()),
    ]
    grid = Table.grid(padding=(0, 2))
    for name, value in rows:
        if value:
            grid.add_row(Text(name, style="dim"), Text(plain(str(value)), overflow="fold"))
    parts: list[RenderableType] = [Panel(grid, title=f"session {session['id']}", title_align="left")]
    return Group(*parts, question_panel(session)) if (session.get("waiting") or {}).get("choices") else Group(*parts)


def _wait_without_a_question(session: Json) -> str:
    """Return what is waited for that nobody is asked about: a pipeline, or somebody who resumes; and a pause that is to come."""
    waiting = session.get("waiting") or {}
    reason = "" if waiting.get("choices") else str(waiting.get("reason") or "")
    then = str(waiting.get("then") or "")
    return f"{reason or 'an answer'}; then {then}" if then else reason


def question_panel(session: Json) -> RenderableType:
    """Return the open question, its choices and its deadline."""
    waiting = session["waiting"]
    text = question_text(waiting["question"] or waiting["reason"])
    if waiting["choices"]:
        text.append("\n\n" + "\n".join(f"  {choice}: {choice_words(waiting, choice)}" for choice in waiting["choices"]))
    until = f", until {_when(waiting['until'])}" if waiting.get("until") else ""
    title = f"{person_asked(waiting)} is asked{until}  (digest {waiting['digest_prefix']})"
    return Panel(text, title=Text(title), title_align="left", border_style="yellow")


def choice_words(waiting: Json, choice: str) -> str:
    """Return what a choice does with this question; a choice of a newer service is its own word."""
    try:
        kind = RequestKind(waiting.get("kind") or RequestKind.APPROVAL)
        return meaning_of(Choice(choice), kind, has_change=bool(waiting.get("has_change")))
    except ValueError:
        return choice


def question_text(question: str) -> Text:
    """Return a question as it was asked, its fenced diffs in colours."""
    text, is_diff = Text(), False
    for line in plain(question).strip().splitlines():
        if line.startswith(_FENCE):
            is_diff = line.rstrip().endswith("diff")
            continue
        text.append(line + "\n", style=_diff_style(line) if is_diff else "")
    text.rstrip()
    return text


def person_asked(waiting: Json) -> str:
    """Return who is asked, as GitLab mentions people; empty if nobody is."""
    name = plain(waiting.get("on") or "").removeprefix("@")
    return f"@{name}" if name else ""


def how_to_answer(session: Json) -> str:
    """Return the lines with which the open question can be answered."""
    waiting = session["waiting"]
    lines = [
        f"  duoflow sessions answer {session['id']} {choice} --digest {waiting['digest_prefix']}"
        + (' --text "..."' if choice in WORDED else "")
        for choice in waiting["choices"]
    ]
    return "\n".join([f"{person_asked(waiting)} can answer:", *lines])


def brief_log_line(entry: Json) -> Text:
    """Return a line of the session log without what is shown elsewhere: a question's own text, and the summary at the end."""
    match entry["kind"]:
        case "request":
            return log_line({**entry, "text": entry["text"].partition(":")[0] + "."})
        case "ending":
            return log_line({**entry, "text": _ending_words(entry)})
        case _:
            return log_line(entry)


def _ending_words(entry: Json) -> str:
    ending, reason = str(entry["data"].get("ending", "over")), str(entry["data"].get("reason") or "")
    return f"{ending}: {reason}" if reason else ending


def log_line(entry: Json) -> Text:
    """Return a line of the session log."""
    who = f"@{entry['actor']}" if entry["actor"] else ""
    by = " by ".join(part for part in (who, entry["door"]) if part)
    text = Text()
    text.append(f"{_clock(entry['at'])} ", style="dim")
    text.append(f"{entry['kind']:8} ", style=_KIND_STYLES.get(entry["kind"], ""))
    if entry["component"]:
        text.append(f"{plain(entry['component'])}: ", style="dim")
    text.append(_indented(plain(entry["text"])))
    if by:
        text.append(f"  ({plain(by)})", style="dim")
    return text


def answer_sentence(result: Json) -> str:
    """Return what came of an answer."""
    return str(result.get("reason") or result.get("detail") or "Answered.")


def usage_sentence(usage: Json) -> str:
    """Return what the model has used, as people count it."""
    cost = usage["cost_microusd"] / _MICROUSD
    read = usage["input_tokens"] + usage["cache_read_tokens"] + usage["cache_write_tokens"]
    return f"{usage['turns']} model turns, {read:,} tokens read, {usage['output_tokens']:,} written, ${cost:.4f}"


def status_line(session: Json) -> str:
    """Return what a session is doing now, in a few words."""
    step = f" · {session['step']}" if session["step"] else ""
    return plain(f"{session['status']}{step} · {usage_sentence(session['usage'])}")


def coloured_diff(diff: str) -> Text:
    """Return a unified diff in the usual colours."""
    text = Text()
    for line in plain(diff).splitlines():
        text.append(line + "\n", style=_diff_style(line))
    return text


def _diff_style(line: str) -> str:
    if line.startswith(("+++", "---", "diff ")):
        return "bold"
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")


def _item(session: Json) -> str:
    items = (("merge_request_iid", "!"), ("issue_iid", "#"), ("pipeline_id", "pipeline "))
    return " ".join(f"{sign}{session[name]}" for name, sign in items if session[name])


def _indented(text: str) -> str:
    return text.replace("\n", "\n                  ")


def _clock(stamp: str) -> str:
    return f"{datetime.fromisoformat(stamp).astimezone():%H:%M:%S}"


def _when(stamp: str) -> str:
    return f"{datetime.fromisoformat(stamp).astimezone():%Y-%m-%d %H:%M:%S}"
