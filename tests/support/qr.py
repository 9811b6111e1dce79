"""Reads QR codes (ISO/IEC 18004, versions 1 to 10) as a phone does: out of a rendered page of a PDF, or out of the SVG on a page.

The codes are drawn, not photographed: nothing is damaged, so errors are not corrected but would show as nonsense.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import pypdfium2

Matrix = list[list[bool]]
DARK = bytes(value < 128 for value in range(256))
RUNS = re.compile(rb"\x00+|\x01+")
MASKS: tuple[Callable[[int, int], int], ...] = (
    lambda i, j: (i + j) % 2,
    lambda i, j: i % 2,
    lambda i, j: j % 3,
    lambda i, j: (i + j) % 3,
    lambda i, j: (i // 2 + j // 3) % 2,
    lambda i, j: i * j % 2 + i * j % 3,
    lambda i, j: (i * j % 2 + i * j % 3) % 2,
    lambda i, j: ((i + j) % 2 + i * j % 3) % 2,
)
"""By row and column: where it is 0, the module is inverted."""
FORMAT = [(8, 0), (8, 1), (8, 2), (8, 3), (8, 4), (8, 5), (8, 7), (8, 8), (7, 8), (5, 8), (4, 8), (3, 8), (2, 8), (1, 8), (0, 8)]
"""Where the fifteen bits of the format stand, row and column, the highest first."""
LEVELS = {
    0b01: "19,34,55,80,108,68*2,78*2,97*2,116*2,68*2+69*2",
    0b00: "16,28,44,32*2,43*2,27*4,31*4,38*2+39*2,36*3+37*2,43*4+44",
    0b11: "13,22,17*2,24*2,15*2+16*2,19*4,14*2+15*4,18*4+19*2,16*4+17*4,19*6+20*2",
    0b10: "9,16,13*2,9*4,11*2+12*2,15*4,13*4+14,14*4+15*2,12*4+13*4,15*6+16*2",
}
"""Data codewords of each block, by level of correction and version from 1 on."""
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def in_pdf(content: bytes) -> list[str]:
    """What the codes in a PDF say, page by page."""
    return [said for page in pypdfium2.PdfDocument(content) for said in _on(page)]


def _on(page: pypdfium2.PdfPage) -> list[str]:
    picture = page.render(scale=4, grayscale=True).to_pil()
    width, height = picture.size
    pixels = picture.tobytes().translate(DARK)
    rows = [pixels[y * width : (y + 1) * width] for y in range(height)]
    corners = sorted(_corners(rows))
    found = []
    for x, y, unit in corners:
        right = min((a for a, b, _u in corners if abs(b - y) < 2 * unit and a > x + 8 * unit), default=None)
        below = min((b for a, b, _u in corners if abs(a - x) < 2 * unit and b > y + 8 * unit), default=None)
        if right is not None and below is not None:
            size = round((right - x) / unit) + 7
            step = (right - x) / (size - 7)
            at = [[bool(rows[round(y + (i - 3) * step)][round(x + (j - 3) * step)]) for j in range(size)] for i in range(size)]
            found.append(text_of(at))
    return found


def in_svg(page: str) -> list[str]:
    """What the codes drawn as SVG on a page of ours say: lines of dark modules, one unit each, two units of border."""
    found = []
    for drawing in re.findall(r'<path[^>]*class="qrline"[^>]*\bd="([^"]+)"', page):
        dark: set[tuple[int, int]] = set()
        x = y = 0.0
        for command, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?:[ ,]?(-?[\d.]+))?", drawing):
            if command == "h":
                dark |= {(int(y), int(x) + step) for step in range(int(float(first)))}
                x += float(first)
            else:
                x, y = (float(first), float(second)) if command == "M" else (x + float(first), y + float(second))
        top, left = min(i for i, _j in dark), min(j for _i, j in dark)
        size = max(j for _i, j in dark) - left + 1
        found.append(text_of([[(i + top, j + left) in dark for j in range(size)] for i in range(size)]))
    return found


def _corners(rows: list[bytes]) -> Iterator[tuple[float, float, float]]:
    """Centres of the squares in three corners of each code, and the width of a module: 1:1:3:1:1 across and down."""
    seen: list[tuple[float, float]] = []
    for y in range(0, len(rows), 3):
        for x, unit in _like_a_corner(rows[y]):
            if any(abs(x - a) < 3 * unit and abs(y - b) < 3 * unit for a, b in seen):
                continue
            top, bottom = max(0, int(y - 6 * unit)), int(y + 6 * unit)
            column = bytes(row[round(x)] for row in rows[top:bottom])
            down = [(top + place, size) for place, size in _like_a_corner(column) if abs(top + place - y) < 2 * unit]
            if down and abs(down[0][1] - unit) < unit / 3:
                seen.append((x, down[0][0]))
                yield x, down[0][0], unit


def _like_a_corner(line: bytes) -> Iterator[tuple[float, float]]:
    ends = [run.end() for run in RUNS.finditer(line)][:-1]
    for start in range(len(ends) - 5):
        cuts = ends[start : start + 6]
        unit = (cuts[5] - cuts[0]) / 7
        runs = [(after - before) / unit for before, after in pairwise(cuts)]
        if line[cuts[0]] and unit > 1 and all(abs(run - wanted) < 0.5 for run, wanted in zip(runs, (1, 1, 3, 1, 1), strict=True)):
            yield (cuts[0] + cuts[5] - 1) / 2, unit


def text_of(matrix: Matrix) -> str:
    """What the modules say."""
    size = len(matrix)
    version = (size - 17) // 4
    bits = 0
    for i, j in FORMAT:
        bits = bits << 1 | matrix[i][j]
    form = (bits ^ 0b101010000010010) >> 10
    mask = MASKS[form & 7]
    stream = [matrix[i][j] ^ (mask(i, j) == 0) for i, j in _path(size, version)]
    words = [sum(bit << (7 - place) for place, bit in enumerate(stream[at : at + 8])) for at in range(0, len(stream) - 7, 8)]
    return _said(_in_order(words, LEVELS[form >> 3].split(",")[version - 1]), version)


def _path(size: int, version: int) -> Iterator[tuple[int, int]]:
    """Row and column of each module that carries data, in the order in which it was put."""
    centres: list[int] = []
    if version > 1:
        number = version // 7 + 2
        step = (version * 8 + number * 3 + 5) // (number * 4 - 4) * 2
        centres = [6, *sorted(size - 7 - place * step for place in range(number - 1))]
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    marks = [(a, b) for a in centres for b in centres if (a, b) not in corners]

    def fixed(i: int, j: int) -> bool:
        if i == 6 or j == 6 or (i < 9 and (j < 9 or j >= size - 8)) or (i >= size - 8 and j < 9):
            return True
        if version >= 7 and ((i < 6 and j >= size - 11) or (j < 6 and i >= size - 11)):
            return True
        return any(abs(i - a) < 3 and abs(j - b) < 3 for a, b in marks)

    for right in range(size - 1, 0, -2):
        column = right - 1 if right <= 6 else right
        for step_of in range(size):
            i = size - 1 - step_of if (column + 1) & 2 == 0 else step_of
            yield from ((i, j) for j in (column, column - 1) if not fixed(i, j))


def _in_order(words: list[int], blocks: str) -> list[int]:
    """The data of the blocks, one after the other, out of words that were dealt out in turn."""
    lengths = [int(length) for part in blocks.split("+") for length in [part.partition("*")[0]] * int(part.partition("*")[2] or 1)]
    parts: list[list[int]] = [[] for _ in lengths]
    dealt = iter(words)
    for place in range(max(lengths)):
        for part, length in zip(parts, lengths, strict=True):
            if place < length:
                part.append(next(dealt))
    return [word for part in parts for word in part]


def _said(words: list[int], version: int) -> str:
    bits = "".join(f"{word:08b}" for word in words)
    place, text, held = 0, "", b""

    def take(number: int) -> int:
        nonlocal place
        place += number
        return int(bits[place - number : place], 2)

    while len(bits) - place >= 4 and (mode := take(4)):
        late = version >= 10
        if mode == 4:
            held = bytes(take(8) for _ in range(take(16 if late else 8)))
            text += held.decode()
        elif mode == 2:
            number = take(11 if late else 9)
            pairs = [divmod(take(11), 45) for _ in range(number // 2)]
            text += "".join(LETTERS[one] for pair in pairs for one in pair) + (LETTERS[take(6)] if number % 2 else "")
        elif mode == 1:
            number = take(12 if late else 10)
            text += "".join(f"{take(10):03d}" for _ in range(number // 3))
            if number % 3:
                text += f"{take(7):02d}" if number % 3 == 2 else str(take(4))
        else:
            raise AssertionError(f"no mode that we write: {mode}")
    return text
