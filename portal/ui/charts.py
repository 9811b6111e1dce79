"""Where the strokes of a chart lie. Pure arithmetic: the fragments in ``templates/components/`` draw what is said here.

Every coordinate is a whole number in the units of the drawing's ``viewBox``, so that no locale writes a comma into it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10
from typing import Any

Number = int | float | Decimal

WIDTH = 400
"""Width of every chart's drawing; at 360 px a unit is about 0.8 px, so 15 units of type stay readable."""
BAR_ROW = 44
LINE_HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 230, 52, 12, 14, 30


@dataclass(frozen=True)
class Bar:
    """One row of a bar chart: its words stand above the bar, so that a long name needs no room beside it."""

    label: str
    value: Number
    text_y: int
    bar_y: int
    length: int


def bars(rows: Sequence[tuple[str, Number]]) -> tuple[list[Bar], int]:
    """The bars from a common zero and the drawing's height. Negative values are refused: a bar of less than nothing misleads."""
    if any(value < 0 for _label, value in rows):
        raise ValueError("a bar chart shows amounts; use a line chart where values may be negative")
    highest = max((float(value) for _label, value in rows), default=0) or 1
    drawn = [
        Bar(str(label), value, at * BAR_ROW + 16, at * BAR_ROW + 23, round(float(value) / highest * WIDTH))
        for at, (label, value) in enumerate(rows)
    ]
    return drawn, max(len(drawn) * BAR_ROW - 6, 1)


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten) that enclose a range, about ``count`` steps."""
    if high - low < 1e-6:
        high = low + 1  # one value, or none: any scale will do
    rough = (high - low) / count
    power = 10 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = floor(low / step), ceil(high / step)
    return [round(at * step, 10) for at in range(first, last + 1)]


@dataclass(frozen=True)
class Line:
    """One series: ``paths`` are its unbroken stretches, ``points`` its values; ``mark`` (1–3) picks stroke and sign."""

    name: str
    mark: int
    paths: list[str]
    points: list[tuple[int, int]]


def lines(labels: Sequence[str], series: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The strokes of up to three series over the same labels. A value of ``None`` is a gap, not a zero.

    Zero is part of the scale: a curve that starts at 95 must not look like one that starts at nothing.
    """
    if len(series) > 3:
        raise ValueError("more than three lines cannot be told apart; use a table")
    known = [float(value) for one in series for value in one["values"] if value is not None]
    scale = ticks(min(known, default=0.0) if min(known, default=0.0) < 0 else 0.0, max(known, default=1.0))
    across = max(len(labels) - 1, 1)

    def x(at: int) -> int:
        return LEFT + round(at * (WIDTH - LEFT - RIGHT) / across)

    def y(value: float) -> int:
        return round(TOP + (scale[-1] - value) / (scale[-1] - scale[0]) * (LINE_HEIGHT - TOP - BOTTOM))

    drawn = []
    for mark, one in enumerate(series, start=1):
        stretches: list[list[tuple[int, int]]] = [[]]
        for at, value in enumerate(one["values"]):
            if value is None:
                stretches.append([])
            else:
                stretches[-1].append((x(at), y(float(value))))
        paths = ["M" + "L".join(f"{a} {b}" for a, b in stretch) for stretch in stretches if len(stretch) > 1]
        drawn.append(Line(str(one["name"]), mark, paths, [point for stretch in stretches for point in stretch]))
    # At most five words under the axis; the last label always stands, and none so near before it that they would touch.
    every = max(1, ceil(len(labels) / 5))
    shown = [at for at in range(len(labels)) if at == len(labels) - 1 or (at % every == 0 and len(labels) - 1 - at >= every)]
    return {
        "lines": drawn,
        "grid": [(y(value), y(value) + 5, Decimal(str(value))) for value in scale],
        "marks": [(x(at), labels[at], "end" if at == len(labels) - 1 and at else "start" if at == 0 else "middle") for at in shown],
        "height": LINE_HEIGHT,
        "left": LEFT,
        "label_x": LEFT - 8,
        "right": WIDTH - RIGHT,
        "base": LINE_HEIGHT - 8,
    }


