"""The first journey up to the decision, as one would write it by hand for Temporal: no flow file, no walk, no inbox.

It calls the same activities with the same arguments as a session of `fix_pipeline` does, so that what a session costs more is what
the engine itself costs.
"""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contracts import (
        Announce,
        Ask,
        CloseSession,
        ModelContract,
        ModelTurn,
        OpenedSession,
        OpenSession,
        Prove,
        Proven,
        RequestContract,
        Scope,
        SessionContract,
        ToolContract,
        ToolResult,
        ToolRun,
    )
    from duo_flows.domain.flow_context import resolve_inputs
    from duo_flows.domain.requests import rule_on
    from duo_flows.domain.sessions import Ending, LogKind, NewLogEntry, SessionStatus, SessionUpdate, Waiting
    from signals.messages import Answer, FlowState, StartFlow
    from workflows import retries

call = workflow.execute_activity_method


@workflow.defn(name="fix_by_hand")
class FixByHand:
    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.waiting: Waiting | None = None
        self.opened: OpenedSession | None = None

    @workflow.signal
    def answer(self, answer: Answer) -> None:
        self.answers.append(answer)

    @workflow.query
    def state(self) -> FlowState:
        return FlowState(session_id="", flow="fix_by_hand", run=1, status=SessionStatus.RUNNING, waiting=self.waiting)

    @workflow.run
    async def run(self, start: StartFlow) -> str:
        info = workflow.info()
        task = OpenSession(flow="fix_pipeline", workflow_id=info.workflow_id, execution_id=info.first_execution_run_id, start=start)
        self.opened = opened = await call(SessionContract.open_session, task, **retries.GITLAB)
        await self.report(SessionStatus.RUNNING)
        context = dict(opened.context)
        for step, name in enumerate(("find_failures", "read_changes"), start=1):
            context[name] = await self.step(name, step, context)
        context["diagnose"] = {"final_answer": await self.diagnose(context, step=3)}
        context["propose"] = await self.step("propose", 4, context)
        accepted = await self.ask(context, step=5)
        ending = Ending.DONE if accepted else Ending.CANCELLED
        closing = CloseSession(scope=self.scope, ending=ending, step="consent", context=context)
        closed = await call(SessionContract.close_session, closing, **retries.STORE)
        await self.announce(closed.summary_ref, f"ending-{opened.session_id}-{opened.run}")
        return str(ending)

    async def step(self, name: str, step: int, context: dict) -> dict:
        component = self.opened.definition.component(name)
        forced = {key: value for use in component.toolset for key, value in use.forced.items()}
        arguments = {**resolve_inputs(component.inputs, context), **forced}
        given = {key: value for key, value in arguments.items() if value is not None}
        task = ToolRun(scope=self.scope, component=name, step=step, tool=component.tool_name, arguments=given)
        done = await call(ToolContract.call_tool, task, **retries.TOOL)
        return {"tool_responses": done.value, "error": done.error or None, "execution_result": "success"}

    async def diagnose(self, context: dict, *, step: int) -> object:
        component = self.opened.definition.component("diagnose")
        conversation, results, turn = "", (), 0
        while True:
            task = ModelTurn(
                scope=self.scope,
                component=component.name,
                step=step,
                turn=turn,
                inputs=resolve_inputs(component.inputs, context),
                conversation_ref=conversation,
                greets=turn == 0,
                tool_results=results,
                cost_cap_microusd=self.opened.limits.cost_cap_microusd,
            )
            done = await call(ModelContract.model_turn, task, **retries.MODEL)
            if not done.calls:
                return done.answer
            runs = [
                ToolRun(
                    scope=self.scope,
                    component=component.name,
                    step=step,
                    tool=wanted.name,
                    arguments=wanted.arguments,
                    call_id=wanted.id,
                )
                for wanted in done.calls
            ]
            given = await asyncio.gather(*(call(ToolContract.call_tool, run, **retries.TOOL) for run in runs))
            results = tuple(
                ToolResult(call_id=run.call_id, text_ref=result.text_ref) for run, result in zip(runs, given, strict=True)
            )
            conversation, turn = done.conversation_ref, turn + 1

    async def ask(self, context: dict, *, step: int) -> bool:
        component = self.opened.definition.component("consent")
        task = Ask(
            scope=self.scope,
            component=component.name,
            step=step,
            inputs=resolve_inputs(component.inputs, context),
            change=resolve_inputs((component.change,), context)[component.change.name],
            deadline=workflow.now() + self.opened.limits.request_timeout,
        )
        asked = await call(RequestContract.ask_requester, task, **retries.STORE)
        self.waiting = asked.request.waiting(component.name, question_ref=asked.message_ref)
        announcing = asyncio.create_task(self.announce(asked.note_ref, f"question-{asked.request.id}"))
        await workflow.wait_condition(lambda: bool(self.answers), timeout=self.opened.limits.request_timeout)
        [answer] = self.answers
        prove = Prove(
            scope=self.scope,
            workflow_id=workflow.info().workflow_id,
            event_id=answer.event_id,
            first_seen_at=workflow.now(),
            answer=answer,
        )
        proven: Proven = await call(RequestContract.prove_act, prove, **retries.GITLAB)
        ruling = rule_on(asked.request, proven.act)
        self.waiting = None
        entry = NewLogEntry(key=answer.event_id, kind=LogKind.ANSWER, text=f"@{proven.act.actor} answered {proven.act.choice}.")
        await self.report(SessionStatus.INPUT_REQUIRED, entry)
        await self.report(SessionStatus.RUNNING)
        await announcing
        return ruling.is_accepted and proven.act.choice == "apply"

    async def announce(self, text_ref: str, marker: str) -> None:
        await call(SessionContract.announce, Announce(scope=self.scope, text_ref=text_ref, marker=marker), **retries.GITLAB)

    async def report(self, status: SessionStatus, *entries: NewLogEntry) -> None:
        update = SessionUpdate(session_id=self.opened.session_id, run=1, status=status, waiting=self.waiting, entries=entries)
        await call(SessionContract.report_session, update, **retries.STORE)

    @property
    def scope(self) -> Scope:
        return Scope(**{name: getattr(self.opened, name) for name in Scope.model_fields})


@workflow.defn(name="fix_by_hand_unreported")
class FixByHandUnreported(FixByHand):
    """The same without a word to the store in between: nobody could list it, follow it, or see what it waits for."""

    @workflow.run
    async def run(self, start: StartFlow) -> str:
        return await super().run(start)

    async def report(self, status: SessionStatus, *entries: NewLogEntry) -> None:
        del status, entries
