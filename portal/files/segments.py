"""The format of an encrypted file.

    header    4 bytes  magic "DVC1" (the version is part of it)
              8 bytes  random nonce of the file
    segments  each: AES-256-GCM ciphertext of up to 1 MiB of content, then the 16-byte tag

Every segment but the last holds exactly 1 MiB; the last holds what is left (nothing only when the file is empty).
Nonce of a segment: the file's nonce and the segment's index, 4 bytes big-endian. Authenticated with it: magic, id of the
file, index, and whether it is the last. So a segment that is changed, left out, moved, doubled or taken from another file
does not open, nor does a file that was cut at the end of a segment. The key is used for one file only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.files.errors import FileAltered

MAGIC = b"DVC1"
FILE_NONCE_BYTES = 8
TAG_BYTES = 16
SEGMENT_BYTES = 1024 * 1024
MAX_SEGMENTS = 2**32


def _aad(file_id: UUID, index: int, last: bool) -> bytes:
    return MAGIC + file_id.bytes + index.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


def _even(content: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Pieces of any size as (segment, is it the last)."""
    buffer = bytearray()
    for piece in content:
        buffer += piece
        # Strictly more: a full segment is held back until it is known whether it is the last.
        while len(buffer) > SEGMENT_BYTES:
            yield bytes(buffer[:SEGMENT_BYTES]), False
            del buffer[:SEGMENT_BYTES]
    yield bytes(buffer), True


def write(target: BinaryIO, *, key: bytes, file_id: UUID, content: Iterable[bytes]) -> None:
    """Encrypt ``content`` (pieces of any size) into ``target``. ``key``: 32 random bytes used for nothing else."""
    nonce = os.urandom(FILE_NONCE_BYTES)
    target.write(MAGIC + nonce)
    cipher = AESGCM(key)
    for index, (segment, last) in enumerate(_even(content)):
        target.write(cipher.encrypt(nonce + index.to_bytes(4, "big"), segment, _aad(file_id, index, last)))


def read(source: BinaryIO, *, key: bytes, file_id: UUID) -> Iterator[bytes]:
    """The content, segment by segment, each verified before it is given out. :class:`FileAltered` at the first fault."""
    header = source.read(len(MAGIC) + FILE_NONCE_BYTES)
    if len(header) < len(MAGIC) + FILE_NONCE_BYTES or header[: len(MAGIC)] != MAGIC:
        raise FileAltered(f"{file_id}: header")
    nonce = header[len(MAGIC) :]
    cipher = AESGCM(key)
    index = 0
    segment = source.read(SEGMENT_BYTES + TAG_BYTES)
    while True:
        following = source.read(SEGMENT_BYTES + TAG_BYTES)
        last = not following
        try:
            plain = cipher.decrypt(nonce + index.to_bytes(4, "big"), segment, _aad(file_id, index, last))
        except (InvalidTag, ValueError):
            raise FileAltered(f"{file_id}: segment {index}") from None
        if plain or index:
            yield plain
        if last:
            return
        segment = following
        index += 1
