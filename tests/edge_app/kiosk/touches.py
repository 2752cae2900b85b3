"""Every kind of button with which the crew does something, and what shows in the casebook that it was done."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from edge_app.casebook.events import EventKind
from edge_app.casebook.radiographs import add_edited, get_radiograph, radiographs_of
from edge_app.database import Database
from edge_app.radiograph.edits import Edits
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.spines import drawn_spine


@dataclass(frozen=True)
class Touch:
    """One button: the page it is on, what it posts to, the event or the row of a table that it leaves, and what leads to it.

    ``stays``: the page is not left for it.
    """

    path: Callable[[Seeder], str]
    button: str
    posts: str
    leaves: EventKind | str
    prepare: Callable[[Page, Path], None] = lambda _page, _folder: None
    stays: bool = False

    def count(self, database: Database) -> int:
        """How often it was done."""
        if not isinstance(self.leaves, EventKind):
            return int(database.tables.table(self.leaves).count)
        (row,) = database.rows("SELECT count(*) AS n FROM events WHERE kind = :kind", {"kind": str(self.leaves)})
        return int(row["n"])

    def find(self, page: Page, folder: Path) -> Locator:
        """The button, ready to be touched."""
        self.prepare(page, folder)
        return page.locator(self.button).first


def _choose_file(page: Page, folder: Path) -> None:
    page.set_input_files("[data-upload-file]", write_dx(folder / "chest.dcm", simulated_chest(5, 256, 256)))


def _tap(selector: str) -> Callable[[Page, Path], None]:
    return lambda page, _folder: page.tap(selector)


def _write(selector: str, text: str) -> Callable[[Page, Path], None]:
    return lambda page, _folder: page.fill(selector, text)


def _edited(seed: Seeder) -> str:
    case_id = seed.result()
    (radiograph,) = radiographs_of(seed.database, case_id)
    edited = add_edited(seed.database, radiograph.id, Edits(flipped=True))
    seed.assessed(edited)
    seed.rendition(edited)
    return f"/radiographs/{edited.id}/compared"


def _editing(seed: Seeder) -> str:
    (radiograph,) = radiographs_of(seed.database, seed.result())
    return f"/radiographs/{radiograph.id}/edit"


def _adjusting(seed: Seeder) -> str:
    radiograph = get_radiograph(seed.database, drawn_spine(seed).radiograph_id)
    return f"/cases/{radiograph.case_id}/radiographs/{radiograph.id}/view"


def _move_a_point(page: Page, _folder: Path) -> None:
    expect(page.locator("[data-viewer]").first).to_have_attribute("data-viewer-state", "shown")
    page.locator("[data-grip=S1_front]").press("ArrowDown")
    expect(page.locator("[data-adjusting-keep]")).to_be_enabled()


def _calling(seed: Seeder) -> str:
    case_id = seed.no_answer()
    return f"/cases/{case_id}/call/{seed.newest_offers()[0].id}"


def _beside_another(seed: Seeder) -> str:
    seed.radiograph()
    return f"/cases/{seed.result()}/merge"


def _talking(seed: Seeder) -> str:
    return f"/cases/{seed.remarked()}/messages"


TOUCHES = {
    "Pre-KTAS": Touch(
        lambda seed: f"/cases/{seed.result()}", ".pad button[value='3']", "/cases", EventKind.PRE_KTAS_ENTERED, _tap(".two .pre-ktas"), True
    ),
    "call": Touch(_calling, "button.phone_accept", "/cases", EventKind.CREW_SAID),
    "skip": Touch(_calling, "button.skip", "/cases", EventKind.CREW_SAID),
    "ask": Touch(lambda seed: f"/cases/{seed.no_answer()}/hospitals", ".row button", "/cases", EventKind.CREW_SAID),
    "end": Touch(
        lambda seed: "/menu" if seed.no_answer() else "", ".pad:popover-open form .button", "/cases", EventKind.CREW_SAID, _tap(".chip.end")
    ),
    "unread": Touch(
        lambda seed: f"/cases/{seed.not_read()}", "[action$=send-unread] button", "/radiographs", EventKind.SEND_UNREAD_ASKED, stays=True
    ),
    "casualty": Touch(lambda _seed: "/casualties", ".next-one", "/casualties", EventKind.CASE_OPENED),
    "vital sign": Touch(
        lambda seed: f"/cases/{seed.result()}/vitals", "nav .next-one", "/cases", EventKind.VITALS_ENTERED, _write("#gcs", "9")
    ),
    "sex": Touch(lambda seed: f"/cases/{seed.unread()}/patient", ".sexes button", "/cases", EventKind.PATIENT_ENTERED),
    "name": Touch(
        lambda seed: f"/cases/{seed.unread()}/patient/name",
        "nav .next-one",
        "/cases",
        EventKind.PATIENT_ENTERED,
        _write("[name=value]", "홍길동"),
    ),
    "START": Touch(lambda seed: f"/cases/{seed.unread()}/start", ".category", "/cases", EventKind.START_ENTERED),
    "merge": Touch(_beside_another, ".pad:popover-open form .button", "/cases", "merges", _tap(".patient-line > .button")),
    "remark": Touch(_talking, "button.condition_worse", "/cases", "remarks", stays=True),
    "text": Touch(_talking, ".free button", "/cases", "remarks", _write("input[name=text]", "SpO2 84"), stays=True),
    "edits": Touch(_editing, "nav .next-one", "/radiographs", EventKind.RADIOGRAPH_EDITED, _tap("[data-edit-flipping]")),
    "edited": Touch(_edited, "form[action$=send-edited] button", "/radiographs", EventKind.SEND_EDITED_ASKED),
    "landmarks": Touch(_adjusting, "[data-adjusting-keep]", "/cases", EventKind.LANDMARKS_ADJUSTED, _move_a_point),
    "upload": Touch(lambda _seed: "/menu", ".upload .act", "/radiographs", EventKind.RADIOGRAPH_STORED, _choose_file),
}
