"""A local server that speaks the protocols of the four services, over the embedded engine."""

from __future__ import annotations

from .faults import KINDS, Fault, FaultKind, Faults
from .jobs import JobState, Limits
from .keys import Keys
from .records import Records, RequestRecord
from .server import Gateway, serve
from .work import EngineWork, TimedWork, Work, WorkFailed

__all__ = [
    "KINDS",
    "EngineWork",
    "Fault",
    "FaultKind",
    "Faults",
    "Gateway",
    "JobState",
    "Keys",
    "Limits",
    "Records",
    "RequestRecord",
    "TimedWork",
    "Work",
    "WorkFailed",
    "serve",
]
