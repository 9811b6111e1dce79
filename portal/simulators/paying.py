"""Money at banks and payment intermediaries: what was begun, paid, given back, and what the portal was told of it.

The protocols (``vnpay``, ``momo``, ``bank``, ``transfer``) only speak; everything that must be remembered lies here and in the store.
Times are seconds since 1970, money is whole đồng.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from flask import Response

from portal.simulators.config import BANK, MOMO, SPARE, TRANSFER, VNPAY, Config, Institution
from portal.simulators.store import Store, now

logger = logging.getLogger(__name__)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
REFERENCE = re.compile(r"(?=(DVC[0-9A-Z]{13}[0-9]{2}))")
"""The portal's reference inside a transfer's content, as banks search for what they agreed upon with a merchant; at every place, for the
payer's words may run into it."""

PLACES: dict[str, tuple[str, ...]] = {
    "callback": ("late", "twice", "never", "out_of_order", "wrong_amount", "wrong_signature", "other_order"),
    "query": ("pending", "absent", "html", "hang", "error"),
    "page": ("slow", "down"),
    "pay": ("page_failed",),
    "refund": ("refused", "under_way", "lost", "hang", "error"),
}
"""What can go wrong, by where. ``lost`` refunds and answers with an error all the same; ``page_failed`` takes the money and denies it."""
MAX_SECONDS = 86_400.0
SERVICES = {VNPAY: "vnpay", MOMO: "momo", BANK: "bank", TRANSFER: "transfer", SPARE: "vnptpay"}
"""The name of each institution among the faults of whole services."""

