"""`%imagegen login | logout`: keys are typed into a field that does not show them, and never into a cell."""

from __future__ import annotations

from IPython.core.error import UsageError

from ....core.errors import InvalidInput, MissingKey, capped
from ....jobs.client import Client
from ....services.base import Registry
from ....settings import keys
from ...text import paragraph, table
from ..parse import nearest, shown
from .table import Session, command, divided, only_one

EMBEDDED = "local"


@command(
    "login",
    "[SERVICE] [--keep]",
    "ask for the key of a service, for this session; --keep: put it into the keyring too; alone: which keys are set",
    subject="services",
    options=("--keep",),
)
def login(session: Session, words: list[str]) -> str:
    """Ask for the keys of a service; or tell where each comes from."""
    given = divided("login", words)
    if not given.plain and not given.flags:
        return _overview(session)
    known = _source(session, only_one("login", given))
    keep = "--keep" in given.flags
    try:
        keys.login(known.service, session.notebook.ask, keep=keep)
    except (InvalidInput, MissingKey) as error:
        raise UsageError(str(error)) from None  # without the frames that have held what was typed
    except NotImplementedError:
        names = " and ".join(known.variables)
        raise UsageError(f"nobody can be asked here; set {names} in the environment before the kernel starts") from None
    names, is_are, it_them = _in_words(known)
    kept = "in the keyring, for later sessions too" if keep else f"for this session; --keep would keep {it_them}"
    return paragraph(
        f"{known.title}: {names} {is_are} set, {kept}. Nothing was written to the notebook.{_goes_to(known)}"
    )


@command("logout", "SERVICE", "forget what login was given, also in the keyring", subject="services")
def logout(session: Session, words: list[str]) -> str:
    """Forget the keys of a service, and say which ones are still found."""
    known = _source(session, only_one("logout", divided("logout", words)))
    keys.logout(known.service)
    names, is_are, _ = _in_words(known)
    still = [name for name, place in keys.where(known.service).items() if place == "environment"]
    if not still:
        return f"{known.title}: {names} {is_are} forgotten."
    rest = f"{' and '.join(still)} in the environment {'is' if len(still) == 1 else 'are'} used from now on"
    return paragraph(f"{known.title}: what login was given is forgotten; {rest}.")


def _overview(session: Session) -> str:
    lines = [
        (service, name, place or "not set")
        for service in services_with_keys(session.client)
        for name, place in keys.where(service).items()
    ]
    hint = "Give one: %imagegen login SERVICE   The embedded models (local/…) need none."
    return "\n".join([table(("service", "key", "from"), lines), "", hint])


def services_with_keys(client: Client) -> list[str]:
    """The names of the services that a key can be given for."""
    names = dict.fromkeys([*Registry.discover().names(), *client.services.names()])
    return [name for name in names if not _needs_none(client, name)]


def _needs_none(client: Client, name: str) -> bool:
    """Whether a service is known to need no key: the embedded one, and functions of the notebook."""
    return name == EMBEDDED or bool(getattr(client.services.ready(name), "keyless", False))


def _source(session: Session, service: str) -> keys.KeySource:
    """What is known of a service's keys. Raises `UsageError` for a service that there is not."""
    known = services_with_keys(session.client)
    name = service.lower().split("/", maxsplit=1)[0]
    if _needs_none(session.client, name):
        raise UsageError(f"the {'embedded ' if name == EMBEDDED else ''}models ({name}/…) need no key")
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise UsageError(f"no service {shown(service)!r}; {hint}")
    return keys.source(name)


def _in_words(known: keys.KeySource) -> tuple[str, str, str]:
    single = len(known.variables) == 1
    return " and ".join(known.variables), "is" if single else "are", "it" if single else "them"


def _goes_to(known: keys.KeySource) -> str:
    """Words about an address that is not the service's own, where one is set."""
    try:
        address = keys.base_url(known.service)
    except InvalidInput as error:
        return f" {error}."
    return "" if address == known.base_url else f" Calls go to {capped(address, 100)}."
