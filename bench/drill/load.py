"""Parents who file births all the time, a few at once, while the drill takes parts away: what was acknowledged is written down."""

from __future__ import annotations

import io
import threading
import time
from itertools import pairwise

from PIL import Image

from bench.drill.machines import Machines
from bench.filing import PEOPLE
from bench.parents import KEPT, Parent

AT_ONCE = 5


def paper() -> bytes:
    """A PDF of one page."""
    out = io.BytesIO()
    Image.new("RGB", (200, 280), "white").save(out, "PDF")
    return out.getvalue()


class Load:
    """Runs until it is stopped. Times are those of the monotonic clock, but for ``acknowledged`` (the wall's)."""

    def __init__(self, machines: Machines, people: int) -> None:
        self.machines = machines
        # Numbers that nobody of the demonstration has.
        self.cookie, self.sessions = machines.shell((PEOPLE % {"people": people}).replace("{n:06d}", "{n + 500_000:06d}"))
        self.over = threading.Event()
        self.answers: list[float] = []
        self.acknowledged: dict[str, tuple[str, float]] = {}
        """Code of each dossier whose receipt was shown: SHA-256 of its paper, and when."""
        self.wrong: list[str] = []
        self._next = 0
        self._lock = threading.Lock()
        self._hands: list[threading.Thread] = []

    def start(self) -> None:
        """Begin (again)."""
        self.over.clear()
        self._hands = [threading.Thread(target=self._go_on, daemon=True) for _ in range(AT_ONCE)]
        for hand in self._hands:
            hand.start()

    def _answered(self) -> None:
        with self._lock:
            self.answers.append(time.monotonic())

    def _go_on(self) -> None:
        while not self.over.is_set():
            with self._lock:
                number, self._next = self._next, self._next + 1
            if number >= len(self.sessions):
                return
            one = Parent(
                number,
                self.machines.url,
                self.cookie,
                self.sessions[number],
                paper(),
                over=self.over,
                answered=self._answered,
                patience=180,
            )
            one.run()
            if one.code:
                with self._lock:
                    self.acknowledged[one.code] = (one.sha256, time.time())
            elif one.wrong and not self.over.is_set():
                with self._lock:
                    self.wrong.append(one.wrong[:400])

    def stop(self) -> None:
        """Nobody begins or goes on; who waits for an answer gets it."""
        self.over.set()
        for hand in self._hands:
            hand.join(60)

    def silence(self, since: float) -> float:
        """The longest time after ``since`` in which nobody was answered."""
        with self._lock:
            times = [moment for moment in self.answers if moment >= since]
        steps = [since, *times, time.monotonic()]
        return max(later - earlier for earlier, later in pairwise(steps))

    def settled(self, before: int, count: int = 3) -> bool:
        """Whether some more have got their receipts since there were ``before``."""
        return len(self.acknowledged) >= before + count

    def kept(self, machines: Machines | None = None) -> dict[str, str]:
        """What is there: code of each dossier of these people and the SHA-256 of its paper as it is read back."""
        return {str(code): str(sha256) for code, sha256 in (machines or self.machines).shell(KEPT)}
