"""The contracts of the activities: names, arguments and results. All that workflows see of effects.

An implementation inherits the contract and is handed its adapters. Every activity is safe to repeat. A fault that passes is retried
by Temporal; any other ends the activity with an `ApplicationError` whose type is the fault's code and whose message is for people.
"""

from .calls import CallRequest, LookAtPipeline, PipelineSeen, ToolContract, ToolDone, ToolResult, ToolRun
from .requests import Ask, AskAboutCalls, Asked, CallsAsked, FindMissed, Missed, Prove, Proven, Reply, RequestContract, Sent
from .scope import SIGN_OF_LIFE, Limits, Scope
from .sessions import Announce, Closed, CloseSession, OpenedSession, OpenSession, SessionContract
from .turns import CompactConversation, ConversationCompacted, ModelContract, ModelTurn, ModelTurnDone

__all__ = [
    "SIGN_OF_LIFE",
    "Announce",
    "Ask",
    "AskAboutCalls",
    "Asked",
    "CallRequest",
    "CallsAsked",
    "CloseSession",
    "Closed",
    "CompactConversation",
    "ConversationCompacted",
    "FindMissed",
    "Limits",
    "LookAtPipeline",
    "Missed",
    "ModelContract",
    "ModelTurn",
    "ModelTurnDone",
    "OpenSession",
    "OpenedSession",
    "PipelineSeen",
    "Prove",
    "Proven",
    "Reply",
    "RequestContract",
    "Scope",
    "Sent",
    "SessionContract",
    "ToolContract",
    "ToolDone",
    "ToolResult",
    "ToolRun",
]
