"""Which network addresses are public: the only ones that the service connects to because somebody entered a name.

`ipaddress.is_global` is not enough: it calls addresses global that a gateway translates into private ones (NAT64,
6to4), and the address of a cloud's own servers. The networks are those of the IANA special-purpose address registries
(RFC 6890), and the rest of IPv6 outside its global unicast space.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_NOT_PUBLIC_4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by carriers; metadata of one cloud
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # a cloud's servers for its own machines
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # a sink of name servers
            "192.52.193.0/24",  # multicast relays
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # a sink of name servers
            "198.18.0.0/15",  # measurements
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/3",  # multicast, reserved, broadcast
        ),
    )
)
# Everything else is loopback, mapped, translated, link-local, private, multicast or not allocated.
_GLOBAL_UNICAST_6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols: tunnels of Teredo, measurements, identifiers
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which holds an IPv4 address
            "2620:4f:8000::/48",  # a sink of name servers
            "3fff::/20",  # documentation
        ),
    )
)
# The half of an address that says: the last 32 bits are an IPv4 address (ISATAP, RFC 5214). The second is
# for one that a registry has allocated.
_ISATAP: Final = (0x00005EFE, 0x02005EFE)


def is_public(address: str) -> bool:
    """Whether this text is one IPv4 or IPv6 address, in its usual form, that is reachable from anywhere.

    A name is not an address, and an address with a zone (`fe80::1%eth0`) is of one machine alone: both are not public.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return _is_public_4(found) if isinstance(found, IPv4Address) else _is_public_6(found)


def _is_public_4(address: IPv4Address) -> bool:
    return not any(address in network for network in _NOT_PUBLIC_4)


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _GLOBAL_UNICAST_6:
        return False
    holds_other = int(address) >> 32 & 0xFFFFFFFF in _ISATAP
    return not holds_other and not any(address in network for network in _NOT_PUBLIC_6)
