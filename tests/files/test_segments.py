"""The format on disk: any size comes back, any change is noticed."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.files import segments
from portal.files.errors import FileAltered

MIB = segments.SEGMENT_BYTES
BLOCK = MIB + segments.TAG_BYTES
HEADER = len(segments.MAGIC) + segments.FILE_NONCE_BYTES
KEY = bytes(range(32))
FILE = uuid.UUID(int=7)


def _pack(content: bytes, piece: int = 300_000, key: bytes = KEY, file_id: uuid.UUID = FILE) -> bytes:
    out = io.BytesIO()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(content), piece):
            yield content[start : start + piece]

    segments.write(out, key=key, file_id=file_id, content=pieces())
    return out.getvalue()


def _open(packed: bytes, key: bytes = KEY, file_id: uuid.UUID = FILE) -> bytes:
    return b"".join(segments.read(io.BytesIO(packed), key=key, file_id=file_id))


@settings(max_examples=25, deadline=None)
@given(
    size=st.one_of(st.integers(0, 100), *(st.integers(n * MIB - 20, n * MIB + 20) for n in (1, 2, 3))),
    piece=st.sampled_from([1000, 65_536, MIB - 1, MIB, MIB + 1, 5 * MIB]),
)
def test_any_size_comes_back(size: int, piece: int) -> None:
    content = os.urandom(size)
    packed = _pack(content, piece)
    assert len(packed) == HEADER + size + segments.TAG_BYTES * max(1, -(-size // MIB))
    assert _open(packed) == content


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_altered_byte_is_noticed(data: st.DataObject) -> None:
    packed = bytearray(_pack(b"x" * 2000 if data.draw(st.booleans()) else TWO_AND_A_BIT))
    position = data.draw(st.integers(0, len(packed) - 1))
    packed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(FileAltered):
        _open(bytes(packed))


TWO_AND_A_BIT = b"a" * MIB + b"b" * MIB + b"c" * 1000


@settings(max_examples=40, deadline=None)
@given(cut=st.one_of(st.integers(0, 2 * BLOCK + HEADER + 1015), st.sampled_from([HEADER, HEADER + BLOCK, HEADER + 2 * BLOCK])))
def test_a_cut_file_is_noticed_even_at_the_end_of_a_segment(cut: int) -> None:
    with pytest.raises(FileAltered):
        _open(_pack(TWO_AND_A_BIT)[:cut])


def test_reordered_doubled_dropped_appended_and_foreign_segments_are_noticed() -> None:
    packed = _pack(TWO_AND_A_BIT)
    head, first, second, last = (
        packed[:HEADER],
        packed[HEADER : HEADER + BLOCK],
        packed[HEADER + BLOCK : HEADER + 2 * BLOCK],
        packed[HEADER + 2 * BLOCK :],
    )
    assert _open(head + first + second + last) == TWO_AND_A_BIT
    other = _pack(TWO_AND_A_BIT)
    for forged in (
        head + second + first + last,
        head + first + first + last,
        head + first + last,
        head + second + last,
        head + first + second + last + b"\0",
        head + first + second + last + last,
        head + other[HEADER : HEADER + BLOCK] + second + last,
        other[:HEADER] + first + second + last,
    ):
        with pytest.raises(FileAltered):
            _open(forged)


def test_another_key_and_another_file_do_not_open_it() -> None:
    packed = _pack(b"x")
    with pytest.raises(FileAltered):
        _open(packed, key=bytes(32))
    with pytest.raises(FileAltered):
        _open(packed, file_id=uuid.UUID(int=8))


def test_what_was_verified_comes_before_the_fault() -> None:
    packed = bytearray(_pack(TWO_AND_A_BIT))
    packed[-1] ^= 1
    content = segments.read(io.BytesIO(bytes(packed)), key=KEY, file_id=FILE)
    assert next(content) == b"a" * MIB
    assert next(content) == b"b" * MIB
    with pytest.raises(FileAltered, match="segment 2"):
        next(content)
