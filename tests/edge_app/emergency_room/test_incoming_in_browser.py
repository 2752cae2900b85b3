"""The page of who is on the way in a real Chromium: it stays as it is opened, moves with each word, and counts down between them."""

from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests.chromium import CHROMIUM, IN_CHROMIUM
from tests.edge_app.emergency_room.builders import OFFER, decision, granted
from tests.edge_app.emergency_room.served import Served
from tests.edge_app.emergency_room.test_positions import approach, comes, where

pytestmark = IN_CHROMIUM
PATIENCE_MS = 20_000


def test_an_open_page_moves_with_the_unit_and_a_touch_on_it_shows_its_request(tmp_path: Path) -> None:
    served = Served(tmp_path, language="en")
    try:
        comes(served.database, decision(unit_name="Unit 31"), granted(), where(1, approach(5000, 0, eta_s=3000)))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            wrong: list[str] = []
            page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
            page.goto(f"{served.url}/")
            page.get_by_text("Where they are").click()
            time = page.locator(".chart .time .left")
            expect(time).not_to_have_text(time.text_content() or "", timeout=PATIENCE_MS)
            mark = page.locator(".chart .mark")
            expect(mark).to_have_attribute("cx", "430.0", timeout=PATIENCE_MS)
            # The name is drawn about as wide as it is taken for when labels are placed.
            assert page.locator(".chart .name").evaluate("(name) => name.getComputedTextLength()") <= 8 * 11.5
            comes(served.database, where(2, approach(0, 5000)))
            expect(mark).to_have_attribute("cx", "705.0", timeout=PATIENCE_MS)
            mark.click()
            expect(page.locator("[data-case]")).to_have_attribute("data-case", OFFER, timeout=PATIENCE_MS)
            assert wrong == []
            browser.close()
    finally:
        served.close()
