"""Tuberculosis as the crew sees and touches it: everything fits, the map goes over the picture, one touch reads anew."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from edge_app.casebook.offers import Rung
from edge_app.casebook.radiographs import radiographs_of
from edge_app.config import Dispatch, Settings, Tuberculosis
from edge_app.errors import Refusal
from edge_app.reading.finding import GateVerdict, Protocol
from tests.chromium import IN_CHROMIUM
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.served import LAYOUT, Kiosk, a_page, browser, kiosk, settings_on_a_free_port, settled
from tests.edge_app.kiosk.tuberculous import models, screened

__all__ = ["browser", "kiosk", "models"]
pytestmark = IN_CHROMIUM


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A site with a threshold of its own, where nobody runs out of patience meanwhile."""
    own = {"tuberculosis": Tuberculosis(threshold=0.45, prevalence_per_1000=20), "dispatch": Dispatch(no_answer_after_s=3600)}
    return settings_on_a_free_port(tmp_path).model_copy(update=own)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_it_fits_and_one_touch_each_shows_the_map_and_reads_anew(
    browser: Browser, kiosk: Kiosk, seed: Seeder, models: Path, language: str
) -> None:
    seed.link()
    child = seed.radiograph(age=9)
    seed.refused(child, Refusal.CHILD, gate=GateVerdict("chest_child", 0.93), protocol=Protocol.TUBERCULOSIS)
    radiograph = seed.radiograph()
    offers = seed.offers(screened(seed, models, radiograph, threshold=0.45))
    seed.climb(offers[0], Rung.AT_BROKER, Rung.AT_HOSPITAL, Rung.OPENED)
    seed.rendition(radiograph)
    with a_page(browser, kiosk, language) as (page, complaints):
        for path in ("/menu", "/screening", f"/cases/{child.case_id}", f"/cases/{radiograph.case_id}"):
            page.goto(kiosk.url + path)
            settled(page)
            assert page.evaluate(LAYOUT) == []
        expect(page.locator(".airborne")).to_be_visible()
        heat = page.locator('[data-viewer-action="heat"]')
        heat.tap()
        expect(heat).to_have_attribute("aria-pressed", "true")
        page.locator('.narrow button[value="chest"]').tap()
        page.wait_for_url("**/radiographs/*")
        expect(page.locator(".kiosk")).to_have_attribute("data-showing", "reading")
        assert [each.protocol for each in radiographs_of(seed.database, radiograph.case_id)] == [None, "chest"]
        assert complaints == []
