"""What can go wrong when sealed data are read."""

from __future__ import annotations


class CryptoError(Exception):
    """Base of the errors of this room. No message holds plaintext or keys."""


class KeyDestroyed(CryptoError):
    """The subject was erased: its key is gone on purpose and what it sealed can never be read again."""


class Tampered(CryptoError):
    """The sealed bytes were altered, cut, moved to another place, or sealed with a key that is not theirs."""


class KeyMissing(Tampered):
    """No such subject key, or no master key of that id in ``FIELD_KEYS``: a restore without its keys looks like this."""
