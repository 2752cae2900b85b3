import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.cases import get_case, recent_cases
from edge_app.casebook.crew_words import CrewWord, words_of
from edge_app.casebook.events import EventKind
from edge_app.casebook.radiographs import Door, get_radiograph, radiographs_of
from edge_app.errors import Refusal
from edge_app.kiosk import app as kiosk_app
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx
from tests.edge_app.full_disk import Disk
from tests.edge_app.kiosk.conftest import Seeder


def _events(casebook: Casebook, kind: EventKind) -> int:
    row = casebook.database.row("SELECT count(*) AS n FROM events WHERE kind = :kind", {"kind": str(kind)})
    return int(row["n"]) if row else 0


def test_an_upload_is_durable_before_it_is_acknowledged(client: FlaskClient, casebook: Casebook, tmp_path: Path) -> None:
    path = write_dx(tmp_path / "chest.dcm", simulated_chest(3, 256, 256))
    content = path.read_bytes()
    answer = client.post("/radiographs", data={"picture": (io.BytesIO(content), "chest.dcm"), "protocol": "chest"})
    assert answer.status_code == 201
    case_id = answer.headers["Location"].removeprefix("/cases/")
    (radiograph,) = radiographs_of(casebook.database, case_id)
    assert radiograph.door is Door.UPLOAD
    assert radiograph.protocol == "chest"
    assert casebook.pictures.path_of(radiograph.sha256).read_bytes() == content
    again = client.post("/radiographs", data={"picture": (io.BytesIO(content), "other-name.dcm")})
    assert again.headers["Location"] == answer.headers["Location"]


def test_what_is_no_picture_is_kept_all_the_same(client: FlaskClient, casebook: Casebook) -> None:
    answer = client.post("/radiographs", data={"picture": (io.BytesIO(b"no picture"), "x.dcm")})
    assert answer.status_code == 201
    case_id = answer.headers["Location"].removeprefix("/cases/")
    assert len(radiographs_of(casebook.database, case_id)) == 1


@pytest.mark.parametrize(
    "data", [{}, {"picture": (io.BytesIO(b""), "x.dcm")}, {"picture": (io.BytesIO(b"x"), "x.dcm"), "protocol": "astrology"}]
)
def test_an_upload_that_is_none_is_refused(client: FlaskClient, data: dict[str, object]) -> None:
    assert client.post("/radiographs", data=data).status_code == 400


