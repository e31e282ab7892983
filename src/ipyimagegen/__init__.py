"""ipyimagegen: the notebook's workbench for image generation.

>>> import ipyimagegen as ig
>>> result = ig.run("local/sketch", prompt="a lighthouse at dusk", seed=7)  # doctest: +SKIP

Importing this loads no other package: every name below is looked up when it is first used.
"""

from __future__ import annotations

import sys
from importlib import import_module

from .core import ending as _ending  # noqa: F401 (the end of the process is known from now on)
from .core.version import VERSION

TYPE_CHECKING = False  # type checkers know the name; importing typing would cost as much as all the rest
if TYPE_CHECKING:
    from typing import Any

    from . import errors
    from .api import (
        add_service,
        async_run,
        attach,
        estimate,
        jobs,
        ledger,
        load_sweep,
        model,
        models,
        read_metadata,
        register,
        run,
        stream,
        submit,
        sweep,
        sweeps,
    )
    from .core.errors import ImagegenError
    from .core.models import ModelSpec
    from .experiments.sweep import Sweep
    from .experiments.template import Template, expand
    from .history.library import history
    from .jobs.client import Client
    from .jobs.job import Job
    from .jobs.session import default_client
    from .media.artifacts import Artifact
    from .media.metadata import Found
    from .media.results import Result
    from .media.sameness import same_picture
    from .notebook.extension import load_ipython_extension, unload_ipython_extension
    from .notebook.nested import allow_nested_asyncio
    from .notebook.widgets.compare.widget import Compare
    from .notebook.widgets.gallery.widget import Gallery
    from .notebook.widgets.studio.widget import Studio
    from .services.functions.signature import Arg
    from .services.webhooks import parse_webhook

_PLACES = {
    "Arg": "services.functions.signature",
    "Artifact": "media.artifacts",
    "Client": "jobs.client",
    "Compare": "notebook.widgets.compare.widget",
    "Gallery": "notebook.widgets.gallery.widget",
    "Found": "media.metadata",
    "ImagegenError": "core.errors",
    "Job": "jobs.job",
    "ModelSpec": "core.models",
    "Result": "media.results",
    "Studio": "notebook.widgets.studio.widget",
    "Sweep": "experiments.sweep",
    "Template": "experiments.template",
    "add_service": "api",
    "allow_nested_asyncio": "notebook.nested",
    "async_run": "api",
    "attach": "api",
    "default_client": "jobs.session",
    "errors": "",
    "estimate": "api",
    "expand": "experiments.template",
    "history": "history.library",
    "jobs": "api",
    "ledger": "api",
    "load_ipython_extension": "notebook.extension",
    "load_sweep": "api",
    "model": "api",
    "models": "api",
    "parse_webhook": "services.webhooks",
    "read_metadata": "api",
    "register": "api",
    "run": "api",
    "same_picture": "media.sameness",
    "stream": "api",
    "submit": "api",
    "sweep": "api",
    "sweeps": "api",
    "unload_ipython_extension": "notebook.extension",
}

__version__ = VERSION
__all__ = [
    "Arg",
    "Artifact",
    "Client",
    "Compare",
    "Found",
    "Gallery",
    "ImagegenError",
    "Job",
    "ModelSpec",
    "Result",
    "Studio",
    "Sweep",
    "Template",
    "add_service",
    "allow_nested_asyncio",
    "async_run",
    "attach",
    "default_client",
    "errors",
    "estimate",
    "expand",
    "history",
    "jobs",
    "ledger",
    "load_ipython_extension",
    "load_sweep",
    "model",
    "models",
    "parse_webhook",
    "read_metadata",
    "register",
    "run",
    "same_picture",
    "stream",
    "submit",
    "sweep",
    "sweeps",
    "unload_ipython_extension",
]


class _Package(type(sys)):  # type: ignore[misc] # `types` is not loaded for a class of it
    """Keeps `ig.jobs` what users type: to import a room of that name would put the module in the function's place.

    Python binds a submodule in its package once it is imported; `__class__` of a module may be set for such cases
    (the Python language reference, "Customizing module attribute access").
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (_PLACES.get(name) and isinstance(value, type(sys))):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{place}", __name__), name) if place else import_module(f".{name}", __name__)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """What Tab offers: what people type, and not the rooms of the package."""
    return sorted({*__all__, "__doc__", "__file__", "__name__", "__path__", "__version__"})
