"""Walks the way over HTTP without a browser: reads the forms of a page and sends them as a browser without JavaScript would."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

import requests
from lxml import html

from tests.browser.steps import LEADER, OFFICER, PIN, photo
from tests.support.processes import eventually

CODE = re.compile(r"[HG]\d{2}(?:\.\d+)*-\d{6}-\d{4,}")


class Walker:
    """One browser: cookies, a current page, forms filled by field name."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.session = requests.Session()
        self.page: requests.Response

    def get(self, path: str) -> requests.Response:
        """Open an address; while nobody answers, as a person would, again."""

        def attempt() -> requests.Response | None:
            try:
                answer = self.session.get(urljoin(self.base, path), timeout=15)
            except requests.RequestException:
                return None
            return None if answer.status_code >= 500 else answer

        self.page = eventually(attempt, 60, 0.5)
        return self.page

    def tree(self) -> Any:
        """The current page, parsed."""
        return html.fromstring(self.page.content, base_url=self.page.url)

    def form_with(self, field: str = "", action: str = "") -> Any:
        """The form of the page that has the field, or that can be sent to an address that ends so."""
        for form in self.tree().forms:
            if field and field in form.fields:
                return form
            for button in form.xpath(".//*[@formaction]"):
                if action and button.get("formaction").endswith(action):
                    form.action = button.get("formaction")
                    return form
            if action and (form.action or "").endswith(action):
                return form
        raise AssertionError(f"{self.page.url} has no form with {field or action}: {self.page.text[:3000]}")

    def send(self, form: Any, files: dict[str, Any] | None = None, **values: str) -> requests.Response:
        """Send a form with its own values and these."""
        data = dict(form.form_values()) | values
        target, referer = urljoin(self.page.url, form.action or self.page.url), self.page.url

        def attempt() -> list[requests.Response]:
            # No answer, or "not now": a person presses the button again. An answer with errors is an answer (and falsy by itself).
            try:
                answer = self.session.post(target, data=data, files=files, headers={"Referer": referer}, timeout=30)
            except requests.RequestException:
                return []
            assert answer.status_code != 500, answer.text[:3000]
            return [] if answer.status_code == 503 else [answer]

        [self.page] = eventually(attempt, 60, 0.5)
        return self.page