CALLBACK_TRIES = 10
CALLBACK_TIMEOUT = 10.0
CALLBACK_PAUSES = (2.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds before each repetition, the last one for all that follow. Real ones wait five minutes from the start."""
LEASE_SECONDS = 60.0
TICK_SECONDS = 0.25


class Unable(Exception):
    """Why money cannot move, in a word that each protocol has its own code for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Movement:
    """One payment that was begun, and what became of it."""

    id: int
    token: str
    """Secret part of the address of its page."""
    institution: str
    merchant: str
    reference: str
    amount: int
    fee: int
    words: str
    state: str
    """``open``, ``paid``, ``failed``."""
    code: str
    """Why it failed: ``cancelled``, ``poor``, ``expired``."""
    institution_ref: str
    bank_ref: str
    created: float
    expires: float
    paid: float | None
    notify_url: str
    return_url: str
    asked: dict[str, Any]
    """What the protocol needs again from the first request."""

    @property
    def paid_at(self) -> datetime | None:
        return local(self.paid) if self.paid is not None else None


@dataclass(frozen=True)
class Refund:
    """Money given back, or on its way, or not."""

    id: int
    movement: int
    key: str
    request: str
    amount: int
    state: str
    """``done``, ``under_way``, ``refused``."""
    code: str
    institution_ref: str
    created: float
    done: float | None


@dataclass(frozen=True)
class Trouble:
    """A fault that hits this call."""

    mode: str
    seconds: float


class Speaker(Protocol):
    """What a protocol knows of its callbacks."""

    def message(self, movement: Movement, *, failed: bool, distortion: str) -> urllib.request.Request:
        """The callback. ``failed``: the news of a try that failed before; ``distortion``: what is false about it."""

    def took(self, status: int, body: bytes) -> bool:
        """Whether the portal's answer ends the repetitions."""


def local(moment: float) -> datetime:
    """The time on Vietnamese clocks, whole seconds."""
    return datetime.fromtimestamp(int(moment), tz=HANOI)


def day_bounds(day: date) -> tuple[float, float]:
    """The first second of a day and of the next one in Vietnam."""
    start = datetime(day.year, day.month, day.day, tzinfo=HANOI)
    return start.timestamp(), (start + timedelta(days=1)).timestamp()


def reference_in(content: str) -> str:
    """The portal's reference in a transfer's content, or an empty string.

    The last place that reads like one: a word "DVC" of the payer's before it makes another with the reference's own beginning.
    """
    found = REFERENCE.findall(re.sub(r"[^0-9A-Z]", "", content.upper()))
    return str(found[-1]) if found else ""


def digits(count: int) -> str:
    """A number that no other movement has, also not one that a reset forgot."""
    return str(secrets.randbelow(9 * 10 ** (count - 1)) + 10 ** (count - 1))


def shown_amount(amount: int) -> str:
    return f"{amount:,}".replace(",", ".") + " đồng"


class Payments:
    """The rules; the protocols only speak HTTP."""

    def __init__(self, config: Config, store: Store) -> None:
        self.config, self.store = config, store
        self.speakers: dict[str, Speaker] = {}
        self._wake = threading.Event()

    def institution(self, code: str) -> Institution | None:
        return self.config.institutions.get(code)

    # --- faults ---------------------------------------------------------------------------------------------------------

    def set_fault(
        self, institution: str, place: str, mode: str, *, reference: str = "", seconds: float = 30, times: int | None = None
    ) -> None:
        """Switch; without ``reference`` for every payment, ``times`` counts what it hits. Raises ValueError for unknown words."""
        if institution not in self.config.institutions:
            raise ValueError(f"institution is one of {', '.join(self.config.institutions)}")
        if place not in PLACES or mode not in ("none", *PLACES[place]):
            raise ValueError("place and mode are " + "; ".join(f"{name}: none, {', '.join(modes)}" for name, modes in PLACES.items()))
        if times is not None and times < 1:
            raise ValueError("times is 1 or more, or left out")
        if not 0 <= seconds <= MAX_SECONDS:
            raise ValueError(f"seconds lies between 0 and {MAX_SECONDS:.0f}")
        with self.store.writing() as connection:
            where = (institution, reference, place)
            if mode == "none":
                connection.execute("DELETE FROM payment_fault WHERE institution = ? AND reference = ? AND place = ?", where)
            else:
                connection.execute("INSERT OR REPLACE INTO payment_fault VALUES (?, ?, ?, ?, ?, ?)", (*where, mode, seconds, times))

    def trouble(self, institution: str, reference: str, place: str, modes: tuple[str, ...] = ()) -> Trouble | None:
        """The fault that hits this call, counted: that of the payment before that of the institution. ``modes``: only these."""
        sql = "SELECT * FROM payment_fault WHERE institution = ? AND place = ? AND reference IN ('', ?) ORDER BY reference DESC LIMIT 1"
        if self.store.row(sql, institution, place, reference) is None:
            return None
        with self.store.writing() as connection:
            row = connection.execute(sql, (institution, place, reference)).fetchone()
            if row is None or (modes and row["mode"] not in modes):
                return None
            where = (institution, row["reference"], place)
            if row["times"] is not None and row["times"] <= 1:
                connection.execute("DELETE FROM payment_fault WHERE institution = ? AND reference = ? AND place = ?", where)
            elif row["times"] is not None:
                connection.execute(
                    "UPDATE payment_fault SET times = times - 1 WHERE institution = ? AND reference = ? AND place = ?", where
                )
            return Trouble(row["mode"], row["seconds"])

    def faults(self) -> list[dict[str, Any]]:
        """All that are switched on."""
        return [dict(row) for row in self.store.rows("SELECT * FROM payment_fault ORDER BY institution, place, reference")]

    @staticmethod
    def broken(trouble: Trouble | None) -> Response | None:
        """The answer of a call that hangs, or is answered with an error or a page for people; None: go on."""
        if trouble is None:
            return None
        if trouble.mode in ("hang", "slow"):
            time.sleep(trouble.seconds)
            return None
        if trouble.mode == "html":
            return Response("<html><body><h1>Hệ thống đang bảo trì</h1></body></html>", mimetype="text/html")
        if trouble.mode in ("error", "lost"):
            return Response("Internal Server Error\n", status=500, mimetype="text/plain")
        if trouble.mode == "down":
            return Response("Service Unavailable\n", status=503, mimetype="text/plain", headers={"Retry-After": "5"})
        return None

    # --- payments -------------------------------------------------------------------------------------------------------

    def begin(
        self, institution: str, *, merchant: str, reference: str, amount: int, words: str, expires: float, notify_url: str, return_url: str,
        asked: dict[str, Any],
    ) -> Movement:  # fmt: skip
        """Begin a payment, or find the one begun by this reference. Unable ``other``: it was begun with another amount."""
        key = f"{institution}:{merchant}:{reference}"
        with self.store.writing() as connection:
            row = connection.execute("SELECT * FROM movement WHERE key = ?", (key,)).fetchone()
            if row is None:
                values = (
                    *(secrets.token_urlsafe(16), key, institution, merchant, reference, amount),
                    *(self.config.institutions[institution].fee, words, now(), expires, notify_url, return_url, json.dumps(asked)),
                )
                connection.execute(
                    "INSERT INTO movement (token, key, institution, merchant, reference, amount, fee, words, state, created, expires,"
                    " notify_url, return_url, asked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?)",
                    values,
                )
                row = connection.execute("SELECT * FROM movement WHERE key = ?", (key,)).fetchone()
        found = self._movement(row)
        if found.amount != amount:
            raise Unable("other")
        return found

    def keep(
        self, institution: str, *, reference: str, amount: int, words: str, paid: float, institution_ref: str = "", merchant: str = ""
    ) -> Movement:
        """Note money that has come without a page of ours: a transfer, or the history of an earlier day."""
        known = self.config.institutions[institution]
        token = secrets.token_urlsafe(16)
        with self.store.writing() as connection:
            self._insert_paid(connection, known, token, reference, amount, words, paid, institution_ref, merchant)
        found = self.by_token(token)
        assert found is not None
        return found

    def keep_many(self, institution: str, payments: list[tuple[str, int, float, str]]) -> int:
        """The same for (reference, amount, time, institution_ref), in one transaction."""
        known = self.config.institutions[institution]
        with self.store.writing() as connection:
            for reference, amount, paid, institution_ref in payments:
                self._insert_paid(connection, known, secrets.token_urlsafe(16), reference, amount, reference, paid, institution_ref, "")
        return len(payments)

    @staticmethod
    def _insert_paid(
        connection: Any, known: Institution, token: str, reference: str, amount: int, words: str, paid: float, number: str, merchant: str
    ) -> None:
        connection.execute(
            "INSERT INTO movement (token, key, institution, merchant, reference, amount, fee, words, state, institution_ref, bank_ref,"
            " created, expires, paid, notify_url, return_url, asked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'paid', ?, ?, ?, ?, ?, '', '', '{}')",
            (
                *(token, f"kept:{token}", known.code, merchant or known.merchant, reference, amount, known.fee, words),
                *(number or new_reference(known.code), f"FT{digits(12)}", paid, paid, paid),
            ),
        )

    @staticmethod
    def _movement(row: Any) -> Movement:
        values = {name: row[name] for name in row.keys() if name not in ("key", "asked")}  # noqa: SIM118 - a row is no mapping
        found = Movement(**values, asked=json.loads(row["asked"]))
        if found.state == "open" and found.expires < now():
            return Movement(**values | {"state": "failed", "code": "expired"}, asked=found.asked)
        return found

    def by_token(self, token: str) -> Movement | None:
        row = self.store.row("SELECT * FROM movement WHERE token = ?", token)
        return self._movement(row) if row is not None else None

    def by_id(self, number: int) -> Movement | None:
        row = self.store.row("SELECT * FROM movement WHERE id = ?", number)
        return self._movement(row) if row is not None else None

    def by_reference(self, institution: str, reference: str) -> Movement | None:
        """The payment begun or made by this reference; a paid one before others, the first of two transfers."""
        row = self.store.row(
            "SELECT * FROM movement WHERE institution = ? AND reference = ? ORDER BY state = 'paid' DESC, id LIMIT 1",
            institution,
            reference,
        )
        return self._movement(row) if row is not None else None

    def latest(self, limit: int) -> list[Movement]:
        return [self._movement(row) for row in self.store.rows("SELECT * FROM movement ORDER BY id DESC LIMIT ?", limit)]

    def end(self, movement: Movement, *, paid: bool, code: str = "") -> Movement:
        """The payer pays, or does not. What has ended stays as it is; the portal is told once (faults excepted)."""
        with self.store.writing() as connection:
            row = connection.execute("SELECT * FROM movement WHERE id = ?", (movement.id,)).fetchone()
            if row is None:
                raise Unable("absent")
            found = self._movement(row)
            if found.state != "open":
                return found
            if paid:
                connection.execute(
                    "UPDATE movement SET state = 'paid', institution_ref = ?, bank_ref = ?, paid = ? WHERE id = ?",
                    (new_reference(found.institution), f"FT{digits(12)}", now(), found.id),
                )
            else:
                connection.execute(
                    "UPDATE movement SET state = 'failed', code = ?, institution_ref = ? WHERE id = ?",
                    (code, new_reference(found.institution), found.id),
                )
        self.report(movement)
        ended = self.by_id(movement.id)
        assert ended is not None
        return ended

    # --- callbacks ------------------------------------------------------------------------------------------------------

    def report(self, movement: Movement) -> None:
        """Have the portal told what became of a payment, once or as a fault wants it."""
        if not movement.notify_url:
            return
        trouble = self.trouble(movement.institution, movement.reference, "callback")
        mode, seconds = (trouble.mode, trouble.seconds) if trouble is not None else ("", 0.0)
        # (the news of a failed try?, what is false, when)
        wanted: list[tuple[int, str, float]] = [(0, "", 0.0)]
        if mode == "never":
            wanted = []
        elif mode == "late":
            wanted = [(0, "", seconds)]
        elif mode == "twice":
            wanted = [(0, "", 0.0), (0, "", 0.0)]
        elif mode == "out_of_order":
            wanted = [(0, "", 0.0), (1, "", 1.0)]
        elif mode in ("wrong_amount", "wrong_signature", "other_order"):
            wanted = [(0, mode, 0.0)]
        with self.store.writing() as connection:
            connection.executemany(
                "INSERT INTO callback (movement, failed, distortion, due) VALUES (?, ?, ?, ?)",
                [(movement.id, failed, distortion, now() + delay) for failed, distortion, delay in wanted],
            )
        self._wake.set()

    def other_reference(self, movement: Movement) -> str:
        """The reference of another payment there, or one that nobody has."""
        row = self.store.row(
            "SELECT reference FROM movement WHERE institution = ? AND id <> ? ORDER BY id DESC LIMIT 1", movement.institution, movement.id
        )
        return row["reference"] if row is not None else movement.reference[:-2] + "99"

    def serve(self) -> None:
        """Send callbacks, in threads of this process; those of a process that was killed go on."""
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        pool = ThreadPoolExecutor(4, thread_name_prefix="callback")
        while True:
            try:
                for row in self.store.rows("SELECT id FROM callback WHERE state = 'waiting' AND due <= ? ORDER BY due LIMIT 20", now()):
                    if self._lease(row["id"]):
                        pool.submit(self._send, row["id"])
            except Exception:  # the thread must outlive whatever happens to one message
                logger.exception("callbacks")
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()

    def _lease(self, number: int) -> bool:
        with self.store.writing() as connection:
            taken = connection.execute(
                "UPDATE callback SET due = ?, tries = tries + 1 WHERE id = ? AND state = 'waiting' AND due <= ?",
                (now() + LEASE_SECONDS, number, now()),
            )
            return taken.rowcount == 1

    def _send(self, number: int) -> None:
        try:
            row = self.store.row("SELECT * FROM callback WHERE id = ?", number)
            movement = self.by_id(row["movement"]) if row is not None else None
            if row is None or movement is None:
                return
            speaker = self.speakers[movement.institution]
            status, body = _post(speaker.message(movement, failed=bool(row["failed"]), distortion=row["distortion"]))
            tries = row["tries"]
            state = "told" if speaker.took(status, body) else "given up" if tries >= CALLBACK_TRIES else "waiting"
            pause = CALLBACK_PAUSES[min(tries, len(CALLBACK_PAUSES)) - 1]
            answer = f"{status} {body[:200].decode('utf-8', 'replace')}" if status else f"không có ({body.decode()})"
            with self.store.writing() as connection:
                connection.execute(
                    "UPDATE callback SET state = ?, due = ?, answer = ? WHERE id = ?", (state, now() + pause, answer, number)
                )
        except Exception:  # it comes again when the lease ends
            logger.exception("callback %s", number)

    def callbacks(self, limit: int) -> list[dict[str, Any]]:
        """What the portal was told, newest first."""
        return [
            dict(row)
            for row in self.store.rows(
                "SELECT c.*, m.institution, m.reference FROM callback c JOIN movement m ON m.id = c.movement ORDER BY c.id DESC LIMIT ?",
                limit,
            )
        ]

    # --- refunds --------------------------------------------------------------------------------------------------------

    def refund(self, movement: Movement, *, key: str, request: str, amount: int, trouble: Trouble | None) -> Refund:
        """Give money back; the same ``key`` is the same refund. ``request``: the protocol's own name of the question.

        Unable: ``unpaid``, ``too_much`` (more than is left), ``other`` (the key was used for something else).
        """
        with self.store.writing() as connection:
            row = connection.execute("SELECT * FROM refund WHERE institution = ? AND key = ?", (movement.institution, key)).fetchone()
            if row is None:
                if movement.state != "paid":
                    raise Unable("unpaid")
                given = connection.execute(
                    "SELECT coalesce(sum(amount), 0) FROM refund WHERE movement = ? AND state <> 'refused'", (movement.id,)
                ).fetchone()[0]
                if given + amount > movement.amount:
                    raise Unable("too_much")
                mode = trouble.mode if trouble is not None else ""
                state = {"refused": "refused", "under_way": "under_way"}.get(mode, "done")
                done = None if state == "refused" else now() + (trouble.seconds if trouble is not None and state == "under_way" else 0)
                connection.execute(
                    "INSERT INTO refund (movement, institution, key, request, amount, state, code, institution_ref, created, done)"
                    " VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?)",
                    (
                        *(movement.id, movement.institution, key, request, amount, state),
                        *(new_reference(movement.institution), now(), done),
                    ),
                )
                row = connection.execute("SELECT * FROM refund WHERE institution = ? AND key = ?", (movement.institution, key)).fetchone()
        found = self._refund(row)
        if found.movement != movement.id or found.amount != amount:
            raise Unable("other")
        return found

    @staticmethod
    def _refund(row: Any) -> Refund:
        values = {name: row[name] for name in row.keys() if name != "institution"}  # noqa: SIM118 - a row is no mapping
        if values["state"] == "under_way" and values["done"] <= now():
            values["state"] = "done"
        return Refund(**values)

    def refund_by_key(self, institution: str, key: str) -> Refund | None:
        row = self.store.row("SELECT * FROM refund WHERE institution = ? AND key = ?", institution, key)
        return self._refund(row) if row is not None else None

    def refunds_of(self, movement: Movement) -> list[Refund]:
        """In the order in which they were asked for."""
        return [self._refund(row) for row in self.store.rows("SELECT * FROM refund WHERE movement = ? ORDER BY id", movement.id)]

    def first_use(self, institution: str, request: str) -> bool:
        """Whether a request's own number is new; it is used up by asking."""
        with self.store.writing() as connection:
            taken = connection.execute("INSERT OR IGNORE INTO payment_request VALUES (?, ?)", (institution, request))
            return taken.rowcount == 1


def new_reference(institution: str) -> str:
    """A number of the institution's own kind."""
    return f"FT{digits(14)}" if institution in (BANK, TRANSFER) else digits(12)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        """A callback goes where the merchant said and nowhere else."""


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())


def _post(asked: urllib.request.Request) -> tuple[int, bytes]:
    """Status and body, 0 where nobody answers."""
    try:
        with _opener.open(asked, timeout=CALLBACK_TIMEOUT) as answer:
            return answer.status, answer.read(64 * 1024)
    except urllib.error.HTTPError as error:
        return error.code, error.read(64 * 1024)
    except (OSError, ValueError) as error:
        return 0, type(error).__name__.encode()
