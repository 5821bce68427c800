"""Tell which IP addresses belong to the public internet, and which of the others hand out a machine's credentials.

This module refuses nothing itself. An address is refused in two places: saas.outbound.check_url refuses a URL as
written, from its text alone, and saas.outbound.guarded_http refuses what a host name resolves to when a connection
opens."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# `is_global` follows IANA's registries, but which edition depends on the patch release of Python, and some
# addresses are "global" there on which no honest service answers. `is_global` may accept each of these ranges.
NOT_PUBLIC_IPV4 = [
    IPv4Network("168.63.129.16/32"),  # registered, but only Azure's host answers: metadata and extension keys
    IPv4Network("192.0.0.0/24"),  # protocol assignments, Oracle's metadata; older Pythons know only a part
    IPv4Network("192.88.99.0/24"),  # the retired 6to4 relays: any network that announces the range answers
    IPv4Network("224.0.0.0/4"),  # multicast, which `is_global` counts as global
]
# The only range from which public unicast addresses are assigned. Requiring it, instead of listing what to
# refuse, excludes ::, ::1, IPv4-mapped, -compatible and -translated forms, 64:ff9b:1::/48 (NAT64 inside a
# network), 100::/64, 5f00::/16, site-local, link-local, unique local, multicast and all unassigned ranges.
PUBLIC_IPV6 = IPv6Network("2000::/3")
NOT_PUBLIC_IPV6 = [
    IPv6Network("2001::/23"),  # protocol assignments (Teredo, ORCHID); newer Pythons call parts of it global
    IPv6Network("2002::/16"),  # 6to4 carries an IPv4 address, which a relay in our network would reach
    IPv6Network("3fff::/20"),  # documentation since 2024, unknown to Python 3.11
]
# Resolvers of IPv6-only networks (DNS64) wrap every IPv4 address in this range, so the inner address is checked.
NAT64 = IPv6Network("64:ff9b::/96")

# Services at these addresses hand out the machine's own credentials to any program on it.
METADATA: list[IPv4Network | IPv6Network] = [
    IPv4Network("169.254.0.0/16"),  # link-local: AWS, Azure, Google, DigitalOcean, containers' credentials
    IPv4Network("100.100.100.200/32"),  # Alibaba
    IPv4Network("168.63.129.16/32"),  # Azure
    IPv4Network("192.0.0.192/32"),  # Oracle
    IPv6Network("fe80::/10"),  # link-local
    IPv6Network("fd00:ec2::/32"),  # AWS
    IPv6Network("fd20:ce::/32"),  # Google
]


def is_public(address: str) -> bool:
    """Return whether the address belongs to the public internet. A text that is no IP address does not."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return _is_public_ipv4(parsed)
    # A zone ("%eth0") selects a network interface of this machine, for which a tenant has no reason.
    return parsed.scope_id is None and _is_public_ipv6(parsed)


def is_metadata(address: str) -> bool:
    """Return whether a cloud's metadata service may answer at this address, or at an IPv4 address wrapped in it."""
    parsed = ip_address(address.partition("%")[0])
    return any(inner in network for inner in {parsed, _unwrapped(parsed)} for network in METADATA)


def _is_public_ipv4(address: IPv4Address) -> bool:
    return address.is_global and not any(address in network for network in NOT_PUBLIC_IPV4)


def _is_public_ipv6(address: IPv6Address) -> bool:
    if address in NAT64:
        return _is_public_ipv4(_last_32_bits(address))
    is_handed_out = address in PUBLIC_IPV6 and address.is_global
    return is_handed_out and not any(address in network for network in NOT_PUBLIC_IPV6)


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return _last_32_bits(address)
    return address.ipv4_mapped or address.sixtofour or address


def _last_32_bits(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFF_FFFF)
