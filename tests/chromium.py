"""The browser that the tests of the screens look with."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")
IN_CHROMIUM = [
    pytest.mark.chromium,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}"),
]


def but_for_broken_off(complaints: Iterable[str]) -> list[str]:
    """What a page's console complained of, without the requests that were broken off.

    A page that is left, closed, or asks anew breaks off what it was just asking for, and htmx reports that as two
    errors: that it was broken off, and that the request has ended. A request that *failed* leaves another word.
    """
    left: list[str] = []
    broken_off = ended = 0
    for one in complaints:
        word = one.split(",")[0]
        if word == "htmx:sendAbort":
            broken_off += 1
        elif word == "htmx:afterRequest":
            ended += 1
        else:
            left.append(one)
    return left + ["htmx:afterRequest"] * (ended - broken_off)


def inaccessible(page: Page) -> list[str]:
    """What axe finds wrong with a page as it stands, one line each."""
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']} ({rule['impact']}): {node['html'][:200]}" for rule in violations for node in rule["nodes"]]
