"""Only addresses that are reachable from anywhere are public; whatever leads back inside is not."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.public_addresses import is_public

PUBLIC = (
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.215.14", "100.63.255.255", "100.128.0.0"),
    *("126.255.255.255", "128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0"),
    *("172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0"),
    *("192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0"),
    *("223.255.255.255", "2606:4700:4700::1111", "2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1"),
    *("2001:db9::1", "2003::1", "2a00:1450:4009::1", "3ffe::1", "2620:4f:7fff::1", "2620:4f:8001::1"),
    # An interface's own number that only looks like ISATAP.
    "2a00:1450:4009:1:5efe:0:7f00:1",
)
NOT_PUBLIC = (
    *("0.0.0.1", "0.255.255.255", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255"),
    *("127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.192", "192.0.2.1", "192.31.196.1"),
    *("192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1"),
    *("198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1"),
    *("2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1"),
    *("2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0"),
    *("fec0::1", "ff02::1", "2a00:1450:4009:1:0:5efe:7f00:1", "2a00:1450:4009:1:200:5efe:808:808"),
    "2a00:1450::1%eth0",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_reachable_from_anywhere_is_public(address: str) -> None:
    assert is_public(address) is True


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_leads_inside_or_nowhere_is_not_public(address: str) -> None:
    assert is_public(address) is False


@pytest.mark.parametrize(
    "text",
    ["", "localhost", "example.org", "2130706433", "0x7f.1", "127.1", "017700000001", "8.8.8", "8.8.8.8:80", "[::1]"],
)
def test_what_is_not_an_address_in_its_usual_form_is_not_public(text: str) -> None:
    assert not is_public(text)


@given(st.one_of(st.ip_addresses(), st.ip_addresses(network="2000::/4")))
def test_nothing_is_public_that_python_calls_private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if is_public(str(address)):
        assert address.is_global
        wrong = ("private", "loopback", "link_local", "reserved", "multicast", "unspecified")
        assert not any(getattr(address, f"is_{each}") for each in wrong)
