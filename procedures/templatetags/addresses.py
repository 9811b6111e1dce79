"""``{% load addresses %} {% to "procedure" code %}``: an address in the language of the page."""

from __future__ import annotations

from django import template

from portal import languages

register = template.Library()


@register.simple_tag
def to(name: str, *args: object) -> str:
    """The address of a page that exists in both languages."""
    return languages.address(name, *args)