class Way:
    """The mother, the officer and the outside world of a running portal."""

    def __init__(self, url: str, simulators: str) -> None:
        self.url, self.simulators = url, simulators
        self.mother, self.officer, self.leader = Walker(url), Walker(url), Walker(url)
        self.code = ""

    def outbox(self, to: str) -> list[dict[str, Any]]:
        """Messages in the SMS simulator, newest first."""

        def ask() -> requests.Response | None:
            try:
                return requests.get(f"{self.simulators}/sms/outbox.json", params={"to": to}, timeout=10)
            except requests.RequestException:
                return None

        found: list[dict[str, Any]] = eventually(ask, 30, 0.5).json()["messages"]
        return found

    def sign_in(self, number: str = "001195000001", phone: str = "+84900000001") -> None:
        """By one-time password."""
        before = len(self.outbox(phone))
        self.mother.get("/nop-ho-so/1.001193/to-khai/")

        def asked() -> bool:
            # "Wait … seconds": somebody has just asked for a password; a person waits and asks again.
            self.mother.send(self.mother.form_with("id_number"), id_number=number)
            return self.mother.page.url.endswith("/ma/")

        eventually(asked, 60, 2.0)
        # Something else may be told meanwhile: that a dossier can be rated, say.
        passwords = eventually(lambda: [one for one in self._since(phone, before) if re.match(r"[0-9]{6}\b", one["text"])], 60, 0.5)
        self.mother.send(self.mother.form_with("code"), code=passwords[0]["text"][:6])

    def _since(self, phone: str, before: int) -> list[dict[str, Any]]:
        found = self.outbox(phone)
        return found[: len(found) - before]

    def fill_in(self) -> None:
        """Who one is, the child, the father, and one photo."""
        self.mother.get("/nop-ho-so/1.001193/to-khai/")
        if not self.mother.tree().xpath("//*[@name='child_name']"):
            self.mother.send(self.mother.form_with("applicant_role"), applicant_role="mother", act="tiep")
        self.mother.send(
            self.mother.form_with("child_name"),
            child_name="Trần Gia Thử Nghiệm",
            child_birth_date="01/11/2026",
            child_sex="male",
            birth_place="Bệnh viện Ví Dụ, Hà Nội",
            child_ethnicity="Kinh",
            child_home_town="Phường Hoàn Kiếm, Hà Nội",
            father_name="Trần Văn Thử",
            father_id_number="001093000002",
            father_birth_date="02/08/1993",
            father_address="Số 1 phố Thử Nghiệm, phường Hoàn Kiếm, Hà Nội",
            act="tiep",
        )
        if confirm := self.mother.tree().xpath("//input[@name='confirm']/@value"):
            # The same child as in an earlier round of the same test.
            self.mother.send(self.mother.form_with("child_name"), confirm=confirm[0], act="tiep")
        assert self.mother.page.url.endswith("/giay-to/"), self.mother.page.text[:4000]
        file = ("giấy chứng sinh.jpg", photo(), "image/jpeg")
        self.mother.send(self.mother.form_with("tep-giay-chung-sinh"), files={"tep-giay-chung-sinh": file}, act="luu")
        self.mother.get("/nop-ho-so/1.001193/giay-to/")
        assert "giấy chứng sinh.jpg" in self.mother.page.text

    def submit(self) -> str:
        """Send; again while the photo is still being looked through."""

        def attempt() -> str:
            self.mother.get("/nop-ho-so/1.001193/kiem-tra/")
            found = re.search(r"/ho-so/([^/]+)/", self.mother.send(self.mother.form_with("draft")).url)
            return found.group(1) if found else ""

        self.code = eventually(attempt, 60, 1.0)
        assert CODE.fullmatch(self.code)
        return self.code

    def authorise(self) -> None:
        """The leader at the signing service: the PIN."""
        self.leader.send(self.leader.form_with("pin"), pin=PIN)

    def officer_in(self) -> None:
        """The officer of civil status, by certificate."""
        self._in(self.officer, OFFICER)

    def _in(self, walker: Walker, number: str) -> None:
        walker.get("/quan-tri/")
        walker.send(walker.form_with("by"))
        walker.send(walker.form_with("pin"), account=number, pin=PIN)

        def arrived() -> bool:
            walker.get("/tai-khoan/can-bo/cho/")
            return "/quan-tri/" in walker.page.url

        eventually(arrived, 60, 0.5)

    def open_dossier(self, walker: Walker | None = None) -> None:
        """From the list to the dossier."""
        walker = walker or self.officer
        walker.get("/quan-tri/dossiers/dossier/?q=" + self.code)
        [link] = [link for link in walker.tree().xpath("//a") if link.text_content().strip() == self.code]
        walker.get(link.get("href"))

    def receive(self) -> None:
        """Receipt with appointment."""
        self.open_dossier()
        self.officer.send(self.officer.form_with(action="/receive/"))

    def decide(self) -> None:
        """The officer's decision, then the leader; ends at the signing service's page."""
        self.open_dossier()
        [link] = [link.get("href") for link in self.officer.tree().xpath("//a") if (link.get("href") or "").endswith("/decide/")]
        self.officer.get(link)
        # The number, the book and the leader are filled in already.
        self.officer.send(self.officer.form_with("seen"))
        assert "chờ ký" in self.officer.page.text, self.officer.page.text[:3000]
        self._in(self.leader, LEADER)
        self.open_dossier(self.leader)
        self.leader.send(self.leader.form_with(action="/authorise/"))
        assert "/csc/v2/" in self.leader.page.url, self.leader.page.text[:3000]

    def result(self, seconds: float) -> bytes:
        """The signed PDF once it is there."""

        def there() -> bytes:
            self.mother.get(f"/ho-so/{self.code}/")
            if f"/ho-so/{self.code}/ket-qua/" not in self.mother.page.text:
                return b""
            return self.mother.get(f"/ho-so/{self.code}/ket-qua/").content

        found: bytes = eventually(there, seconds, 0.5)
        return found
