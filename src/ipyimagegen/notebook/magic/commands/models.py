"""`%imagegen help | models | info`."""

from __future__ import annotations

from IPython.core.error import UsageError

from ....core.errors import capped
from ....help import page, topics
from ...text import rows, table
from ..help import cell_help, line_help, model_help
from .table import COMMANDS, Session, command


@command(
    "help",
    "[TOPIC|MODEL|SUBCOMMAND]",
    "this help, a page on a topic, or the help of a model, a subcommand or the cell form ('cell')",
    subject="topics",
)
def show_help(session: Session, words: list[str]) -> str:
    """The help of everything, of a subcommand, of the cell form or of a model, or a page; two of one name together.

    A model has a slash in its name, and no topic has. Raises `InvalidInput` for a topic that there is not.
    """
    if not words:
        return f"{line_help(COMMANDS.values())}\n\nPages: %imagegen help TOPIC\n\n{rows(topics().items())}"
    if words == ["cell"]:
        return cell_help()
    if len(words) == 1 and words[0] not in COMMANDS and "/" not in words[0]:
        return page(words[0])
    if words[0] not in COMMANDS:
        return info(session, words)
    usage = line_help([COMMANDS[words[0]]])
    return f"{usage}\n\n{page(words[0])}" if words[0] in topics() else usage


@command("models", "[WORDS]", "the models whose name or text has every word", subject="models")
def models(session: Session, words: list[str]) -> str:
    """A table of models."""
    found = session.client.models(" ".join(words))
    if not found:
        return (
            f"No model has {' and '.join(map(repr, words))} in its name or text." if words else "No models are known."
        )
    broken = [f"{name}: not available ({capped(why, 80)})" for name, why in session.client.services.broken.items()]
    lines = table(("model", "price", "title"), ((spec.id, str(spec.price), capped(spec.title, 60)) for spec in found))
    return "\n".join([lines, *broken])


@command("info", "[MODEL]", "the parameters of a model: limits, defaults, descriptions", subject="models")
def info(session: Session, words: list[str]) -> str:
    """All that is known of a model."""
    if len(words) > 1:
        raise UsageError("one model at a time: %imagegen info MODEL")
    return model_help(session.client.model(words[0] if words else ""))
