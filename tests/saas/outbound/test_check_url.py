# ruff: noqa: RUF001, S104 - look-alikes and odd addresses are what is tested here

import socket
from ipaddress import IPv4Address, IPv6Address

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saas.outbound.guarded_http import UnsafeURL, check_url, is_public

INSIDE = "The address points inside a private network."
NO_HTTPS = "The address must start with https://."
BAD_HOST = "The address has a host name that is not valid."
BAD_AUTHORITY = "The address has a host or port that cannot be read."
BAD_IPV6 = "The address has an IPv6 address that is not valid."
ODD_NUMBER = "Write an IP address as four plain numbers, or use the host's name."
INVISIBLE = "The address contains spaces, backslashes or invisible characters."


@pytest.fixture(autouse=True)
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a form asked a name server")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("HTTPS://API.Example.COM:443/V1", "https://api.example.com/V1"),
        ("https://api.example.com./v1", "https://api.example.com/v1"),
        ("https://api.example.com/v1/", "https://api.example.com/v1/"),
        ("https://api.example.com:8443/v1", "https://api.example.com:8443/v1"),
        ("https://api.example.com:0443", "https://api.example.com"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://ａｐｉ.example。com", "https://api.example.com"),
        ("https://api.example.com/a/../b", "https://api.example.com/b"),
        ("https://1.1.1.1/v1", "https://1.1.1.1/v1"),
        ("https://[2606:4700:4700:0::1111]:8443", "https://[2606:4700:4700::1111]:8443"),
        (
            "https://my-resource.openai.azure.com/openai/v1/",
            "https://my-resource.openai.azure.com/openai/v1/",
        ),
    ],
)
def test_a_public_address_is_given_back_in_its_normal_form(url: str, normal: str) -> None:
    assert check_url(url, allowed_hosts=[]) == normal


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", NO_HTTPS),
        ("api.example.com", NO_HTTPS),
        ("//api.example.com", NO_HTTPS),
        ("http://api.example.com", NO_HTTPS),
        ("ftp://api.example.com", NO_HTTPS),
        ("file:///etc/passwd", NO_HTTPS),
        ("gopher://api.example.com", NO_HTTPS),
        ("javascript:alert(1)//https://api.example.com", NO_HTTPS),
        ("https:api.example.com", NO_HTTPS),
        ("https:///api.example.com", BAD_HOST),
        ("https://", BAD_HOST),
        ("https://.", BAD_HOST),
        ("https://a..example", BAD_HOST),
        ("https://example.com..", BAD_HOST),
        ("https://-a.example", BAD_HOST),
        ("https://a.example-", BAD_HOST),
        ("https://" + "a" * 64 + ".example", BAD_HOST),
        ("https://" + "a." * 130 + "example", BAD_HOST),
        ("https://exa%6dple.com", BAD_HOST),
        ("https://127%2e0%2e0%2e1", BAD_HOST),
        ("https://%31%32%37.0.0.1", ODD_NUMBER),
        ("https://a.example,b.example", BAD_HOST),
        ("https://a.example;b", BAD_HOST),
        ("https://*.example.com", BAD_HOST),
        ("https://exa$mple.com", BAD_HOST),
        ("https://\u2100.example", BAD_HOST),
        ("https://me@api.example.com", "The address must not contain a user name or password."),
        ("https://me:pass@api.example.com", "The address must not contain a user name or password."),
        ("https://api.example.com@127.0.0.1", "The address must not contain a user name or password."),
        ("https://127.0.0.1:80@api.example.com", "The address must not contain a user name or password."),
        ("https://api.example.com/#x", "The address must not contain a # part."),
        ("https://api.example.com#@127.0.0.1", "The address must not contain a # part."),
        ("https://api.example.com/?x=1", "The address must not contain a ? part."),
        ("https://api.example.com?", "The address must not contain a ? part."),
        ("https://api.example.com\\@127.0.0.1", INVISIBLE),
        ("https://api.example.com/ x", INVISIBLE),
        (" https://api.example.com", INVISIBLE),
        ("https://api.example.com\n", INVISIBLE),
        ("https://api.exam\tple.com", INVISIBLE),
        ("https://api.example.com/\x00", INVISIBLE),
        ("https://api.example.com/\r\nHost: 127.0.0.1", INVISIBLE),
        ("https://local\u00adhost", INVISIBLE),
        ("https://local\u200bhost", INVISIBLE),
        ("https://\u202eapi.example.com", INVISIBLE),
        ("https://api.example.com/\ud800", INVISIBLE),
        ("https://api.example.com:", BAD_AUTHORITY),
        ("https://api.example.com:0", BAD_AUTHORITY),
        ("https://api.example.com:65536", BAD_AUTHORITY),
        ("https://api.example.com:99999", BAD_AUTHORITY),
        ("https://api.example.com:-1", BAD_AUTHORITY),
        ("https://api.example.com:+443", BAD_AUTHORITY),
        ("https://api.example.com:4_43", BAD_AUTHORITY),
        ("https://api.example.com:443:80", BAD_AUTHORITY),
        ("https://api.example.com:٤٤٣", BAD_AUTHORITY),
        ("https://[::1", BAD_AUTHORITY),
        ("https://[::1]x", BAD_AUTHORITY),
        ("https://::1", BAD_AUTHORITY),
        ("https://api.example.com:22", "The address must not use port 22."),
        ("https://api.example.com:25", "The address must not use port 25."),
        ("https://api.example.com:80", "The address must not use port 80."),
        ("https://api.example.com/" + "a" * 4096, "The address is longer than 4096 characters."),
    ],
)
def test_a_malformed_address_is_refused_with_its_reason(url: str, sentence: str) -> None:
    with pytest.raises(UnsafeURL) as refusal:
        check_url(url, allowed_hosts=[])
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("localhost", INSIDE),
        ("LOCALHOST", INSIDE),
        ("localhost.", INSIDE),
        ("ｌｏｃａｌｈｏｓｔ", INSIDE),
        ("ⓛocalhost", INSIDE),
        ("a.localhost", INSIDE),
        ("localhost.localdomain", INSIDE),
        ("printer.local", INSIDE),
        ("printer.local.", INSIDE),
        ("metadata.google.internal", INSIDE),
        ("kubernetes.default.svc.cluster.local", INSIDE),
        ("nas.lan", INSIDE),
        ("router.home.arpa", INSIDE),
        ("redis", INSIDE),
        ("metadata", INSIDE),
        ("127.0.0.1", INSIDE),
        ("0.0.0.0", INSIDE),
        ("10.1.2.3", INSIDE),
        ("169.254.169.254", INSIDE),
        ("168.63.129.16", INSIDE),
        ("100.64.0.1", INSIDE),
        ("224.0.0.1", INSIDE),
        ("255.255.255.255", INSIDE),
        ("0", ODD_NUMBER),
        ("127.1", ODD_NUMBER),
        ("127.0.1", ODD_NUMBER),
        ("127.0.0.1.", ODD_NUMBER),
        ("2130706433", ODD_NUMBER),
        ("0x7f000001", ODD_NUMBER),
        ("0X7F.0.0.1", ODD_NUMBER),
        ("0x7f.1", ODD_NUMBER),
        ("127.0.0.0x1", ODD_NUMBER),
        ("127.0.0.0x", ODD_NUMBER),
        ("0177.0.0.1", ODD_NUMBER),
        ("017700000001", ODD_NUMBER),
        ("127.0.0.01", ODD_NUMBER),
        ("127.000.000.001", ODD_NUMBER),
        ("8.8.8.08", ODD_NUMBER),
        ("256.0.0.1", ODD_NUMBER),
        ("1.2.3.4.5", ODD_NUMBER),
        ("4294967297", ODD_NUMBER),
        ("１２７.０.０.１", ODD_NUMBER),
        ("①②⑦.⓪.⓪.①", ODD_NUMBER),
        ("127。0。0。1", ODD_NUMBER),
        ("127．0．0．1", ODD_NUMBER),
        ("８.８.８.８", ODD_NUMBER),
        ("[::]", INSIDE),
        ("[::1]", INSIDE),
        ("[0:0:0:0:0:0:0:1]", INSIDE),
        ("[::127.0.0.1]", INSIDE),
        ("[::ffff:127.0.0.1]", INSIDE),
        ("[::FFFF:7F00:1]", INSIDE),
        ("[::ffff:a9fe:a9fe]", INSIDE),
        ("[64:ff9b::7f00:1]", INSIDE),
        ("[64:ff9b:1::1]", INSIDE),
        ("[2002:7f00:1::]", INSIDE),
        ("[2001:0:4136:e378:8000:63bf:80ff:fffe]", INSIDE),
        ("[fe80::1]", INSIDE),
        ("[fec0::1]", INSIDE),
        ("[fd00:ec2::254]", INSIDE),
        ("[ff02::1]", INSIDE),
        ("[2001:db8::1]", INSIDE),
        ("[fe80::1%eth0]", BAD_IPV6),
        ("[fe80::1%25eth0]", BAD_IPV6),
        ("[2606:4700::1%1]", BAD_IPV6),
        ("[127.0.0.1]", BAD_IPV6),
        ("[::ffff:0177.0.0.1]", BAD_IPV6),
        ("[v1.fe80::1]", BAD_IPV6),
        ("[]", BAD_IPV6),
    ],
)
def test_a_host_inside_is_refused_in_every_spelling(host: str, sentence: str) -> None:
    for url in (f"https://{host}", f"https://{host}:8443/v1"):
        with pytest.raises(UnsafeURL) as refusal:
            check_url(url, allowed_hosts=[])
        assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:8000/sandbox/v1", "127.0.0.1:8000"),
        ("http://127.0.0.1:8000/sandbox/v1", "127.0.0.1"),
        ("http://localhost:8000", "localhost"),
        ("http://ollama:11434/v1", "ollama:11434"),
        ("http://my_model.internal:81/v1", "*.internal"),
        ("https://a.b.corp.example:22", "*.corp.example:22"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("http://[::1]:8000", "::1"),
        ("http://[::1]:8000", "[::1]"),
        ("http://api.example.com", "API.example.com:80"),
        ("http://169.254.10.10:8000", "169.254.10.10"),
    ],
)
def test_a_host_that_the_operator_allows_may_be_inside_and_plain_http(url: str, allowed: str) -> None:
    assert check_url(url, allowed_hosts=["other.example", f" {allowed} "]) == url


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:8001", "127.0.0.1:8000"),
        ("http://127.0.0.1", "127.0.0.1:8000"),
        ("http://127.0.0.2", "127.0.0.1"),
        ("http://127.0.0.1", "*.0.0.1"),
        ("http://127.0.0.1", "*"),
        ("http://127.0.0.1", ""),
        ("http://127.1", "127.0.0.1"),
        ("http://127.1", "127.1"),
        ("http://2130706433", "2130706433"),
        ("http://me@127.0.0.1", "127.0.0.1"),
        ("http://xlocalhost", "localhost"),
        ("http://evil-corp.example", "*.corp.example"),
        ("http://corp.example", "*.corp.example"),
        ("http://corp.example.evil.example", "*.corp.example"),
        ("http://xcorp.example", "corp.example"),
        ("http://a.corp.example", "corp.example"),
        ("http://api.example.com:8080", "api.example.com:80"),
        ("http://[::2]", "::1"),
        ("ftp://127.0.0.1", "127.0.0.1"),
    ],
)
def test_the_operators_list_exempts_nothing_else(url: str, allowed: str) -> None:
    with pytest.raises(UnsafeURL):
        check_url(url, allowed_hosts=[allowed])


