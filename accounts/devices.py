"""Which browser and network a request comes from, in words that a person recognises. Told to the person, never a proof of anything."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal.limits import client_address

_BROWSERS = (
    ("Cốc Cốc", r"coc_coc"),
    ("Zalo", r"Zalo"),
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
"""In order: most browsers also bear the names of those below them."""
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)


@dataclass(frozen=True)
class Device:
    """From where somebody comes, as far as their owner is told; empty where it is not known."""

    browser: str = ""
    system: str = ""
    network: str = ""


NOT_KNOWN = Device()


def device_of(request: HttpRequest) -> Device:
    """Browser, system and network of a request, as rows hold them."""
    browser, system = browser_of(request.META.get("HTTP_USER_AGENT", ""))
    return Device(browser[:40], system[:40], network_of(client_address(request))[:60])


def browser_of(agent: str) -> tuple[str, str]:
    """Browser and system by the header ``User-Agent``; empty where it names none that we know."""
    return _first(_BROWSERS, agent), _first(_SYSTEMS, agent)


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for name, pattern in known if re.search(pattern, agent[:500])), "")


def network_of(address: str) -> str:
    """An address without its last part: enough to recognise one's home, too little to follow somebody. Empty for none."""
    try:
        found = ipaddress.ip_address(address.partition("/")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return ".".join(str(found).split(".")[:3]) + ".*"
    return ":".join(found.exploded.split(":")[:3]) + ":*"


def device_words(browser: str, system: str) -> str:
    """As lists and notices name a device."""
    if browser and system:
        return _("%(browser)s trên %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Trình duyệt không rõ")
