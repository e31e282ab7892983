"""Where requests may go, and where the key may."""

from __future__ import annotations

import contextlib
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import ProtocolError
from ipyimagegen.net.addresses import Neighbourhood, is_public, origin

PUBLIC = Neighbourhood.of(["https://api.segmind.com/v1", "https://workflows-api.segmind.com"])
LOCAL = Neighbourhood.of(["http://127.0.0.1:8188"])


@pytest.mark.parametrize(
    ("expected", "url"),
    [
        ("https://a.example:443", "https://A.Example/x?y"),
        ("https://a.example:443", "https://a.example.:443"),
        ("http://a.example:8080", "http://a.example:8080/"),
        ("http://[::1]:80", "http://[::1]/"),
    ],
)
def test_an_origin_is_scheme_host_and_port(expected, url):
    assert expected == origin(url)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a.example/x",
        "gopher://a.example",
        "javascript:alert(1)",
        "//a.example/x",
        "a.example/x",
        "",
        "https://",
        "https://user:pass@a.example/",
        "https://api.segmind.com@evil.example/",
        "https://a.example:99999/",
        "https://a.example/\n",
        "https://a.example\\@b.example/",
        "https://a.example/ x",
        "https://[::1/",
        "https://" + "a" * 20_000,
    ],
)
def test_what_is_no_plain_http_address_is_refused_without_being_quoted(url):
    with pytest.raises(ProtocolError) as caught:
        PUBLIC.place(url)
    assert "evil" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "url",
    ["https://api.segmind.com/v2/x", "https://API.segmind.com:443/", "https://workflows-api.segmind.com/upload-asset"],
)
def test_the_key_goes_to_the_service_s_own_origins(url):
    assert PUBLIC.place(url).own


@pytest.mark.parametrize(
    "url",
    [
        "https://api.segmind.com:8443/",
        "https://api.segmind.com.evil.example/",
        "https://evil.example/?https://api.segmind.com",
        "https://sub.api.segmind.com/",
        "http://api.segmind.com/v2/x",
    ],
)
def test_the_key_goes_nowhere_else(url):
    assert not PUBLIC.place(url).own


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "localhost", "x.localhost", "10.1.2.3", "192.168.0.1",
        "0.0.0.0",  # noqa: S104
        "172.16.0.1", "169.254.169.254", "100.64.0.1", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1]", "[fc00::1]",
        "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "255.255.255.255", "[::7f00:1]", "[::ffff:0:7f00:1]",
        "[64:ff9b:1::7f00:1]", "[fec0::1]", "[fe80::1%25eth0]", "[2606:4700::1%25lo]", "[2001:0:5db8:d822::80ff:fffe]",
        "[2606:4700::5efe:10.0.0.1]", "[2606:4700::200:5efe:127.0.0.1]", "[5f00::1]", "[2001:db8::1]", "192.0.0.192",
        "168.63.129.16", "１２７.0.0.1", "127。0。0。1", "ⓛocalhost", "0177.0.0.1",  # noqa: RUF001
    ],
)  # fmt: skip
def test_a_private_network_is_refused(host):
    with pytest.raises(ProtocolError, match="private"):
        PUBLIC.place(f"https://{host}/x")


def test_a_service_on_this_machine_may_name_addresses_on_this_machine_and_no_other():
    assert LOCAL.place("http://127.0.0.1:8188/x").own
    for host in ("localhost", "[::1]", "[::ffff:127.0.0.1]", "a.localhost"):
        assert not LOCAL.place(f"http://{host}:8188/files/x.png").own
    for host in ("10.0.0.1", "169.254.169.254", "192.168.1.1"):
        with pytest.raises(ProtocolError, match="private"):
            LOCAL.place(f"http://{host}/x")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.2"])
def test_another_port_of_this_machine_is_another_place(host):
    with pytest.raises(ProtocolError, match="private"):
        LOCAL.place(f"http://{host}:8888/api/contents")
    assert not LOCAL.connectable(host, 8888, "127.0.0.1")
    assert not LOCAL.connectable("a.localhost", 8188, "10.0.0.1"), "a name of this machine that means another one"


def test_a_service_on_a_private_network_may_name_its_own_place_only():
    there = Neighbourhood.of(["http://192.168.1.20:7000"])
    assert there.connectable("192.168.1.20", 7000, "192.168.1.20")
    assert not there.connectable("192.168.1.20", 22, "192.168.1.20")
    for host in ("192.168.1.21", "127.0.0.1", "192.168.1.20"):
        with pytest.raises(ProtocolError, match="private"):
            there.place(f"http://{host}/x")


def test_a_plain_address_that_an_encrypted_service_names_is_asked_encrypted():
    assert PUBLIC.place("http://bucket.example/x.png?sign=1").url == "https://bucket.example/x.png?sign=1"
    assert PUBLIC.place("http://bucket.example:80/x.png").url == "https://bucket.example/x.png"
    with pytest.raises(ProtocolError, match="unencrypted"):
        PUBLIC.place("http://bucket.example:8080/x.png")
    assert LOCAL.place("http://bucket.example/x.png").url == "http://bucket.example/x.png"


def test_a_redirect_never_leaves_encryption():
    with pytest.raises(ProtocolError, match="https to http"):
        LOCAL.place("http://a.example/", came_from="https://a.example/")


def test_a_name_that_comes_to_a_private_address_is_not_connected_to():
    assert PUBLIC.connectable("files.example", 443, "93.184.216.34")
    assert not PUBLIC.connectable("files.example", 443, "127.0.0.1")
    assert not LOCAL.connectable("files.example", 8188, "127.0.0.1"), "only names of this machine may mean this machine"
    assert LOCAL.connectable("localhost", 8188, "127.0.0.1")


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822", "::ffff:93.184.216.34",
        "2002:5db8:d822::1", "2606:4700::5efe:93.184.216.34",
    ],
)  # fmt: skip
def test_addresses_of_the_open_internet_are_public(address):
    assert is_public(address)


private = st.one_of(
    *(
        st.ip_addresses(network=network)
        for network in ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "100.64.0.0/10", "0.0.0.0/8")
    )
)


@given(private, st.ip_addresses(network="8.8.0.0/16"), st.ip_addresses(network="2606:4700::/32"), st.integers(0, 2**64))
def test_no_form_of_a_private_address_is_public(address, public, prefix, rest):
    inner, server, high = int(address), int(public), int(prefix) >> 64 << 64
    forms = [
        inner,
        0xFFFF << 32 | inner,
        0xFFFF << 48 | inner,
        0x64FF9B << 96 | inner,
        0x64FF9B0001 << 80 | rest << 32 & ~(0xFFFF << 80) | inner,
        0x2002 << 112 | inner << 80 | rest,
        0x20010000 << 96 | server << 64 | inner ^ 0xFFFFFFFF,
        0x20010000 << 96 | inner << 64 | server,
        high | 0x00005EFE << 32 | inner,
        high | 0x02005EFE << 32 | inner,
    ]
    assert not is_public(str(address))
    assert [] == [str(ip) for form in forms if is_public(str(ip := ipaddress.IPv6Address(form % 2**128)))]


@given(st.ip_addresses(network="fc00::/7") | st.ip_addresses(network="fec0::/10") | st.ip_addresses(network="ff00::/8"))
def test_no_private_address_of_version_6_is_public(address):
    assert not is_public(str(address))


@given(st.text())
def test_any_text_is_an_address_or_refused(text):
    with contextlib.suppress(ProtocolError):
        PUBLIC.place(text)