def test_an_address_that_the_sending_library_reads_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    read = httpx2.URL
    for other in (
        "https://evil.example",
        "http://api.example.com",
        "https://api.example.com:1",
        "https://me@api.example.com",
    ):
        monkeypatch.setattr("saas.outbound.check_url.httpx2.URL", lambda _, other=other: read(other))
        with pytest.raises(UnsafeURL):
            check_url("https://api.example.com", allowed_hosts=[])


def test_a_link_may_keep_its_query_where_that_is_asked_for() -> None:
    link = "https://files.example.com/a.png?se=2026&sig=a%2Fb%3D"
    assert check_url(link, allowed_hosts=[], query=True) == link


PRIVATE_NETWORKS = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
]
private_addresses = st.sampled_from([*PRIVATE_NETWORKS, "192.168.0.0/16", "224.0.0.0/3"]).flatmap(
    lambda network: st.ip_addresses(v=4, network=network)
)


@st.composite
def ipv4_spellings(draw: st.DrawFn) -> str:
    """As a resolver reads it: one to four parts, each decimal, octal or hexadecimal, in any script."""
    number = int(draw(private_addresses))
    leading = draw(st.integers(0, 3))
    parts = [(number >> shift) & 0xFF for shift in (24, 16, 8)][:leading]
    parts.append(number & ((1 << (8 * (4 - leading))) - 1))
    forms = ["{}", "0{:o}", "000{:o}", "0x{:x}", "0X{:X}", "0x00{:x}"]
    text = ".".join(draw(st.sampled_from(forms)).format(part) for part in parts)
    script = draw(st.sampled_from(["0123456789.", "０１２３４５６７８９．", "０１２３４５６７８９。", "⓪①②③④⑤⑥⑦⑧⑨｡"]))
    return (text + draw(st.sampled_from(["", "."]))).translate(str.maketrans("0123456789.", script))


