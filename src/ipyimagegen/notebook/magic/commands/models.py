"""`%imagegen help | models | info`."""

from __future__ import annotations

from IPython.core.error import UsageError

from ....core.errors import capped
from ...text import table
from ..help import cell_help, line_help, model_help
from .table import COMMANDS, Session, command


@command("help", "[MODEL|SUBCOMMAND]", "this help, or that of a model or of the cell form ('cell')", subject="models")
def show_help(session: Session, words: list[str]) -> str:
    """The help of everything, of a subcommand, of the cell form, or of a model."""
    if not words:
        return line_help(COMMANDS.values())
    if words == ["cell"]:
        return cell_help()
    if words[0] in COMMANDS:
        return line_help([COMMANDS[words[0]]])
    return info(session, words)


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
