"""How surely a person is known, as it travels with the sign-in (A-07; Rules art. 9.4, 11): two scales in one value, and the ways (amr).

``urn:vn:dvcqg:acr:i2:a3``: identity medium, sign-in high. Systems that connected before ask for ``LoA1`` … ``LoA3``: of the sign-in alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.models.sessions import Way
from portal.access import Assurance

PREFIX = "urn:vn:dvcqg:acr:"


@dataclass(frozen=True)
class Level:
    """How surely we know who the account is, and how surely this sign-in proved it."""

    identity: Assurance
    sign_in: Assurance

    @property
    def acr(self) -> str:
        """As it stands in a token."""
        return f"{PREFIX}i{int(self.identity)}:a{int(self.sign_in)}"

    def meets(self, wanted: Level) -> bool:
        """Whether it is as sure on both scales."""
        return self.identity >= wanted.identity and self.sign_in >= wanted.sign_in


_SCALE = (Assurance.MEDIUM, Assurance.HIGH)
NAMED: dict[str, Level] = {
    **{level.acr: level for level in (Level(identity, sign_in) for identity in _SCALE for sign_in in _SCALE)},
    "LoA1": Level(Assurance.MEDIUM, Assurance.MEDIUM),
    "LoA2": Level(Assurance.MEDIUM, Assurance.MEDIUM),
    "LoA3": Level(Assurance.MEDIUM, Assurance.HIGH),
}
"""Every value that may be asked for."""
_AMR: dict[str, tuple[str, ...]] = {
    Way.CODE: ("otp", "sms"),
    Way.APP: ("otp",),
    Way.PASSKEY: ("pop", "user"),
    Way.VNEID: ("vneid",),
    Way.OUTSIDE: ("fed",),
    Way.CERTIFICATE: ("pop", "pin"),
    Way.TOKEN: ("hwk", "pin"),
    Way.FILE: ("pop", "pin"),
}
"""RFC 8176, and two of ours: ``vneid``, and ``fed`` for another provider that vouched for them."""


def asked(values: str) -> list[str]:
    """What of ``acr_values`` we know, in the order in which it is preferred."""
    return list(dict.fromkeys(name for name in values.split() if name in NAMED))


def stated(level: Level, wanted: Sequence[str]) -> str:
    """The value for a token: the first of what was asked for that holds, so that a stock client finds its own word; else what is."""
    return next((name for name in wanted if level.meets(NAMED[name])), level.acr)


def missing(level: Level, wanted: Sequence[str]) -> Level | None:
    """The first level asked for, where none of them holds; None: there is nothing to prove.

    One that the account can reach by a surer sign-in goes before one for which the account itself is not known surely enough.
    """
    if not wanted or any(level.meets(NAMED[name]) for name in wanted):
        return None
    within_reach = [NAMED[name] for name in wanted if NAMED[name].identity <= level.identity]
    return (within_reach or [NAMED[name] for name in wanted])[0]


def amr(ways: Iterable[str]) -> list[str]:
    """The methods behind ways to sign in; two ways, or a factor of its own behind another one, are ``mfa``."""
    used = [way for way in ways if way]
    found = list(dict.fromkeys(name for way in used for name in _AMR.get(way, ())))
    factors = {"otp": "has", "pop": "has", "hwk": "has", "user": "knows", "pin": "knows"}
    kinds = {factors[name] for name in found if name in factors}
    return [*found, "mfa"] if len(kinds) > 1 or len(set(used)) > 1 else found
