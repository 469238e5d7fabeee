"""IP addresses: four octets, or a well-formed IPv6 address. Loopback, unspecified, broadcast and net masks name nobody."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address

from policyroute.scan.detectors.detector import Detector, Page, Span, regex, words
from policyroute.scan.pattern import Pattern

KIND = "ip-address"

_DOTTED = regex(r"[0-9]+(?:\.[0-9]+)+")
_COLONS = regex(r"[0-9A-Fa-f]*:[0-9A-Fa-f:]*(?:[0-9A-Fa-f]+(?:\.[0-9]+){3}|:|[0-9A-Fa-f])")
_LONGEST_V6 = 45
# What has a number of four parts that is no address.
_VERSION = words(
    "version*", "release*", "build*", "firmware", "chrome", "section*", "chapter", "clause", "figure", "table", "oid", "v",
    "ver", "rev", "upgraded", "driver", "annex", "paragraph", "abschnitt", "kapitel", "tel", "tlf", "tél", "phone*", "mobil",
    "mobile", "fax", "telefon*", "telef*", "téléphone", "puh", "gsm", "fon", "handy", "тел",
)  # fmt: skip
# Numbers of sections and releases are small; an address that is, in the text of neither, is called one.
_SMALL = 31
_ADDRESS = words(
    "ip*", "ipv*", "address*", "adresse*", "host*", "server*", "ping*", "dns", "gateway*", "subnet*", "firewall*", "router*",
    "ssh", "nslookup", "traceroute", "resolver*", "nameserver*", "proxy", "listen*", "curl", "network*", "cidr",
)  # fmt: skip


def _find_v4(page: Page) -> Iterator[Span]:
    raw = page.raw
    for match in _DOTTED.finditer(raw):
        start, end = match.span()
        octets = match[0].split(b".", 4)
        if len(octets) != 4 or any(len(o) > 3 or int(o) > 255 or (len(o) > 1 and o[0] == 48) for o in octets):
            continue
        first = int(octets[0])
        if first in (0, 127) or octets[:2] == [b"255", b"255"]:
            continue
        before, after = raw[start - 1 : start] if start else b"", raw[end : end + 1]
        if before.isalnum() or before in (b"_", b"$", b"-", b".") or after.isalpha() or after == b"_":
            continue
        small = first != 10 and len(set(octets)) > 1 and all(int(o) <= _SMALL for o in octets)
        if not _VERSION.near(page, start, end, 16, 0) and (not small or _ADDRESS.near(page, start, end, 40, 25)):
            yield start, end


def _find_v6(page: Page) -> Iterator[Span]:
    raw = page.raw
    for match in _COLONS.finditer(raw):
        start, end = match.span()
        if end - start > _LONGEST_V6 or (start and raw[start - 1 : start].isalnum()) or raw[end : end + 1].isalnum():
            continue
        value = match[0].decode("ascii")
        if value.endswith(":") and not value.endswith("::"):
            value, end = value[:-1], end - 1
        if value.count(":") < 7 and "::" not in value:
            continue
        groups = value.split(":")
        if sum(map(bool, groups)) < 2:
            continue
        # Slices, scope operators and loopback look like the shortest addresses: ask for a group of three with a figure.
        telling = any(len(group) >= 3 and any(c.isdigit() for c in group) for group in groups)
        if not telling and not value.lower().startswith("fe"):
            continue
        try:
            IPv6Address(value)
        except AddressValueError:
            continue
        yield start, end


DETECTORS = (
    Detector(
        KIND, (Pattern("regex", (r"\d\.\d{1,3}\.\d{1,3}\.\d",)),), _find_v4, "four octets, and no word like version before them"
    ),
    Detector(
        KIND,
        (Pattern("regex", (r"[0-9a-f]{1,4}:[0-9a-f]{0,4}:[0-9a-f]{0,4}:", r"[0-9a-f]{3}::", r"::[0-9a-f]{3}")),),
        _find_v6,
        "a well-formed IPv6 address",
    ),
)