TILE_W, TILE_H, GAP = 58, 44, 4
PROVINCE_TILES: dict[str, tuple[int, int, tuple[str, ...]]] = {
    "12": (1, 0, ("Lai", "Châu")), "15": (2, 0, ("Lào", "Cai")), "08": (3, 0, ("Tuyên", "Quang")), "04": (4, 0, ("Cao", "Bằng")),
    "11": (0, 1, ("Điện", "Biên")), "14": (1, 1, ("Sơn La",)), "25": (2, 1, ("Phú Thọ",)), "19": (3, 1, ("Thái", "Nguyên")),
    "20": (4, 1, ("Lạng", "Sơn")),
    "01": (2, 2, ("Hà Nội",)), "24": (3, 2, ("Bắc", "Ninh")), "22": (4, 2, ("Quảng", "Ninh")),
    "37": (2, 3, ("Ninh", "Bình")), "33": (3, 3, ("Hưng", "Yên")), "31": (4, 3, ("Hải", "Phòng")),
    "38": (2, 4, ("Thanh", "Hóa")), "40": (2, 5, ("Nghệ", "An")), "42": (3, 6, ("Hà Tĩnh",)), "44": (3, 7, ("Quảng", "Trị")),
    "46": (4, 8, ("Huế",)), "48": (4, 9, ("Đà", "Nẵng")), "51": (5, 10, ("Quảng", "Ngãi")), "52": (5, 11, ("Gia Lai",)),
    "66": (5, 12, ("Đắk", "Lắk")), "68": (4, 13, ("Lâm", "Đồng")), "56": (5, 13, ("Khánh", "Hòa")),
    "80": (2, 14, ("Tây", "Ninh")), "79": (3, 14, ("TP. Hồ", "Chí Minh")), "75": (4, 14, ("Đồng", "Nai")),
    "91": (1, 15, ("An", "Giang")), "82": (2, 15, ("Đồng", "Tháp")), "86": (3, 15, ("Vĩnh", "Long")),
    "96": (1, 16, ("Cà Mau",)), "92": (2, 16, ("Cần", "Thơ")),
}  # fmt: skip
"""Column, row and written name of the 34 provinces (statistics office's codes, since 1 July 2025), about as they lie."""
ISLAND_TILES: dict[str, tuple[int, int, tuple[str, ...]]] = {
    "48": (6, 9, ("Hoàng", "Sa")),
    "56": (6, 13, ("Trường", "Sa")),
}
"""Special zones at sea, coloured as the province they belong to."""


@dataclass(frozen=True)
class Tile:
    """One province of the tile map; ``step`` is 0 (no figure) to 5 (highest fifth)."""

    code: str
    name: str
    step: int
    x: int
    y: int
    words: list[tuple[int, str]]
    middle: int
    island: bool
    href: str


def province_tiles(values: Mapping[str, Number | None], hrefs: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Tiles coloured in five equal steps between the lowest and the highest figure, and the bounds of the steps.

    ``values`` by two-digit code; a province without one is drawn empty. Unknown codes are refused: they would vanish unseen.
    """
    unknown = set(values) - set(PROVINCE_TILES)
    if unknown:
        raise ValueError(f"no such province: {sorted(unknown)}")
    known = [float(value) for value in values.values() if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    width = (high - low) / 5

    def step(code: str) -> int:
        value = values.get(code)
        if value is None:
            return 0
        return 5 if not width else min(5, int((float(value) - low) / width) + 1)

    tiles = []
    for island, places in ((False, PROVINCE_TILES), (True, ISLAND_TILES)):
        for code, (column, row, words) in places.items():
            left, top = column * (TILE_W + GAP) + 1, row * (TILE_H + GAP) + 1
            first = top + (20 if len(words) == 2 else 27)
            spoken = " ".join(words) if not island else f"{' '.join(words)} ({' '.join(PROVINCE_TILES[code][2])})"
            tiles.append(
                Tile(
                    code, spoken, step(code), left, top, [(first + 15 * at, word) for at, word in enumerate(words)],
                    left + TILE_W // 2, island, "" if island else (hrefs or {}).get(code, ""),
                )
            )  # fmt: skip
    bounds = [(low + width * at, low + width * (at + 1)) for at in range(5)] if known and width else [(low, high)] if known else []
    return {
        "tiles": tiles,
        "steps": [(at + 1 if width else 5, Decimal(str(round(a, 2))), Decimal(str(round(b, 2)))) for at, (a, b) in enumerate(bounds)],
        "width": 7 * (TILE_W + GAP),
        "height": 17 * (TILE_H + GAP),
        "tile_w": TILE_W,
        "tile_h": TILE_H,
    }
