"""A page that is open for a day: beats and changes by the hundred, and neither the browser nor the server grows by them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from edge_app.casebook import Casebook
from edge_app.casebook.cases import enter_pre_ktas
from edge_app.config import Dispatch
from edge_app.emergency_room.duty import take_duty
from edge_app.screens import sse
from tests.chromium import IN_CHROMIUM
from tests.edge_app.emergency_room.builders import decision, deliver, preview
from tests.edge_app.emergency_room.served import Served
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.served import Kiosk, browser, settings_on_a_free_port, settled

__all__ = ["browser"]
pytestmark = IN_CHROMIUM

# A day has some hundred changes where much happens, and 43,200 beats, of which a part is enough: what leaks leaks by each of them.
BEAT_EVERY_S = 0.02
ROUNDS, CHANGES_A_ROUND, BEATS_A_ROUND = 16, 25, 20
COUNTING = """(() => {
    const Real = window.EventSource;
    window.beats = 0;
    window.EventSource = class extends Real {
        constructor(...given) {
            super(...given);
            this.addEventListener("beat", () => { window.beats += 1; });
        }
    };
})()"""
FIRST_LOOK = ROUNDS // 4
LOOKS_AT_REST = 3
# What a page may be larger by whatever happened. Compiled code grows for some thousand changes, and then no more.
SPARE_NODES, SPARE_LISTENERS, SPARE_HEAP_BYTES = 60, 20, 700_000
SPARE_THREADS, SPARE_FILES = 2, 6


@dataclass(frozen=True)
class Size:
    """How large both sides are."""

    nodes: int
    listeners: int
    documents: int
    heap_bytes: int
    threads: int
    files: int


@dataclass(frozen=True)
class Open:
    """A served screen with something on it. ``change`` writes it one of two ways; ``shows`` is where the page says which."""

    url: str
    change: Callable[[bool], None]
    shows: str
    words: tuple[str, str]


@contextmanager
def _kiosk(folder: Path) -> Iterator[Open]:
    settings = settings_on_a_free_port(folder).model_copy(update={"dispatch": Dispatch(no_answer_after_s=3600)})
    casebook = Casebook(settings.casebook_folder)
    case_id = Seeder(casebook).result()
    kiosk = Kiosk(settings, casebook)
    yield Open(kiosk.url, lambda odd: enter_pre_ktas(casebook.database, case_id, 2 + odd), ".two .pre-ktas .level", ("2", "3"))
    kiosk.stop()
    casebook.database.close()


@contextmanager
def _console(folder: Path) -> Iterator[Open]:
    served = Served(folder)
    deliver(served.database, decision(), preview())
    names = ("김민수", "박서연")
    yield Open(served.url, lambda odd: take_duty(served.database, names[odd]), ".standing-open", names)
    served.close()


def size(page: Page, cdp: CDPSession) -> Size:
    """After everything that can be has been thrown away; what is still being worked on is not counted."""
    looks = []
    for _ in range(3):
        cdp.send("HeapProfiler.collectGarbage")
        page.wait_for_timeout(60)
        looks.append((cdp.send("Memory.getDOMCounters"), cdp.send("Runtime.getHeapUsage")))
    return Size(
        min(counted["nodes"] for counted, _heap in looks),
        min(counted["jsEventListeners"] for counted, _heap in looks),
        min(counted["documents"] for counted, _heap in looks),
        min(int(heap["usedSize"]) for _counted, heap in looks),
        threading.active_count(),
        len(list(Path("/proc/self/fd").iterdir())),
    )


def shows(page: Page, screen: Open, odd: bool) -> None:
    """Wait until the page shows it."""
    expect(page.locator(screen.shows).first).to_contain_text(screen.words[odd])


def at_rest(page: Page, cdp: CDPSession, screen: Open) -> Size:
    """After single changes: what a page has put in another's place it lets go when the next change comes."""
    looks = []
    for look in range(LOOKS_AT_REST):
        screen.change(look % 2 == 1)
        shows(page, screen, look % 2 == 1)
        looks.append(size(page, cdp))
    return min(looks, key=lambda one: one.nodes)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("screen", [_kiosk, _console])
def test_nothing_grows(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, screen: Callable[[Path], AbstractContextManager[Open]]
) -> None:
    monkeypatch.setattr(sse, "BEAT_EVERY_S", 0.0)
    monkeypatch.setattr(sse, "LOOK_EVERY_S", BEAT_EVERY_S)
    expect.set_options(timeout=20_000)
    sizes: list[Size] = []
    with screen(tmp_path) as open_screen:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.add_init_script(COUNTING)
        page.goto(open_screen.url)
        settled(page)
        cdp = context.new_cdp_session(page)
        for number in range(1, ROUNDS + 1):
            for change in range(CHANGES_A_ROUND):
                open_screen.change(change % 2 == 0)
            shows(page, open_screen, CHANGES_A_ROUND % 2 == 1)
            page.wait_for_function("least => window.beats >= least", arg=number * BEATS_A_ROUND)
            if number % FIRST_LOOK == 0:
                sizes.append(at_rest(page, cdp, open_screen))
        context.close()
    # From a quarter of the day on.
    first, last = sizes[0], sizes[-1]
    assert last.nodes <= first.nodes + SPARE_NODES
    assert last.listeners <= first.listeners + SPARE_LISTENERS
    assert last.documents <= first.documents
    assert last.heap_bytes <= first.heap_bytes + SPARE_HEAP_BYTES
    assert last.threads <= first.threads + SPARE_THREADS
    assert last.files <= first.files + SPARE_FILES
