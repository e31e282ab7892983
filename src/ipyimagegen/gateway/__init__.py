"""A local server that speaks the protocols of the four services, over the embedded engine."""

from __future__ import annotations

from .engine_work import EngineWork
from .faults import KINDS, Fault, FaultKind, Faults
from .jobs import JobState, Limits
from .keys import Keys
from .records import Records, RequestRecord
from .server import Gateway, serve
from .terminal import main, run
from .work import TimedWork, Work, WorkFailed

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
    "main",
    "run",
    "serve",
]
