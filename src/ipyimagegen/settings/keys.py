"""Where keys come from: an argument, `login`, the keyring, the environment; in this order, read when they are needed.

Keys are held as `Secret`s. Nothing here writes one to a file; `login(…, keep=True)` hands it to the keyring, if any.
"""

from __future__ import annotations

import getpass
import os
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType
from urllib.parse import urlsplit

from ..core import forks
from ..core.arguments import wrong
from ..core.errors import InvalidInput, MissingKey
from ..core.secrets import Secret, hidden, revealed
from ..net.addresses import is_loopback

SERVICES = "ipyimagegen.services"
"""The group of the entry points by which services are found."""
KEYRING_SERVICE = "ipyimagegen"
MAX_KEY_CHARS = 4096
PLACEHOLDER = re.compile(r"x+|your[-_ ]?(api[-_ ]?)?key([-_ ]here)?", re.IGNORECASE)
"""What documentation writes for a key. Refused only where it is typed: copied examples run against a local gateway."""
PLACES = {
    "argument": "the argument",
    "login": "login",
    "keyring": "the keyring",
    "environment": "the environment",
    "answer": "what was typed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySource:
    """What a service needs to let somebody in.

    `variables` are the environment variables of its keys, in the order in which the service's client takes them;
    `where` says where keys are made; `url_variable` and `base_url` are its address.
    """

    service: str
    title: str
    variables: tuple[str, ...]
    where: str = ""
    url_variable: str = ""
    base_url: str = ""


def with_one_key(service: str, title: str, prefix: str, base_url: str = "", *, where: str = "") -> KeySource:
    """A service whose variables have the usual names: `<PREFIX>_API_KEY` and `<PREFIX>_BASE_URL`."""
    return KeySource(
        service=service,
        title=title,
        variables=(f"{prefix}_API_KEY",),
        where=where,
        url_variable=f"{prefix}_BASE_URL",
        base_url=base_url,
    )


_declared: dict[str, KeySource] = {}


def declare(known: KeySource) -> KeySource:
    """Say what a service needs, where its package is imported: nothing of it stands here."""
    _declared[known.service] = known
    return known


@dataclass(slots=True)
class _Session:
    """Keys that were given by `login`, and what the keyring said, for the life of this process."""

    lock: threading.Lock = field(default_factory=forks.lock)
    given: dict[str, Secret] = field(default_factory=dict, repr=False)
    from_keyring: dict[str, Secret | None] = field(default_factory=dict, repr=False)


_session = _Session()


def source(service: str) -> KeySource:
    """What is known of a service's keys, by its package; `<NAME>_API_KEY` and `<NAME>_BASE_URL` where it says none.

    Imports the package of a service that was not used yet.
    """
    if service not in _declared:
        with suppress(Exception):  # a broken plug-in is told of where it is used
            entry = next(iter(entry_points(group=SERVICES, name=service)), None)
            _ = entry.load() if entry is not None else None
    return _declared.get(service) or with_one_key(service, service, re.sub(r"\W", "_", service).upper())


def key(service: str, argument: str | Secret | None = None, *, variable: str = "") -> Secret:
    """The key of a service: `argument` if it is not empty, or from the first place that has one.

    `variable` names one of several (SpeedPix: `SPEEDPIX_APP_KEY`, the default, or `SPEEDPIX_APP_SECRET`). Raises
    `MissingKey`, also for what cannot be a key; the text never shows it. May block for the keyring, once per process.
    """
    argument = hidden(argument)
    known = source(service)
    name = variable or known.variables[0]
    found, place = _find(name, argument)
    if found is None:
        raise MissingKey(
            service, _missing(known, [other for other in known.variables if _find(other, None)[0] is None])
        )
    return _clean(known, name, found, place)


def keys(service: str, *arguments: str | Secret | None) -> tuple[Secret, ...]:
    """All keys that a service needs, in the order of its `variables`. Raises `MissingKey` as `key` does."""
    arguments = tuple(hidden(argument) for argument in arguments)
    known = source(service)
    names = known.variables
    given = (*arguments, *[None] * (len(names) - len(arguments)))
    lacking = [name for name, argument in zip(names, given, strict=True) if _find(name, argument)[0] is None]
    if lacking:
        raise MissingKey(service, _missing(known, lacking))
    return tuple(key(service, argument, variable=name) for name, argument in zip(names, given, strict=True))


def where(service: str) -> dict[str, str]:
    """Where the key for each variable of a service comes from now: `"login"`, `"keyring"`, `"environment"` or `""`."""
    return {name: _find(name, None)[1] for name in source(service).variables}


def base_url(service: str, argument: str | None = None) -> str:
    """The address of a service: `argument`, its variable, or its own; no slash at the end.

    A bare host means https, a bare `localhost` or loopback address http. Raises `InvalidInput` for what is none.
    """
    argument, known = hidden(argument), source(service)  # an address with a password in it is refused, and not shown
    if not isinstance(revealed(argument), str | None):
        raise wrong(argument, known.url_variable, "an address: a text that begins with https:// and names a host")
    found = _address(known, argument)
    if not found:
        raise InvalidInput(
            f"{known.url_variable or service}: not an address that begins with https:// and names a host"
        )
    return found


def _address(known: KeySource, argument: object) -> str:
    """The address, with what is missing; `""` for what is none."""
    text = _unquoted(revealed(argument) or os.environ.get(known.url_variable, "") or known.base_url)
    if "://" not in text:
        host = urlsplit(f"//{text}").hostname or ""
        text = f"{'http' if is_loopback(host) else 'https'}://{text}"
    text = text.rstrip("/")
    try:
        split = urlsplit(text)
        valid = split.scheme in {"http", "https"} and bool(split.hostname) and split.username is None
        _ = split.port
    except ValueError:
        valid = False
    return text if valid and not re.search(r"\s", text) else ""


def login(service: str, ask: Callable[[str], str] | None = None, *, keep: bool = False) -> None:
    """Ask for the keys of a service and use them from now on, in this process; `keep`: and put them into the keyring.

    `ask` takes a prompt and gives what was typed; it is `getpass.getpass` unless given. Raises `MissingKey` for what
    cannot be a key, and `InvalidInput` if `keep` finds no keyring: nothing is changed then. Blocks for the answer.
    """
    known = source(service)
    ring = _keyring() if keep else None
    if keep and ring is None:
        raise InvalidInput("there is no keyring to keep the key in: pip install 'ipyimagegen[keyring]'")
    ask = ask or getpass.getpass  # looked up now: a kernel puts its own in place while a cell runs
    typed = {name: Secret(ask(f"{name}: ")) for name in known.variables}
    given = {name: _clean(known, name, secret, "answer") for name, secret in typed.items()}
    if ring is not None:
        for name, secret in given.items():
            _keep(ring, name, secret)
    with _session.lock:
        _session.given |= given
        for name in given:
            _session.from_keyring.pop(name, None)


def logout(service: str) -> None:
    """Forget the keys of a service that `login` was given, also in the keyring. The environment is left alone."""
    for name in source(service).variables:
        with _session.lock:
            _session.given.pop(name, None)
            _session.from_keyring.pop(name, None)
        ring = _keyring()
        if ring is not None:
            with suppress(Exception):  # backends raise what they like; a key that is not there is gone
                ring.delete_password(KEYRING_SERVICE, name)


def _find(name: str, argument: str | Secret | None) -> tuple[Secret | None, str]:
    """The first place that has a value for a variable, and what that place is called."""
    if argument:
        return (argument if isinstance(argument, Secret) else Secret(argument)), "argument"
    with _session.lock:
        given = _session.given.get(name)
    if given:
        return given, "login"
    kept = _kept(name)
    if kept:
        return kept, "keyring"
    text = os.environ.get(name, "")
    return (Secret(text), "environment") if text.strip() else (None, "")


def _kept(name: str) -> Secret | None:
    """What the keyring has, asked once per process: it may be slow, or ask for a password."""
    with _session.lock:
        if name in _session.from_keyring:
            return _session.from_keyring[name]
    ring = _keyring()
    found = None
    if ring is not None:
        try:
            text = ring.get_password(KEYRING_SERVICE, name)
        except Exception:  # noqa: BLE001 (a locked or missing keyring is as good as none)
            text = None
        found = Secret(text) if text else None
    with _session.lock:
        _session.from_keyring[name] = found
    return found


def _keyring() -> ModuleType | None:
    try:
        return import_module("keyring")
    except Exception:  # noqa: BLE001 (not installed, or its backend breaks on import)
        return None


def _keep(ring: ModuleType, name: str, secret: Secret) -> None:
    try:
        ring.set_password(KEYRING_SERVICE, name, secret.reveal())
    except Exception as error:  # noqa: BLE001
        reason = type(error).__name__
    else:
        return
    raise InvalidInput(f"the keyring did not take the key ({reason}); it can still be used without keep=True")


def _unquoted(text: str) -> str:
    text = text.strip().strip("\ufeff\u200b")
    while len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        text = text[1:-1].strip()
    return text


def _clean(known: KeySource, name: str, given: Secret, place: str) -> Secret:
    """The key without what a paste adds.

    Raises `MissingKey` with the reason, for what cannot be a key; no variable of this frame shows the text either.
    """
    secret, reason = _judged(known, name, given, place)
    if reason:
        raise MissingKey(
            known.service, f"{known.title}: the key for {name} (from {PLACES[place]}) {reason}. {_mend(known)}"
        )
    return secret


def _judged(known: KeySource, name: str, given: Secret, place: str) -> tuple[Secret, str]:
    """The key as it is meant, and why it cannot be one: `""` where it can. Raises nothing, as it knows the text."""
    text: object = given.reveal()
    if not isinstance(text, str):
        return given, f"is a text, not {type(text).__name__}"
    text = re.sub(rf"^(export\s+)?{re.escape(name)}\s*=\s*", "", _unquoted(text))
    text = re.sub(r"^(Authorization:\s*)?(Bearer|Key)\s+(?=\S+$)", "", _unquoted(text), flags=re.IGNORECASE)
    reason = ""
    if not text:
        reason = "is empty"
    elif re.search(r"\s", text):
        reason = "has a space or a line break inside it"
    elif not text.isascii() or not text.isprintable():
        reason = "has characters that no key has (a dash or quote changed by a text editor?)"
    elif len(text) > MAX_KEY_CHARS:
        reason = f"is {len(text):,} characters long"
    elif text.lower().startswith(("http://", "https://")):
        reason = f"is an address; that belongs into {known.url_variable}"
    elif re.fullmatch(r"<.*>|\.+", text) or (place == "answer" and PLACEHOLDER.fullmatch(text)):
        reason = "is a placeholder"
    return Secret(text), reason


def _missing(known: KeySource, lacking: Sequence[str]) -> str:
    made = f" {known.where[:1].upper()}{known.where[1:]}." if known.where else ""
    unset = f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not set"
    return f"{known.title} needs a key: {unset}.{made} {_mend(known)}"


def _mend(known: KeySource) -> str:
    exports = " ".join(f"{name}=…" for name in known.variables)
    return (
        f"In a notebook: %imagegen login {known.service} (after %load_ext ipyimagegen)   In a shell: export {exports}"
    )
