"""Outlines, measurements, severity and flaws on the kiosk: everything with its trust, nothing missing without a word."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from edge_app.casebook import Casebook
from edge_app.casebook.readings import add_reading
from edge_app.errors import Refusal
from edge_app.kiosk.figures import UNITS, MeasureRow, Number, Posture, Side, figures_view
from edge_app.reading import chest_measurements
from edge_app.reading.finding import ANATOMY, SEVERITY, Flaw, Gap, Measurement, Missing, Protocol, Reading, Timing, Urgency
from edge_app.reading.protocols.neonatal_rds import GRADE
from edge_app.reading.protocols.swallow import PERCENT, SECONDS
from edge_app.reading.spinopelvic import DEGREES
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.figured import COMPLETE, GAPS, MEASUREMENTS, NOTHING, flawed
from tests.edge_app.kiosk.test_catalogues import KIOSK, SCREENS
from tests.edge_app.kiosk.test_pages import speak, words
from tests.edge_app.screens.catalogues import LANGUAGES, messages


def reading(**parts: Any) -> Reading:
    return replace(Reading(Protocol.CHEST, None, None, (), Urgency.NONE, (), Timing(), {}, "test"), **parts)


def test_every_unit_that_a_chest_is_measured_in_is_known() -> None:
    known = {getattr(chest_measurements, name) for name in dir(chest_measurements) if re.match("RATIO|SQUARE|SHARE|MM", name)}
    assert known | {GRADE, DEGREES, SECONDS, PERCENT} == UNITS.keys()


def test_a_complete_reading_has_a_row_for_everything() -> None:
    view = figures_view(reading(**COMPLETE))
    assert [row.name for row in view.outlines] == ["right_lung", "left_lung", "heart", "airways"]
    assert [row.proven for row in view.outlines] == [True, True, False, False]
    assert view.outlines[3].dice_percent is None
    heart, trachea, *lungs = view.measures
    assert heart == view.heart == MeasureRow("cardiothoracic_ratio", Number("0.54", "ratio"), trust_percent=93, validated=True)
    assert (trachea.number, trachea.also, trachea.side) == (Number("2.3", "share_of_thorax"), Number("5", "mm_detector"), Side.RIGHT)
    assert [row.number for row in lungs] == [
        Number("213", "square_cm_detector"),
        Number("188", "square_cm_detector"),
        Number("1.14", "ratio"),
    ]
    assert [(zone.letter, zone.value, zone.step, zone.validated) for zone in view.zones][:3] == [
        ("A", "0.0", 0, True),
        ("B", "0.9", 1, True),
        ("C", "2.7", 3, False),
    ]
    assert view.brixia is not None
    assert (view.brixia.value, view.brixia.maximum, view.brixia.mae, view.brixia.validated) == ("7.5", 18, None, False)
    assert view.missing == 0


def test_what_is_missing_stands_where_it_would_be() -> None:
    view = figures_view(reading(**GAPS))
    assert [(row.name, row.gap) for row in view.outlines[1:]] == [
        ("left_lung", Gap.NOT_FOUND),
        ("heart", Gap.NOT_TRUSTED),
        ("airways", Gap.NOT_FOUND),
    ]
    assert view.heart is not None
    assert (view.heart.gap, view.heart.number) == (Gap.NOT_MEASURABLE, None)
    assert (view.severity_gap, view.zones, view.missing) == (Gap.MODEL_FAILED, (), 8)


def test_a_missing_part_that_this_screen_does_not_know_is_said_all_the_same() -> None:
    view = figures_view(reading(missing=(Missing("left_clavicle", Gap.CUT_OFF, ""),)))
    assert [(row.name, row.gap) for row in view.measures] == [("left_clavicle", Gap.CUT_OFF)]


def test_millimetres_alone_are_not_lost() -> None:
    view = figures_view(reading(measurements={"tracheal_deviation_mm": MEASUREMENTS["tracheal_deviation_mm"]}))
    assert [row.name for row in view.measures] == ["tracheal_deviation_mm"]


@pytest.mark.parametrize(("value", "side"), [(2.0, Side.LEFT), (-0.06, Side.RIGHT), (0.04, Side.NEITHER), (-0.04, Side.NEITHER)])
def test_the_side_is_never_surer_than_the_number_shown(value: float, side: Side) -> None:
    deviation = Measurement(value, chest_measurements.SHARE_OF_THORAX, 0.9, True)
    assert figures_view(reading(measurements={"tracheal_deviation": deviation})).measures[0].side is side


@pytest.mark.parametrize(
    ("seen", "posture"), [("PA", Posture.FROM_BEHIND), ("AP", Posture.FROM_THE_FRONT), (None, Posture.UNKNOWN), ("LL", Posture.UNKNOWN)]
)
def test_the_hearts_limit_is_only_told_where_it_holds(seen: str | None, posture: Posture) -> None:
    assert figures_view(reading(view=seen)).posture is posture


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("figures", [NOTHING, GAPS])
def test_everything_missing_is_said_in_words_and_counted(client: FlaskClient, seed: Seeder, figures: dict[str, Any], language: str) -> None:
    seed.result(**figures)
    speak(client, language)
    page = client.get("/").text
    said = words(page)
    catalogue = messages(KIOSK / "locales", language) | messages(SCREENS / "locales", language)
    for missing in figures["missing"]:
        assert catalogue[f"gap.{missing.reason}"] in said
        key = {ANATOMY: "figures.anatomy_absent", SEVERITY: "figures.severity_absent"}.get(missing.part)
        named = catalogue.get(f"structure.{missing.part}") or catalogue.get(f"measurement.{missing.part}")
        assert (catalogue[key] if key else named) in said
    # In the pane each has its gap once.
    assert page.count('class="gap"') == len(figures["missing"])
    assert "0.0" not in re.sub(r"\d+\.\d+ ?(s|초)", "", said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_come_with_unit_trust_and_error(client: FlaskClient, seed: Seeder, language: str) -> None:
    seed.result()
    speak(client, language)
    page = client.get("/").text
    said = words(page)
    for expected in {
        "ko": (
            "0.54",
            "213 cm² (검출기 위)",
            "환자 오른쪽으로 · 5 mm",
            "7.5 /18",
            "오차 ±1.1 · 판독의 둘 차이 0.9",
            "오차 모름",
            "chest_anatomy 51e08b",
        ),
        "en": ("0.54", "213 cm² (at detector)", "to patient’s right · 5 mm", "7.5 /18", "error ±1.1 · readers 0.9 apart", "error unknown"),
    }[language]:
        assert expected in said
    assert page.count('class="outline heart unproven"') == 2
    assert 'class="outline right_lung"' in page
    assert "CTR 0.54" in page


def test_a_reading_without_such_figures_says_that_it_gives_none(client: FlaskClient, casebook: Casebook, seed: Seeder) -> None:
    swallow = reading(protocol=Protocol.SWALLOW, measurements={"rise": Measurement(12.0, "mm"), "transit": Measurement(1.4, "s")})
    add_reading(casebook.database, seed.radiograph().id, swallow)
    said = words(client.get("/").text)
    assert "1.4 s" in said
    assert "폐 침범 정도" not in said
    add_reading(casebook.database, seed.radiograph().id, reading())
    assert "이 판독에는 없습니다." in words(client.get("/").text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_brings_its_advice_on_a_result_and_on_a_refusal(client: FlaskClient, seed: Seeder, flaw: Flaw, language: str) -> None:
    said_by = messages(KIOSK / "locales", language)
    speak(client, language)
    for show in (lambda: seed.result(flaw), lambda: seed.not_read(Refusal.UNLIKE_TRAINING, flaw)):
        show()
        said = words(client.get("/").text)
        for key in (f"flaw.{flaw}.title", f"flaw.{flaw}.do", "flaw.only_made"):
            assert said_by[key] in said
        assert "93%" in said


def test_a_flaw_that_was_tried_on_real_pictures_does_not_read_as_unproven(client: FlaskClient, seed: Seeder) -> None:
    seed.assessed(seed.radiograph(), gate=flawed(Flaw.CUT_OFF, validated=True))
    said = words(client.get("/").text)
    assert "가슴 일부가 잘렸습니다" in said
    assert "만든 흠으로만" not in said


def test_a_picture_without_flaws_has_no_strip(client: FlaskClient, seed: Seeder) -> None:
    seed.result()
    assert 'class="flaws"' not in client.get("/").text
