"""Which browser and network a request comes from, in words that a person recognises. Told to the person, never a proof of anything."""

from __future__ import annotations

import ipaddress
import re

from django.utils.translation import gettext as _

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
