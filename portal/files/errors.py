"""What can go wrong with private files."""

from __future__ import annotations


class FileRefused(Exception):
    """The file cannot be taken. ``message`` is for the person, ``code`` is stable: empty, too_big, type, image_too_big, storage, too_many,
    altered."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class FileUnreadable(Exception):
    """Base: the file cannot be given out. The message holds ids only."""


class FileNotChecked(FileUnreadable):
    """The check of its content has not finished."""


class FileQuarantined(FileUnreadable):
    """The check found something dangerous."""


class FileErased(FileUnreadable):
    """It was erased, or its subject was."""


class FileMissing(FileUnreadable):
    """The row is there and the bytes are not: restore them from a backup."""


class FileAltered(FileUnreadable):
    """The bytes on disk are not what was written: changed, cut, reordered, exchanged, or a bad disk."""
