"""Every pair of colours that meets on a page, computed after WCAG 2.2 in each of the four themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text()
TEXT = [
    ("ink", "paper", 7.0), ("ink", "surface", 7.0), ("ink", "sand", 7.0),
    ("ink-soft", "paper", 7.0), ("ink-soft", "surface", 7.0), ("ink-soft", "sand", 6.0),
    ("ink", "info-soft", 7.0), ("ink", "good-soft", 7.0), ("ink", "wait-soft", 7.0), ("ink", "bad-soft", 7.0),
    ("paper", "ink", 7.0),
    ("link", "paper", 7.0), ("link", "surface", 7.0), ("link", "sand", 4.5), ("link", "info-soft", 4.5),
    ("visited", "paper", 4.5), ("visited", "surface", 4.5), ("visited", "sand", 4.5),
    ("brand", "paper", 4.5), ("brand", "surface", 4.5), ("brand", "sand", 4.5),
    ("action", "surface", 4.5), ("action", "sand", 4.5), ("on-action", "action", 7.0), ("on-action", "action-hover", 7.0),
    ("on-band", "band", 7.0), ("band-soft", "band", 4.5),
    ("good", "good-soft", 4.5), ("wait", "wait-soft", 4.5), ("bad", "bad-soft", 4.5), ("info", "info-soft", 4.5),
    ("good", "paper", 4.5), ("wait", "paper", 4.5), ("bad", "paper", 4.5), ("bad", "surface", 4.5),
    ("link", "good-soft", 4.5), ("link", "wait-soft", 4.5), ("link", "bad-soft", 4.5),
    ("good", "surface", 4.5), ("wait", "surface", 4.5), ("action", "paper", 4.5), ("ink-soft", "info-soft", 4.5),
    ("on-low", "scale-1", 4.5), ("on-low", "scale-2", 4.5), ("on-low", "scale-3", 4.5),
    ("on-high", "scale-4", 4.5), ("on-high", "scale-5", 4.5),
]  # fmt: skip
SHAPES = [
    ("line-strong", "surface"),
    ("line-strong", "paper"),
    ("action", "paper"),
    ("focus", "paper"),
    ("focus", "sand"),
    ("focus", "surface"),
    ("band-soft", "band"),
    ("bad", "surface"),
    ("line-strong", "sand"),
    ("action", "sand"),
    ("link", "paper"),
    ("good", "paper"),
    ("wait", "paper"),
    ("bad", "paper"),
    ("paper", "ink"),
]
THEMES = {
    "light": [""],
    "dark": ["", "(prefers-color-scheme: dark)"],
    "high contrast": ["", "(prefers-contrast: more)"],
    "dark, high contrast": [
        "",
        "(prefers-color-scheme: dark)",
        "(prefers-contrast: more)",
        "(prefers-contrast: more) and (prefers-color-scheme: dark)",
    ],
}


def blocks() -> dict[str, dict[str, str]]:
    """The tokens of each theme's block, by its media condition."""
    found: dict[str, dict[str, str]] = {}
    for match in re.finditer(r"(?:@media ([^{]+)\{\s*)?:root \{([^}]*)\}", CSS):
        found[(match[1] or "").strip()] = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})\b", match[2]))
    return found


def tokens(theme: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for condition in THEMES[theme]:
        values |= blocks()[condition]
    return values


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_every_theme_sets_every_colour():
    names = set(blocks()[""])
    assert len(names) > 20
    for condition, values in blocks().items():
        assert set(values) == names, condition


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.requirement("N-07")
def test_text_meets_its_contrast(theme):
    values = tokens(theme)
    poor = [
        f"{fg} on {bg}: {contrast(values[fg], values[bg]):.2f} < {least}"
        for fg, bg, least in TEXT
        if contrast(values[fg], values[bg]) < least
    ]
    assert poor == []


@pytest.mark.parametrize("theme", ["high contrast", "dark, high contrast"])
@pytest.mark.requirement("N-07")
def test_who_asks_for_more_contrast_gets_aaa(theme):
    values = tokens(theme)
    assert [(fg, bg) for fg, bg, _least in TEXT if contrast(values[fg], values[bg]) < 7] == []


@pytest.mark.parametrize("theme", THEMES)
def test_the_steps_of_the_map_go_one_way(theme):
    """Told apart in grey too: each step is darker (lighter in the dark) than the one before."""
    shades = [luminance(tokens(theme)[f"scale-{step}"]) for step in range(1, 6)]
    assert shades == sorted(shades, reverse="dark" not in theme)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.requirement("N-07")
def test_edges_and_focus_are_seen(theme):
    values = tokens(theme)
    assert [(one, other) for one, other in SHAPES if contrast(values[one], values[other]) < 3] == []


def test_sheets_use_tokens_only():
    for name in ("portal.css", "pages.css", "desk.css"):
        sheet = (Path(settings.BASE_DIR) / "static/css" / name).read_text()
        used = set(re.findall(r"var\(--([a-z0-9-]+)", sheet))
        own = set(re.findall(r"--([a-z0-9-]+):", sheet)) | set(re.findall(r"--([a-z0-9-]+):", CSS))
        assert used <= own, f"{name}: {used - own}"
