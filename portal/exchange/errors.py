"""What can go wrong outside. Texts carry no address, no number, no name: they end in logs and in the outbox."""

from __future__ import annotations


class OutsideError(Exception):
    """Base of both; ``service`` is a short name such as "sms", ``code`` a word that a program may compare."""

    def __init__(self, service: str, code: str) -> None:
        super().__init__(f"{service}: {code}")
        self.service = service
        self.code = code

    def __reduce__(self) -> tuple[type[OutsideError], tuple[str, str]]:
        # Exceptions with two arguments and one text do not survive pickling (Celery) without this.
        return type(self), (self.service, self.code)


class OutsideUnavailable(OutsideError):
    """No answer, a late one, one that makes no sense, or "busy": the same call may succeed later.

    Codes: timeout, no_connection, busy, server_error, wrong_answer, too_large, not_configured, resting (its breaker is open).
    """


class OutsideRefused(OutsideError):
    """A clear no. ``code`` is the protocol's own word (``invalid_grant``, ``SVC0004``) or ``http_<status>``."""
