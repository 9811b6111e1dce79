"""A telephone: a voice platform that reads the portal's VoiceXML 2.1 documents over HTTP, speaks their prompts and takes keys.

    POST /hotline/call   {"keys": ["1", "1", "26*101*261129*0001#", "9"]}   what was spoken, and how the call ended
    /hotline/            (a page for people)

It knows what the standard calls menu, form, field, option, grammar of keys, filled, if, submit, goto, transfer, noinput, nomatch and
reprompt; whatever else stands in a document ends the call with an error, as a platform's badfetch does. A key entry ``""`` is silence.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from portal.simulators.config import Config

VXML, SRGS = "{http://www.w3.org/2001/vxml}", "{http://www.w3.org/2001/06/grammar}"
MOST_STEPS = 60
Fetch = Callable[[str, str, dict[str, str]], bytes]
"""Method, address (a path), form values: the document. Raises OSError where there is none."""


class Ended(Exception):
    """The call is over: how."""


class Call:
    """One call."""

    def __init__(self, fetch: Fetch, keys: list[str]) -> None:
        self.fetch, self.keys = fetch, list(keys)
        self.spoken: list[str] = []
        self.pages: list[str] = []
        self.steps = 0

    def run(self, start: str) -> str:
        """Go through the documents until the call ends; answers how: ``hung up``, ``transfer``, ``error: …``."""
        where: tuple[str, str, dict[str, str]] = ("GET", start, {})
        try:
            while True:
                self.steps += 1
                if self.steps > MOST_STEPS:
                    return "error: too long"
                self.pages.append(where[1])
                where = self._document(ET.fromstring(self.fetch(*where)))
        except Ended as ended:
            return str(ended)
        except (ET.ParseError, OSError, KeyError) as error:
            return f"error: {type(error).__name__}"

    def _document(self, document: ET.Element) -> tuple[str, str, dict[str, str]]:
        if document.tag != f"{VXML}vxml" or document.get("version") != "2.1":
            raise Ended("error: no VoiceXML 2.1")
        for part in document:
            if part.tag == f"{VXML}menu":
                return self._menu(part)
            if part.tag == f"{VXML}form":
                return self._form(part)
            if part.tag != f"{VXML}meta":
                raise Ended(f"error: {part.tag}")
        raise Ended("error: empty document")

    def _say(self, parent: ET.Element) -> None:
        for prompt in parent.findall(f"{VXML}prompt"):
            self.spoken.append(" ".join((prompt.text or "").split()))

    def _ask(self, parent: ET.Element, fits: Callable[[str], str | None]) -> str:
        """Speak, take keys until they fit; three misses do what the document says."""
        self._say(parent)
        misses = {"noinput": 0, "nomatch": 0}
        while True:
            if not self.keys:
                raise Ended("hung up")
            typed = self.keys.pop(0)
            found = fits(typed.rstrip("#")) if typed else None
            if found is not None:
                return found
            name = "nomatch" if typed else "noinput"
            misses[name] += 1
            handlers = [one for one in parent.findall(f"{VXML}{name}") if int(one.get("count", "1")) <= misses[name]]
            if not handlers:
                continue
            chosen = max(handlers, key=lambda one: int(one.get("count", "1")))
            if chosen.text and chosen.text.strip():
                self.spoken.append(" ".join(chosen.text.split()))
            if (away := chosen.find(f"{VXML}goto")) is not None:
                raise _Gone("GET", away.attrib["next"], {})
            if chosen.find(f"{VXML}reprompt") is not None:
                self._say(parent)

    def _menu(self, menu: ET.Element) -> tuple[str, str, dict[str, str]]:
        ways = {choice.attrib["dtmf"]: choice.attrib["next"] for choice in menu.findall(f"{VXML}choice")}
        try:
            return ("GET", self._ask(menu, ways.get), {})
        except _Gone as gone:
            return gone.where

    def _form(self, form: ET.Element) -> tuple[str, str, dict[str, str]]:
        values: dict[str, str] = {}
        try:
            for item in form:
                match item.tag.removeprefix(VXML):
                    case "var":
                        values[item.attrib["name"]] = item.attrib["expr"].strip("'")
                    case "field":
                        values[item.attrib["name"]] = self._ask(item, _reader(item))
                        if (filled := item.find(f"{VXML}filled")) is not None:
                            self._execute(filled, values)
                    case "block":
                        self._execute(item, values)
                    case "transfer":
                        raise Ended(f"transfer to {item.attrib['dest']}")
                    case other:
                        raise Ended(f"error: {other}")
        except _Gone as gone:
            return gone.where
        raise Ended("hung up")

    def _execute(self, block: ET.Element, values: dict[str, str]) -> None:
        for step in block:
            match step.tag.removeprefix(VXML):
                case "prompt":
                    self.spoken.append(" ".join((step.text or "").split()))
                case "if":
                    found = re.fullmatch(r"(\w+) == '(\w*)'", step.attrib["cond"])
                    if found is None:
                        raise Ended("error: condition")
                    parts = list(step)
                    cut = next((place for place, one in enumerate(parts) if one.tag == f"{VXML}else"), len(parts))
                    chosen = parts[:cut] if values.get(found[1]) == found[2] else parts[cut + 1 :]
                    branch = ET.Element("branch")
                    branch.extend(chosen)
                    self._execute(branch, values)
                case "goto":
                    raise _Gone("GET", step.attrib["next"], {})
                case "submit":
                    data = {name: values[name] for name in step.attrib["namelist"].split()}
                    raise _Gone(step.get("method", "get").upper(), step.attrib["next"], data)
                case other:
                    raise Ended(f"error: {other}")


class _Gone(Exception):
    """The document leads to another."""

    def __init__(self, method: str, path: str, data: dict[str, str]) -> None:
        super().__init__(path)
        self.where = (method, path, data)


def _reader(field: ET.Element) -> Callable[[str], str | None]:
    """What a field takes: one of its options, or keys that its grammar allows."""
    options = {one.attrib["dtmf"]: one.attrib["value"] for one in field.findall(f"{VXML}option")}
    if options:
        return options.get
    grammar = field.find(f"{SRGS}grammar")
    if grammar is None or grammar.get("mode") != "dtmf":
        raise Ended("error: no grammar of keys")
    item = grammar.find(f"{SRGS}rule/{SRGS}item")
    assert item is not None
    least, _, most = item.get("repeat", "1").partition("-")
    allowed = "".join(one.text or "" for one in item.findall(f"{SRGS}one-of/{SRGS}item"))
    pattern = re.compile(f"[{re.escape(allowed)}]{{{least},{most or least}}}")
    return lambda typed: typed if pattern.fullmatch(typed) else None


def over_http(site: str) -> Fetch:
    """Fetch documents of a portal."""

    def fetch(method: str, path: str, data: dict[str, str]) -> bytes:
        coded = urllib.parse.urlencode(data)
        url = urllib.parse.urljoin(f"{site}/", path) + (f"?{coded}" if coded and method == "GET" else "")
        asked = urllib.request.Request(url, coded.encode() if method == "POST" else None, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=10) as answer:
            return bytes(answer.read())

    return fetch


def blueprint(config: Config) -> Blueprint:
    """Everything under /hotline/."""
    pages = Blueprint("hotline", __name__, url_prefix="/hotline")

    @pages.post("/call")
    def call() -> Any:
        said = request.get_json(silent=True) or {}
        made = Call(over_http(config.site_url), [str(one) for one in said.get("keys", [])][:MOST_STEPS])
        ended = made.run("/tong-dai/menu.vxml")
        return jsonify({"spoken": made.spoken, "pages": made.pages, "ended": ended})

    @pages.route("/", methods=["GET", "POST"])
    def telephone() -> str:
        typed = request.form.get("keys", "")
        made = Call(over_http(config.site_url), typed.split())
        ended = made.run("/tong-dai/menu.vxml") if request.method == "POST" else ""
        return render_template("hotline.html", typed=typed, spoken=made.spoken, ended=ended)

    return pages
