"""Where a request may go: an https address whose host an operator has named."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

LONGEST_ADDRESS: Final = 500
HTTPS_PORT: Final = 443
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last part begins with a letter: a number in any form is an address, not a name.
_NAME: Final = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?", re.ASCII)
_LONGEST_NAME: Final = 253
# Visible ASCII without what programs read in different ways.
_ADDRESS: Final = re.compile(r"https://[!#$%&'()*+,./0-9:;=?@A-Z_a-z~-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Host:
    """A host by its name, in lower case, and the port on it."""

    name: str
    port: int = HTTPS_PORT

    def __str__(self) -> str:
        return self.name if self.port == HTTPS_PORT else f"{self.name}:{self.port}"


class BadAddress(ValueError):
    """Why an address cannot be used, for the person who entered it."""


def hosts_in(text: str) -> frozenset[Host]:
    """The hosts of a setting: names, with a port where it is not 443, and spaces or commas between them.

    Raises ValueError for what is not the full name of a host.
    """
    return frozenset(_host_of(word) for word in text.replace(",", " ").split())


def host_of(address: str, allowed: AbstractSet[Host]) -> Host:
    """The host of an address. Raises BadAddress for one that is not https, or whose host is not among these."""
    if len(address) > LONGEST_ADDRESS:
        raise BadAddress(f"Address must be {LONGEST_ADDRESS} characters or fewer.")
    if not _ADDRESS.fullmatch(address):
        raise BadAddress("Enter an address that begins with https:// and the full name of a host.")
    parts = urlsplit(address)
    if "@" in parts.netloc:
        raise BadAddress("Enter an address without a user name or password.")
    if "#" in address:
        raise BadAddress("Enter an address without #.")
    host = _named_in(parts)
    if host not in allowed:
        raise BadAddress(f"{host} is not a host that the operator of this service allows. Ask them to add it.")
    return host


def _named_in(parts: SplitResult) -> Host:
    try:
        return _host_of(parts.netloc.lower())
    except ValueError:
        raise BadAddress("Enter the full name of a host, such as hooks.example.org, not a network address.") from None


def _host_of(text: str) -> Host:
    name, colon, port = text.partition(":")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise ValueError(f"{text} is not the full name of a host, in lower case.")
    if colon and not (port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= 65535):
        raise ValueError(f"{text} has no port from 1 to 65535.")
    return Host(name, int(port) if colon else HTTPS_PORT)
