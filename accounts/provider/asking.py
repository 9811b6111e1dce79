"""What a sign-in to a system still needs, as a pure question: who is here, how surely, what was asked for, what was agreed to (A-05, A-07).

OpenID Connect Core 3.1.2.1, 3.1.2.3: ``prompt``, ``max_age``, ``acr_values``. Asked for is what is missing and no more.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.provider.levels import Level, asked, missing
from portal.access import Assurance

LONGEST_NONCE = 255
AGAIN = frozenset({"login", "select_account"})
"""Values of ``prompt`` after which somebody signs in anew."""


class BadRequest(Exception):
    """What was asked makes no sense. ``error`` is OAuth's code, ``words`` are for the engineer."""

    def __init__(self, error: str, words: str) -> None:
        super().__init__(error)
        self.error, self.words = error, words


@dataclass(frozen=True)
class Wish:
    """What a system asks for beside the code itself."""

    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether no page may be shown."""
        return "none" in self.prompt


@dataclass(frozen=True)
class Here:
    """Who is signed in here: as whom they sign in there, how surely, since when."""

    person_id: UUID
    organisation_id: UUID | None
    session_id: UUID
    level: Level
    ways: tuple[str, ...]
    proved_at: datetime


class Step(enum.StrEnum):
    """What comes next."""

    SIGN_IN = "sign_in"
    SIGN_IN_AGAIN = "sign_in_again"
    STEP_UP = "step_up"
    NEVER = "never"
    """The account itself is not known surely enough: nothing on this page helps."""
    NOT_TAKEN = "not_taken"
    """A system that is tried out does not sign this person in."""
    CONSENT = "consent"
    DONE = "done"


SILENT_ERRORS = {
    Step.SIGN_IN: "login_required",
    Step.SIGN_IN_AGAIN: "login_required",
    Step.STEP_UP: "interaction_required",
    Step.CONSENT: "consent_required",
}
"""What a system hears that wanted no page shown."""


def wish_of(said: Mapping[str, str]) -> Wish:
    """Read what was asked for. :class:`BadRequest`."""
    for name, error in (("request", "request_not_supported"), ("request_uri", "request_uri_not_supported"),
                        ("registration", "registration_not_supported")):  # fmt: skip
        if name in said:
            raise BadRequest(error, f"{name} is not supported")
    if said.get("response_mode", "query") != "query":
        raise BadRequest("invalid_request", "response_mode must be query")
    if len(said.get("nonce", "")) > LONGEST_NONCE or "\0" in said.get("nonce", ""):
        raise BadRequest("invalid_request", f"nonce has at most {LONGEST_NONCE} characters")
    prompt = frozenset(said.get("prompt", "").split())
    if unknown := prompt - {"none", "login", "consent", "select_account"}:
        raise BadRequest("invalid_request", f"{len(unknown)} unknown value of prompt")
    if "none" in prompt and len(prompt) > 1:
        raise BadRequest("invalid_request", "prompt=none goes with no other value")
    age = said.get("max_age", "")
    if age and not (age.isascii() and age.isdigit() and len(age) < 10):
        raise BadRequest("invalid_request", "max_age must be a number of seconds")
    return Wish(prompt, int(age) if age else None, tuple(asked(said.get("acr_values", ""))))


def next_step(
    wish: Wish, here: Here | None, *, scopes: Collection[str], agreed: Collection[str] | None, is_taken: bool, now: datetime
) -> Step:
    """What comes next for who is here. ``agreed``: the scopes they let this system know, None for never asked."""
    if here is None:
        return Step.SIGN_IN
    if wish.prompt & AGAIN or (wish.max_age is not None and here.proved_at + timedelta(seconds=wish.max_age) <= now):
        return Step.SIGN_IN_AGAIN
    if not is_taken:
        return Step.NOT_TAKEN
    if (wanted := missing(here.level, wish.acr_values)) is not None:
        return Step.STEP_UP if wanted.identity <= here.level.identity and wanted.sign_in > here.level.sign_in else Step.NEVER
    if agreed is None or set(scopes) - set(agreed) or "consent" in wish.prompt:
        return Step.CONSENT
    return Step.DONE


def wanted_sign_in(wish: Wish, here: Here) -> Assurance:
    """The sign-in assurance that the step-up must reach."""
    found = missing(here.level, wish.acr_values)
    return found.sign_in if found is not None else here.level.sign_in
