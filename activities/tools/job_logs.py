"""The tool that reads a job's log: reduced to its evidence, or the part that was asked for."""

from __future__ import annotations

from duo_flows.domain.errors import NeverAgain
from duo_flows.domain.evidence import DEFAULT_BUDGET, Excerpt, grep_lines, log_lines, reduce_log, sections_of, view_lines
from duo_flows.domain.redaction import redact_lines
from duo_flows.domain.tools.pipelines import JobLog

from .calls import ToolCallContext, ToolOutput


async def get_job_logs(call: ToolCallContext, asked: JobLog) -> ToolOutput:
    """Return a job's log with line numbers, secrets taken out before anything is cut."""
    job_id = asked.job_id or 0
    raw = await call.deps.forge.job_log(call.place.project_id, job_id)
    lines = _lines(raw)
    if asked.byte_offset is not None or asked.byte_limit is not None:
        return _bytes_of(lines, asked)
    excerpt, what = await _excerpt(call, asked, raw, lines)
    shown = ", ".join(f"{first}-{last}" for first, last in excerpt.included_line_ranges) or "none"
    cut = f" Cut, since they are too long: {', '.join(map(str, excerpt.cut_lines))}." if excerpt.cut_lines else ""
    header = f"Log of job {job_id}, {excerpt.line_count} lines: {what}. Shown: {shown}.{cut}"
    return ToolOutput({"line_count": excerpt.line_count, "text": excerpt.text}, f"{header}\n{excerpt.text}")


def _lines(raw: bytes) -> list[str]:
    return redact_lines(log_lines(raw))


async def _excerpt(call: ToolCallContext, asked: JobLog, raw: bytes, lines: list[str]) -> tuple[Excerpt, str]:
    if asked.grep:
        return grep_lines(lines, asked.grep), f"lines around {asked.grep!r}"
    if asked.start_line is not None or asked.end_line is not None:
        start, end = asked.start_line or 1, asked.end_line or len(lines)
        return view_lines(lines, start, end), f"lines {start} to {end}"
    green = await _green(call, asked.job_id or 0, lines)
    excerpt = reduce_log(lines, green=green, sections=sections_of(raw))
    if excerpt.is_whole:
        return excerpt, "the whole log"
    return excerpt, "what matters of it; ask for other lines by start_line and end_line, or grep"


async def _green(call: ToolCallContext, job_id: int, lines: list[str]) -> list[str] | None:
    """Return the lines of the same job's last log that passed; None where the log is short, or no such one can be read."""
    if sum(map(len, lines)) < DEFAULT_BUDGET // 2:
        return None
    place, deps = call.place, call.deps
    try:
        job = await deps.reader.job(place.project_id, job_id)
        default = (await deps.forge.project(place.project_id)).default_branch
        refs = (job.ref, default, *([call.scope.branch] if place.is_own else []))
        green = await deps.reader.newest_green_job(place.project_id, job, refs=refs)
        return _lines(await deps.forge.job_log(place.project_id, green.id)) if green else None
    except NeverAgain:
        # A log is as readable without it.
        return None


def _bytes_of(lines: list[str], asked: JobLog) -> ToolOutput:
    """Return a part of the log by bytes, as GitLab's own tool does; without line numbers."""
    whole = "\n".join(lines).encode()
    start = asked.byte_offset or 0
    end = start + (asked.byte_limit or len(whole))
    text = whole[start:end].decode("utf-8", "ignore")
    header = f"Log of job {asked.job_id}, {len(whole)} bytes: bytes {start} to {min(end, len(whole))}."
    return ToolOutput({"byte_count": len(whole), "text": text}, f"{header}\n{text}")
