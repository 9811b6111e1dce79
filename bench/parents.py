"""Parents who register births over HTTP and do not give up: what is not answered is sent again,
and nothing is believed that was not answered.

For tests and drills that take parts of a running portal away meanwhile.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import threading
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import requests

from bench.filing import AT

KEPT = """
import hashlib, json
from dossiers.models import Paper
from portal.files import services as files
papers = Paper.objects.filter(dossier__procedure_code="1.001193", dossier__filed_by_name="Người Nộp Thử").select_related("dossier", "file")
print(json.dumps([[one.dossier.code, hashlib.sha256(files.read_bytes(one.file, unchecked=True)).hexdigest()] for one in papers]))
"""
"""Django script: code of the dossier and SHA-256 of the paper, of every filing of these parents."""
ANSWERS = {
    "child_birth_date": "01/11/2026", "child_sex": "male", "birth_place": "Bệnh viện Ví Dụ, Hà Nội", "child_ethnicity": "Kinh",
    "child_nationality": "Việt Nam", "child_home_town": "Phường Hoàn Kiếm, Hà Nội", "mother_ethnicity": "Kinh",
    "mother_nationality": "Việt Nam", "unit_code": "H26.101",
}  # fmt: skip


class Parent(threading.Thread):
    """One phone with the page's script: what is not answered is sent again, and nothing is believed that was not answered."""

    def __init__(
        self, number: int, url: str, cookie: str, session: str, paper: bytes, *, over: threading.Event, answered: Callable[[], None],
        start: Callable[[], object] = lambda: None, patience: float = 240,
    ) -> None:  # fmt: skip
        """``paper``: a PDF; what makes it unlike any other is added. ``answered`` is called at each answer, ``over`` ends all trying;
        ``patience``: seconds that a parent goes on trying at one thing."""
        super().__init__(daemon=True)
        self.number, self.url, self.begin, self.answered, self.over, self.patience = number, url, start, answered, over, patience
        self.session = requests.Session()
        self.session.verify = url.startswith("http:")
        self.session.cookies.set(cookie, session)
        self.content = paper + b"%" + random.Random(number).randbytes(30_000).hex().encode()
        self.sha256 = hashlib.sha256(self.content).hexdigest()
        self.code, self.wrong, self.lost = "", "", 0

    def run(self) -> None:
        self.begin()
        try:
            self.code = self.file()
        except Exception as error:  # whatever it is, the test says it of this parent
            self.wrong = f"{type(error).__name__}: {error}"

    def ask(self, method: str, path: str, **more: Any) -> requests.Response | None:
        """One request; None where nobody answers, or "not now"."""
        headers = {"Referer": self.url + AT, **more.pop("headers", {})}
        try:
            answer = self.session.request(method, self.url + path, headers=headers, timeout=40, allow_redirects=False, **more)
        except requests.RequestException:
            answer = None
        if answer is None or answer.status_code >= 500:
            # An error page of ours is "not now"; a fault of the code would be none.
            assert answer is None or answer.status_code != 500 or "CSRF" not in answer.text, answer.text[:2000]
            self.lost += 1
            time.sleep(0.3 + random.random())
            return None
        self.answered()
        return answer

    def again(self, what: str, attempt: Callable[[], str]) -> str:
        """Until it is done, as somebody does who presses the button once more."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end and not self.over.is_set():
            if done := attempt():
                return done
        raise AssertionError(f"{what}: not within {self.patience} s")

    def page(self, path: str) -> tuple[str, dict[str, str]] | None:
        """A page and what its form carries unseen; None where it is not there now."""
        answer = self.ask("GET", path)
        if answer is None:
            return None
        assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("Location"))
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text)
        return answer.text, {name: unescape(value) for name, value in found}

    def file(self) -> str:
        """The declaration, the paper, the check page; the code of the receipt."""
        self.again("the declaration", self.declare)
        self.again("the paper", self.give)
        seen = self.again("the check page", self.check)
        return self.again("sending", lambda: self.send(seen))

    def declare(self) -> str:
        opened = self.page(AT + "to-khai/")
        if opened is None:
            return ""
        text, carried = opened
        # Names have no digits.
        name = f"Trần Gia {chr(65 + self.number // 26)}{chr(97 + self.number % 26)}"
        said = {"child_name": name} | ANSWERS if 'name="child_name"' in text else {"applicant_role": "mother"}
        done = self.ask("POST", AT + "to-khai/", data={**carried, **said, "act": "tiep"})
        if done is None or "child_name" not in said:
            return ""
        assert done.status_code == 302, re.sub(r"<[^>]+>|\s+", " ", done.text)[:2000]
        return done.headers["Location"]

    def give(self) -> str:
        opened = self.page(AT + "giay-to/")
        if opened is None:
            return ""
        carried = opened[1]
        headers = {"Draft": carried["draft"], "X-CSRFToken": carried["csrfmiddlewaretoken"]}
        told = {"kind": "giay-chung-sinh", "name": "giấy.pdf", "size": len(self.content), "sha256": self.sha256}
        begun = self.ask("POST", AT + "giay-to/tai-len/", data=told, headers=headers)
        if begun is None:
            return ""
        assert begun.status_code == 201, begun.text
        at, offset = f"{AT}giay-to/tai-len/{begun.json()['id']}/", int(begun.json()["offset"])
        if offset < len(self.content):
            rest = self.content[offset:]
            digest = base64.b64encode(hashlib.sha256(rest).digest()).decode()
            piece = {"Upload-Offset": str(offset), "Content-Digest": f"sha-256=:{digest}:", "Content-Type": "application/octet-stream"}
            put = self.ask("PUT", at, data=rest, headers=headers | piece)
            if put is None or put.status_code == 409:
                return ""
            assert put.status_code == 200, put.text
        ended = self.ask("POST", at, headers=headers)
        if ended is None:
            return ""
        assert ended.status_code == 201, ended.text
        return str(ended.json()["paper"])

    def check(self) -> str:
        opened = self.page(AT + "kiem-tra/")
        return json.dumps(opened[1]) if opened is not None else ""

    def send(self, seen: str) -> str:
        """The same press again where nobody said what came of it."""
        done = self.ask("POST", AT + "kiem-tra/", data=json.loads(seen))
        if done is None:
            return ""
        found = re.match(r"/ho-so/([^/]+)/", done.headers.get("Location", ""))
        assert done.status_code == 302 and found, f"{done.status_code} {done.headers.get('Location')} {done.text[:2000]}"
        return found[1]