@given(ipv4_spellings())
def test_no_spelling_of_a_private_ipv4_address_passes(host: str) -> None:
    with pytest.raises(UnsafeURL):
        check_url(f"https://{host}/v1", allowed_hosts=[])


@given(private_addresses, st.sampled_from([0, 0xFFFF << 32, 0xFFFF << 48, 0x64FF9B << 96, 0x64FF9B0001 << 80]))
def test_no_ipv6_spelling_of_a_private_ipv4_address_passes(inner: IPv4Address, prefix: int) -> None:
    address = IPv6Address(prefix | int(inner))
    head = address.exploded[:-9]
    for text in (str(address), address.exploded, str(address).upper(), f"{head}{inner}"):
        with pytest.raises(UnsafeURL):
            check_url(f"https://[{text}]:8443/v1", allowed_hosts=[])


pieces = st.sampled_from(
    ["0", "1", "127", "0x7f", "0177", "a", "x", "xn--", "-", "_", ".", "。", "１", "％", "%30", "@", ":"]
)


@given(st.lists(pieces, max_size=8).map("".join))
@example("127.1")
def test_what_passes_is_read_as_an_address_only_if_it_is_a_public_one(host: str) -> None:
    try:
        url = httpx2.URL(check_url(f"https://{host}", allowed_hosts=[]))
    except UnsafeURL:
        return
    try:
        packed = socket.inet_aton(url.host)
    except OSError:
        assert "." in url.host
    else:
        assert url.host == socket.inet_ntoa(packed)
        assert is_public(url.host)


@given(st.text(max_size=12), st.text(max_size=12))
def test_the_normal_form_of_a_normal_form_is_itself(host: str, path: str) -> None:
    try:
        normal = check_url(f"https://{host}.example/{path}", allowed_hosts=[], query=True)
    except UnsafeURL:
        return
    assert normal.isascii()
    assert check_url(normal, allowed_hosts=[], query=True) == normal


@given(st.text(max_size=30))
def test_any_text_is_answered_with_an_address_or_a_refusal(text: str) -> None:
    for url in (text, f"https://{text}", f"https://[{text}]/", f"https://a.example:{text}"):
        try:
            normal = check_url(url, allowed_hosts=["localhost"])
        except UnsafeURL:
            continue
        assert normal.startswith("https://")
