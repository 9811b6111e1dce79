"""Marked places of a public page: a stranger's bytes, into which the parts of somebody who is signed in are set (no part is ever kept).

A template marks a place by ``{% own "name" %}…{% endown %}``. Only the page that is to be kept carries the marks, and they are cut out of
it before anybody sees it: what is kept is a stranger's page, and where its places lie.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from django.http import HttpRequest

Place = tuple[str, int, int]
"""A place's name, and where it begins and ends in the bytes of the page."""
Fill = Callable[[HttpRequest, Mapping[str, str]], Mapping[str, str]]
"""What to set into the places a page has: given the request and what stands there for strangers, the parts by name."""

_MARK = re.compile(rb"\x01(/?)([a-z-]+)\x01")
_fills: list[Fill] = []


def register_own_parts(fill: Fill) -> None:
    """Let a room say what stands in places of every public page for who is signed in. Once, in ``ready()``."""
    if fill not in _fills:
        _fills.append(fill)


def marked(name: str, content: str) -> str:
    """A place with its marks, for the page that is to be kept."""
    return f"\x01{name}\x01{content}\x01/{name}\x01"


def cut_out(content: bytes) -> tuple[bytes, tuple[Place, ...]]:
    """The page without its marks, and its places in order."""
    parts: list[bytes] = []
    places: list[Place] = []
    begun: dict[str, int] = {}
    length = after = 0
    for found in _MARK.finditer(content):
        parts.append(content[after : found.start()])
        length += len(parts[-1])
        after = found.end()
        name = found[2].decode()
        if found[1]:
            places.append((name, begun.pop(name), length))
        else:
            begun[name] = length
    if begun:
        raise ValueError(f"places without an end: {sorted(begun)}")
    return b"".join([*parts, content[after:]]), tuple(places)


def filled(request: HttpRequest, body: bytes, places: tuple[Place, ...], more: Fill | None = None) -> bytes:
    """A stranger's page with the parts of who asks. A place for which nobody has a part stays as strangers see it."""
    originals = {name: body[begin:end].decode() for name, begin, end in places}
    own: dict[str, str] = {}
    for fill in [*_fills, *([more] if more is not None else [])]:
        own |= fill(request, originals)
    parts: list[bytes] = []
    after = 0
    for name, begin, end in places:
        if name in own:
            parts += [body[after:begin], own[name].encode()]
            after = end
    return b"".join([*parts, body[after:]])
