"""Chromium for journeys: a phone and a desk, with JavaScript and without."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

# Playwright's own loop runs in this thread; Django's guard against that is for code that would block a server's loop.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless; for a module only, because Playwright's running loop forbids other tests one of their own."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        )  # fmt: skip
        yield browser
        browser.close()


class Complaints:
    """What the browser complained of: script errors and anything the content security policy refused."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def watch(self, page: Page) -> None:
        """Listen to a page."""
        page.on("pageerror", lambda error: self.lines.append(f"{page.url} error: {error}"))
        page.on(
            "console",
            lambda message: (
                self.lines.append(f"{page.url} {message.type}: {message.text} {message.location}")
                if message.type == "error" and "Failed to load resource" not in message.text
                else None
            ),
        )


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Make a page: ``open_page(PHONE)``, ``open_page(DESK, javascript=False)``. Fails the test on any script or CSP complaint."""
    contexts: list[BrowserContext] = []
    complaints = Complaints()

    def make(viewport: dict[str, int] = PHONE, *, javascript: bool = True, **more: Any) -> Page:
        context = chromium.new_context(
            viewport=viewport, java_script_enabled=javascript, locale="vi-VN", has_touch=viewport is PHONE, **more  # type: ignore[arg-type]
        )  # fmt: skip
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        complaints.watch(page)
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints.lines == []
