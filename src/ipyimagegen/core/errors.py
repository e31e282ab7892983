"""Everything that can go wrong, drawn once.

```
ImagegenError
├── InvalidInput            (ValueError)   a parameter, a prompt or a file that cannot be sent
│   └── MissingFile         (FileNotFoundError) a file that is not there
├── UnknownModel            (LookupError)  no such model; carries suggestions
├── UnknownJob              (LookupError)  no such job here or in the journal
├── UnknownSweep            (LookupError)  no such sweep in the journal
├── MissingKey                             a service has no key; says how to get one
├── BudgetExceeded                         refused before anything was sent
├── MediaError              (ValueError)   bytes that are not the picture they claim to be, or too many
├── StorageError            (OSError)      the journal or a file could not be written or read
├── NestedLoopRefused       (RuntimeError) nested event loops would damage this session
├── ShuttingDown            (RuntimeError) the process ends; or, in a forked child, what belongs to its parent
├── ServiceError                           a service answered, or should have
│   ├── BadRequest                         400, 406, 422: the service refused the request
│   ├── AuthenticationFailed               401, 403 with a bad key or signature
│   ├── NotPermitted                       403: this account may not use this
│   ├── InsufficientCredits                402, 406: the account is empty
│   ├── NotFound                           404, 410
│   ├── RateLimited                        429
│   ├── ServiceUnavailable                 5xx
│   ├── ProtocolError                      an answer that cannot be understood
│   └── ConnectionFailed    (ConnectionError) no answer at all
├── SubmitUnknown                          sent, no answer: the job may be running, and billed
└── JobError                               a job that was accepted and gave no result
    ├── JobFailed                          the service says that it failed
    ├── JobCancelled                       cancelled by us, by Stop, or at the service
    └── JobTimeout          (TimeoutError) the deadline passed first; the job may still go on
```
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from errno import ENOENT
from typing import Any, Self

from .service_text import MAX_MESSAGE_CHARS, MAX_NAME_CHARS, one_line
from .service_text import capped as capped  # noqa: PLC0414 (who raises an error quotes something in it)
from .short_traceback import short_traceback


class ImagegenError(Exception):
    """The root of every error that this package raises on purpose.

    Its text is clean and bounded, whatever a service put into it (`core.service_text`).
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*(capped(one, MAX_MESSAGE_CHARS) if isinstance(one, str) else one for one in args))

    def _render_traceback_(self) -> list[str]:
        """What IPython shows; `traceback.print_exception(sys.last_value)` prints the whole traceback."""
        return short_traceback(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is, whatever its class is made from: a worker process must be able to hand an error back."""
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[ImagegenError], args: tuple[Any, ...]) -> ImagegenError:
    error = kind.__new__(kind)
    error.args = args
    return error


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one parameter: its name, what is wrong, and how to mend it."""

    name: str
    message: str
    missing: bool = False
    """Whether it is a file that is not there."""

    def __str__(self) -> str:
        return f"{self.name}: {self.message}" if self.name else self.message


class InvalidInput(ImagegenError, ValueError):
    """Parameters or files that cannot be sent. `problems` holds all of them, not only the first.

    Where a file that is not there is among them, it is a `MissingFile`.
    """

    def __new__(cls, problems: Sequence[Problem] | str = (), *, model: str = "") -> Self:  # noqa: ARG004
        """One of these, or of the class that the problems mean."""
        missing = not isinstance(problems, str) and any(problem.missing for problem in problems)
        kind: Any = MissingFile if missing and cls is InvalidInput else cls
        made: Any = FileNotFoundError.__new__(kind) if kind is MissingFile else super().__new__(kind)
        return made  # type: ignore[no-any-return]

    def __init__(self, problems: Sequence[Problem] | str, *, model: str = "") -> None:
        self.problems: tuple[Problem, ...] = (Problem("", problems),) if isinstance(problems, str) else tuple(problems)
        self.model = model
        head = f"{model}: " if model else ""
        if len(self.problems) == 1:
            text = f"{head}{self.problems[0]}"
        else:
            text = f"{head}{len(self.problems)} problems\n" + "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(text)


class MissingFile(InvalidInput, FileNotFoundError):
    """A file that is not there: an `InvalidInput`, and what `open` raises for it."""

    errno = ENOENT


class UnknownModel(ImagegenError, LookupError):
    """No model of that name. `suggestions` are the nearest names that exist."""

    def __init__(self, name: str, suggestions: Sequence[str] = (), *, hint: str = "") -> None:
        self.name = name
        self.suggestions = tuple(suggestions)
        self.hint = hint
        text = f"no model {capped(name, 200)!r}"
        if self.suggestions:
            text += f"; did you mean {' or '.join(map(repr, self.suggestions))}?"
        super().__init__(f"{text} {hint}".rstrip())


class UnknownJob(ImagegenError, LookupError):
    """No job of that id in this session or in the journal."""


class UnknownSweep(ImagegenError, LookupError):
    """No sweep of that id or name in the journal, or in that folder."""


class MissingKey(ImagegenError):
    """A service was called without its key. The text says which variable, where keys are made, and what to run."""

    def __init__(self, service: str, message: str) -> None:
        self.service = service
        super().__init__(message)


class BudgetExceeded(ImagegenError):
    """The call would, or might, cost more than its cap. Nothing was sent."""


class MediaError(ImagegenError, ValueError):
    """Bytes that are not the medium they claim to be, cannot be decoded, or are too many."""


class StorageError(ImagegenError, OSError):
    """The journal, a result or a file could not be written or read."""


class NestedLoopRefused(ImagegenError, RuntimeError):
    """Nested event loops would damage this session; the text says how, and what to install."""


class ShuttingDown(ImagegenError, RuntimeError):
    """The process ends, or is a forked child of the one that this belongs to: nobody is left to do the work."""

    def __init__(
        self, message: str = "the program has ended, and with it all that works for it: no call can be made any more"
    ) -> None:
        super().__init__(message)


class ServiceError(ImagegenError):
    """A service refused, failed, or could not be understood.

    `service` is its name here, `status` the HTTP status or `None`, `detail` what the service said (capped, text),
    `request_id` what its support asks for, if it gave one.
    """

    def __init__(
        self, message: str, *, service: str = "", status: int | None = None, detail: str = "", request_id: str = ""
    ) -> None:
        self.service = service
        self.status = status
        self.detail = capped(detail)
        self.request_id = one_line(request_id, MAX_NAME_CHARS)
        super().__init__(message)


class BadRequest(ServiceError):
    """The service refused the request as it was written. Nothing was billed."""


class AuthenticationFailed(ServiceError):
    """The key or the signature was refused."""


class NotPermitted(ServiceError):
    """The key is good, but this account may not do that."""


class InsufficientCredits(ServiceError):
    """The account has too little credit, or a spending limit was reached."""


class NotFound(ServiceError):
    """The service has no such model, job or file (any more)."""


class RateLimited(ServiceError):
    """Too many requests. `retry_after_s` is what the service asked for, or `None`."""

    def __init__(
        self,
        message: str,
        *,
        service: str = "",
        status: int | None = 429,
        detail: str = "",
        request_id: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, service=service, status=status, detail=detail, request_id=request_id)
        self.retry_after_s = retry_after_s


class ServiceUnavailable(ServiceError):
    """The service is down, overloaded, or broke while it answered (5xx)."""


class ProtocolError(ServiceError):
    """An answer that is not what the service documents, and that cannot be read."""


class ConnectionFailed(ServiceError, ConnectionError):
    """The service could not be reached, or the connection was lost before an answer."""


class SubmitUnknown(ImagegenError):
    """A job was sent and the answer was lost: it may be running, and may be billed. It is never sent again by itself.

    The text says how to look at the service whether it runs.
    """

    def __init__(self, message: str, *, service: str = "", model: str = "") -> None:
        self.service = service
        self.model = model
        super().__init__(message)


class JobError(ImagegenError):
    """A job that was accepted gave no result. `job_id` names it in `ig.jobs()`."""

    def __init__(self, message: str, *, job_id: str = "", detail: str = "", partial: object = None) -> None:
        self.job_id = job_id
        self.detail = capped(detail)
        self.partial = partial
        super().__init__(message)


class JobFailed(JobError):
    """The service says that the job failed. `partial` is the Result of what was made all the same, or `None`."""


class JobCancelled(JobError):
    """The job was cancelled: by `cancel()`, by the Cancel button, by Interrupt, or at the service."""


class JobTimeout(JobError, TimeoutError):
    """The deadline passed before the job ended. It may still go on: `ig.attach(error.job_id)` waits again."""
