"""The real kiosk on a free port, and the browser that looks at it: a real Chromium, 1280 × 800, by touch."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from edge_app.casebook import Casebook
from edge_app.config import Settings, Web
from edge_app.kiosk.service import serve
from tests.chromium import CHROMIUM

LAYOUT = (Path(__file__).parent / "clipped.js").read_text(encoding="utf-8")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


def settings_on_a_free_port(folder: Path) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Settings(var=folder, kiosk=Web(port=probe.getsockname()[1]))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A kiosk on a free port."""
    return settings_on_a_free_port(tmp_path)


class Kiosk:
    def __init__(self, settings: Settings, casebook: Casebook) -> None:
        self.url = f"http://127.0.0.1:{settings.kiosk.port}"
        self._settings, self._casebook = settings, casebook
        self.start()

    def start(self) -> None:
        self._stopping, serving = threading.Event(), threading.Event()
        arguments = (self._casebook, self._settings, self._stopping, serving.set)
        self._thread = threading.Thread(target=serve, args=arguments, daemon=True)
        self._thread.start()
        assert serving.wait(30)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture
def kiosk(settings: Settings, casebook: Casebook) -> Iterator[Kiosk]:
    """It serves as long as the test runs."""
    kiosk = Kiosk(settings, casebook)
    yield kiosk
    kiosk.stop()


@contextmanager
def a_page(browser: Browser, kiosk: Kiosk, language: str = "ko", theme: str = "day") -> Iterator[tuple[Page, list[str]]]:
    """A page and what its console complained of."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, has_touch=True)
    context.add_cookies(
        [{"name": f"kiosk_{name}", "value": value, "url": kiosk.url} for name, value in (("language", language), ("theme", theme))]
    )
    page = context.new_page()
    complaints: list[str] = []
    # Reading the canvas back is this test's own doing.
    page.on("console", lambda message: complaints.append(message.text) if "Multiple readback" not in message.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page, complaints
    context.close()


def settled(page: Page) -> None:
    page.evaluate("document.fonts.ready")
    if page.locator("[data-viewer]").count():
        expect(page.locator("[data-viewer]").first).to_have_attribute("data-viewer-state", "shown")