def test_several_pictures_of_one_form_are_all_kept(client: FlaskClient, casebook: Casebook) -> None:
    two = [(io.BytesIO(b"one"), "1.dcm"), (io.BytesIO(b"other"), "2.dcm")]
    answer = client.post("/radiographs", data={"picture": two}, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/menu"), "two patients, as far as anybody knows"
    assert _events(casebook, EventKind.RADIOGRAPH_STORED) == 2


def test_a_picture_goes_to_the_case_that_the_crew_has_chosen(client: FlaskClient, casebook: Casebook, seed: Seeder, tmp_path: Path) -> None:
    case_id, over = seed.no_answer(), seed.closed()
    menu = client.get("/menu").text
    assert f'<option value="{case_id}">' in menu
    assert f'<option value="{over}">' not in menu
    path = write_dx(tmp_path / "chest.dcm", simulated_chest(3, 256, 256))
    before = radiographs_of(casebook.database, case_id)
    answer = client.post("/radiographs", data={"picture": (io.BytesIO(path.read_bytes()), "chest.dcm"), "case": case_id})
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/cases/{case_id}")
    assert len(radiographs_of(casebook.database, case_id)) == len(before) + 1
    assert client.get(f"/cases/{case_id}").status_code == 200


@pytest.mark.parametrize(("chosen", "status"), [("over", 409), ("nobody", 404)])
def test_a_picture_for_a_case_that_is_over_or_is_none_is_not_kept_and_says_so(
    client: FlaskClient, casebook: Casebook, seed: Seeder, chosen: str, status: int
) -> None:
    case_id = seed.closed() if chosen == "over" else chosen
    stored = _events(casebook, EventKind.RADIOGRAPH_STORED)
    answer = client.post("/radiographs", data={"picture": (io.BytesIO(b"one"), "1.dcm"), "case": case_id})
    assert answer.status_code == status
    assert ("요청을 거둔 환자라 보관하지 않았습니다" in answer.text) == (status == 409)
    assert _events(casebook, EventKind.RADIOGRAPH_STORED) == stored


def test_an_empty_file_among_several_keeps_none(client: FlaskClient, casebook: Casebook) -> None:
    two = [(io.BytesIO(b"one"), "1.dcm"), (io.BytesIO(b""), "2.dcm")]
    assert client.post("/radiographs", data={"picture": two}).status_code == 400
    assert _events(casebook, EventKind.RADIOGRAPH_STORED) == 0


# The parser leaves what it had begun to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_form_that_was_cut_off_keeps_nothing(client: FlaskClient, casebook: Casebook) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="picture"; filename="1.dcm"\r\nContent-Type: application/dicom\r\n\r\n'
    answer = client.post("/radiographs", data=head + bytes(5000), content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 400
    assert _events(casebook, EventKind.RADIOGRAPH_STORED) == 0


def test_too_large_an_upload_has_a_clear_status(client: FlaskClient, casebook: Casebook) -> None:
    client.application.config["MAX_CONTENT_LENGTH"] = 1000
    assert client.post("/radiographs", data={"picture": (io.BytesIO(bytes(2000)), "x.dcm")}).status_code == 413
    assert kiosk_app.MAX_UPLOAD_BYTES == 256 * 1024 * 1024
    assert _events(casebook, EventKind.RADIOGRAPH_STORED) == 0


def test_a_full_disk_is_never_acknowledged(client: FlaskClient, casebook: Casebook) -> None:
    folder = casebook.folder / "pictures"
    folder.mkdir(exist_ok=True)
    folder.rmdir()
    folder.write_bytes(b"a file stands where the folder should be")
    answer = client.post("/radiographs", data={"picture": (io.BytesIO(b"x"), "x.dcm")})
    assert answer.status_code == 507
    assert _events(casebook, EventKind.RADIOGRAPH_STORED) == 0


def test_pre_ktas_is_entered_once_however_often_it_is_pressed(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    for _press in range(2):
        assert client.post(f"/cases/{case_id}/pre-ktas", data={"level": "2"}, headers={"HX-Request": "true"}).status_code == 204
    assert get_case(casebook.database, case_id).pre_ktas == 2
    assert _events(casebook, EventKind.PRE_KTAS_ENTERED) == 1
    assert client.post(f"/cases/{case_id}/pre-ktas", data={"level": "1"}).headers["Location"] == f"/cases/{case_id}"
    assert get_case(casebook.database, case_id).pre_ktas == 1


@pytest.mark.parametrize("level", ["0", "6", "two", ""])
def test_only_one_to_five_are_levels(client: FlaskClient, casebook: Casebook, seed: Seeder, level: str) -> None:
    case_id = seed.result()
    assert client.post(f"/cases/{case_id}/pre-ktas", data={"level": level}).status_code == 400
    assert get_case(casebook.database, case_id).pre_ktas is None


def test_sending_unread_is_asked_once(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.not_read(Refusal.MODEL_FAILED)
    (radiograph,) = radiographs_of(casebook.database, case_id)
    for _press in range(2):
        assert client.post(f"/radiographs/{radiograph.id}/send-unread").status_code == 303
    assert get_radiograph(casebook.database, radiograph.id).send_unread
    assert _events(casebook, EventKind.SEND_UNREAD_ASKED) == 1


def test_what_was_read_or_is_being_read_cannot_be_sent_unread(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    for case_id in (seed.result(), seed.unread()):
        (radiograph,) = radiographs_of(casebook.database, case_id)
        assert client.post(f"/radiographs/{radiograph.id}/send-unread").status_code == 409
        assert not get_radiograph(casebook.database, radiograph.id).send_unread


def test_other_pages_can_do_nothing(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.result()
    answer = client.post(f"/cases/{case_id}/pre-ktas", data={"level": "1"}, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert get_case(casebook.database, case_id).pre_ktas is None


def test_how_a_call_went_is_durable_before_the_page_goes_on_and_twice_is_once(
    client: FlaskClient, casebook: Casebook, seed: Seeder
) -> None:
    case_id = seed.no_answer()
    offer = seed.newest_offers()[0]
    for _ in range(2):
        answer = client.post(f"/cases/{case_id}/offers/{offer.id}/said", data={"word": "phone_accept", "who": " 김 과장 "})
        assert (answer.status_code, answer.location) == (303, f"/cases/{case_id}")
    (said,) = words_of(casebook.database, case_id)
    assert (said.word, said.offer_id, said.who, said.outcome) == (CrewWord.PHONE_ACCEPT, offer.id, "김 과장", None)
    assert _events(casebook, EventKind.CREW_SAID) == 1


@pytest.mark.parametrize("form", [{}, {"word": "accept"}, {"word": "cancel"}, {"word": "pick"}, {"word": "phone_accept", "who": "x" * 41}])
def test_what_cannot_be_said_of_an_offer_is_refused(client: FlaskClient, casebook: Casebook, seed: Seeder, form: dict[str, str]) -> None:
    case_id = seed.no_answer()
    offer = seed.newest_offers()[0]
    assert client.post(f"/cases/{case_id}/offers/{offer.id}/said", data=form).status_code == 400
    assert client.post(f"/cases/{case_id}/offers/{'0' * 32}/said", data={"word": "skip"}).status_code == 404
    assert client.post(f"/cases/{'0' * 32}/offers/{offer.id}/said", data={"word": "skip"}).status_code == 404
    assert words_of(casebook.database, case_id) == []


def test_a_case_is_closed_by_a_word_of_its_own(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    case_id = seed.no_answer()
    assert client.get(f"/cases/{case_id}/cancel").status_code == 405
    assert client.post(f"/cases/{case_id}/cancel").status_code == 303
    assert [said.word for said in words_of(casebook.database, case_id)] == [CrewWord.CANCEL]
    assert client.post(f"/cases/{'0' * 32}/cancel").status_code == 404


TOUCHES = {
    "Pre-KTAS": ("/cases/{case}/pre-ktas", {"level": "2"}),
    "how a call went": ("/cases/{case}/offers/{offer}/said", {"word": "phone_accept"}),
    "one more hospital": ("/cases/{case}/hospitals", {"hpid": "A1100001"}),
    "the end of a case": ("/cases/{case}/cancel", {}),
    "a vital sign": ("/cases/{case}/vitals", {"gcs": "9"}),
}


@pytest.mark.parametrize(("path", "form"), TOUCHES.values(), ids=TOUCHES.keys())
def test_a_touch_that_finds_no_disk_says_so_and_counts_when_it_is_made_again(
    client: FlaskClient, casebook: Casebook, seed: Seeder, disk: Disk, path: str, form: dict[str, str]
) -> None:
    case_id = seed.no_answer()
    path = path.format(case=case_id, offer=seed.newest_offers()[0].id)
    disk.fill(casebook.database)
    before = casebook.database.rows("SELECT count(*) AS n FROM events")
    for language, word in (("ko", "저장하지 못했습니다"), ("en", "could not be stored")):
        client.set_cookie("kiosk_language", language)
        answer = client.post(path, data=form)
        assert (answer.status_code, word in answer.text) == (507, True)
        assert f'href="/cases/{case_id}"' in answer.text
        # The page itself is there to be read.
        assert client.get(f"/cases/{case_id}").status_code == 200
    assert casebook.database.rows("SELECT count(*) AS n FROM events") == before
    assert words_of(casebook.database, case_id) == []
    disk.free()
    assert client.post(path, data=form).status_code == 303
    assert casebook.database.rows("SELECT count(*) AS n FROM events") != before


def test_sending_unread_finds_no_disk(client: FlaskClient, casebook: Casebook, seed: Seeder, disk: Disk) -> None:
    case_id = seed.not_read(Refusal.MODEL_FAILED)
    (radiograph,) = radiographs_of(casebook.database, case_id)
    disk.fill(casebook.database)
    assert client.post(f"/radiographs/{radiograph.id}/send-unread").status_code == 507
    assert not get_radiograph(casebook.database, radiograph.id).send_unread


def test_an_upload_whose_row_finds_no_disk_is_not_acknowledged(client: FlaskClient, casebook: Casebook, seed: Seeder, disk: Disk) -> None:
    disk.fill(casebook.database)
    answer = client.post("/radiographs", data={"picture": (io.BytesIO(b"x" * 9000), "x.dcm")})
    assert (answer.status_code, "저장하지 못했습니다" in answer.text) == (507, True)
    assert _events(casebook, EventKind.RADIOGRAPH_STORED) == 0
    disk.free()
    assert client.post("/radiographs", data={"picture": (io.BytesIO(b"x" * 9000), "x.dcm")}).status_code == 201


def test_a_page_that_stays_is_told_where_to_go_and_any_other_is_sent_there(client: FlaskClient, casebook: Casebook) -> None:
    told = client.post("/casualties/new", headers={"X-Page-Stays": "1"})
    first, *_none = recent_cases(casebook.database)
    assert (told.status_code, told.headers["Location"], told.data) == (204, f"/cases/{first.id}/patient", b"")
    sent = client.post("/casualties/new")
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/cases/{recent_cases(casebook.database)[0].id}/patient")
    assert client.post("/cases/none/cancel", headers={"X-Page-Stays": "1"}).status_code == 404
