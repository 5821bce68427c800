"""Check the URLs that tenants type in: provider base URLs, webhooks, image links. All are hostile input.

This half checks the text alone and asks no name server. The other half, `saas.outbound.guarded_http`, checks what the
name resolves to when connecting; only both together keep a request out of our own network."""

import re
import unicodedata
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import httpx2
import idna

from saas.outbound.addresses import is_public

MAX_LENGTH = 4096  # signed links to images are long
MAX_HOST_LENGTH = 253
MAX_PORT = 65535
FIRST_FREE_PORT = 1024
DEFAULT_PORTS = {"https": 443, "http": 80}

URL = re.compile(r"([^:/?#]*)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.ASCII)
AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?", re.ASCII)
# Underscores are not valid in host names, but names inside a network have them, and resolvers accept them.
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
# getaddrinfo reads 127.1, 0x7f.1, 0177.0.0.1 and 2130706433 as addresses. The last label of each looks like this.
NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)

# Suffixes that are never public, only for the local network (RFC 6761, 6762, 8375, ICANN's list).
INSIDE = ["localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa"]


class UnsafeURL(ValueError):
    """The URL may not be used. The text is one sentence for the person and discloses nothing of our network."""


def check_url(url: str, *, allowed_hosts: Iterable[str], query: bool = False) -> str:
    """Return the URL in its normal form, or raise UnsafeURL. `allowed_hosts` is the operator's list; `query` permits a
    ? part."""
    scheme, host, port, rest = _parts(url, query=query)
    number = port or DEFAULT_PORTS[scheme]
    if not is_allowed(host, number, allowed_hosts):
        _check_public(scheme, host, number)
    netloc = f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
    return _as_sent(f"{scheme}://{netloc}{rest}", scheme, host, number)


def is_allowed(host: str, port: int, allowed_hosts: Iterable[str]) -> bool:
    """Return whether the operator exempts this host: by "host", "host:port", "*.suffix" or "*.suffix:port"."""
    return any(_matches(entry.strip().lower(), host, port) for entry in allowed_hosts)


def is_literal(host: str) -> bool:
    return ":" in host or NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]) is not None


def _parts(url: str, *, query: bool) -> tuple[str, str, int | None, str]:
    if len(url) > MAX_LENGTH:
        raise UnsafeURL(f"The address is longer than {MAX_LENGTH} characters.")
    # Categories C (control, format, surrogate, unassigned) and Z (spaces): parsers drop or move some of them.
    if "\\" in url or any(unicodedata.category(character)[0] in "CZ" for character in url):
        raise UnsafeURL("The address contains spaces, backslashes or invisible characters.")
    match = URL.fullmatch(url)
    if match is None or (match[1].lower() not in DEFAULT_PORTS):
        raise UnsafeURL("The address must start with https://.")
    scheme, authority, path, question, fragment = match.groups(default="")
    if fragment:
        raise UnsafeURL("The address must not contain a # part.")
    if question and not query:
        raise UnsafeURL("The address must not contain a ? part.")
    host, port = _authority(authority)
    return scheme.lower(), host, port, ("" if path == "/" and not question else path) + question


def _authority(authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        raise UnsafeURL("The address must not contain a user name or password.")
    match = AUTHORITY.fullmatch(authority)
    port = int(match[2]) if match and match[2] else None
    if match is None or (port is not None and not 0 < port <= MAX_PORT):
        raise UnsafeURL("The address has a host or port that cannot be read.")
    return normal_host(match[1]), port


def normal_host(written: str) -> str:
    """Return the one spelling in which hosts are compared, an IPv6 address without brackets, or raise UnsafeURL."""
    if ":" in written or written.startswith("["):
        return _ipv6(written.removeprefix("[").removesuffix("]"))
    host = _ascii(written).lower().removesuffix(".")
    if is_literal(host):
        return _ipv4(host, written)
    # This excludes a percent sign too, which could hide any of the characters that the rules above look for.
    if len(host) > MAX_HOST_LENGTH or not all(LABEL.fullmatch(label) for label in host.split(".")):
        raise UnsafeURL("The address has a host name that is not valid.")
    return host


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        # UTS 46 turns full-width digits, circled letters and ideographic full stops into their plain forms.
        return idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError:  # the base of idna's errors
        raise UnsafeURL("The address has a host name that is not valid.") from None


def _ipv4(host: str, written: str) -> str:
    try:
        if written == str(IPv4Address(host)):
            return host
    except AddressValueError:
        pass
    raise UnsafeURL("Write an IP address as four plain numbers, or use the host's name.")


def _ipv6(host: str) -> str:
    try:
        parsed = IPv6Address(host)
    except AddressValueError:
        parsed = None
    if parsed is None or parsed.scope_id is not None:
        raise UnsafeURL("The address has an IPv6 address that is not valid.")
    return str(parsed)


def _check_public(scheme: str, host: str, port: int) -> None:
    if is_literal(host):
        is_inside = not is_public(host)
    else:
        # Our resolver's search list completes a name without a dot: "redis", "metadata", a container's name.
        is_inside = "." not in host or any(f".{host}".endswith(f".{name}") for name in INSIDE)
    if is_inside:
        raise UnsafeURL("The address points inside a private network.")
    if scheme != "https":
        raise UnsafeURL("The address must start with https://.")
    # Ports below 1024 belong to other protocols, some of which would run a line of an HTTP request as a command.
    if port < FIRST_FREE_PORT and port != DEFAULT_PORTS["https"]:
        raise UnsafeURL(f"The address must not use port {port}.")


def _matches(entry: str, host: str, port: int) -> bool:
    name, port_text = _split_entry(entry)
    if port_text and port_text != str(port):
        return False
    if name.startswith("*."):
        return not is_literal(host) and host.endswith(name[1:])
    return host == name


def _split_entry(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":")
    if entry.count(":") > 1:
        return entry, ""
    name, _, port_text = entry.partition(":")
    return name, port_text


def _as_sent(url: str, scheme: str, host: str, port: int) -> str:
    """Return the URL as httpx2, which will send it, spells it. Raise UnsafeURL if httpx2 reads other parts in it."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        raise UnsafeURL("The address cannot be read.") from None
    read = (parsed.scheme, parsed.raw_host.decode("ascii"), parsed.port or DEFAULT_PORTS[scheme])
    if read != (scheme, host, port) or parsed.userinfo:
        raise UnsafeURL("The address cannot be read.")
    return str(parsed)
