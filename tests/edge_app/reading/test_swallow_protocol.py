"""The swallow protocol through the box's own reader: a video is followed, told with its film, or refused with its reason."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread

from edge_app.casebook.readings import add_reading, get_reading
from edge_app.commands.read import as_contract, as_text
from edge_app.database import Database
from edge_app.errors import EngineDiedError, ModelError, Refusal
from edge_app.radiograph.edits import Edits
from edge_app.radiograph.video_source import Flaw
from edge_app.reading.card import card_hash
from edge_app.reading.engine import Engine
from edge_app.reading.finding import Decision, Finding, Gap, Protocol, Reading, Urgency
from edge_app.reading.protocols.swallow import AFTERWARDS, BETWEEN, MEASURED, OUTLINES, PERCENT, RESIDUE, SECONDS, SWALLOW_MODEL
from edge_app.reading.reader import Reader
from edge_app.reading.swallow import (
    ASPIRATION,
    BOLUS,
    EVENTS,
    HEAD_PAST_RAMUS,
    LARYNX_CLOSED,
    LARYNX_OPENED,
    MANDIBLE,
    ORAL_ONSET,
    PENETRATION,
    SPINE,
    SUBGLOTTIS,
    TAIL_PAST_UES,
    UES_CLOSED,
    UES_OPENED,
    VESTIBULE,
)
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.video import write_cine, write_video
from tests.edge_app.casebook.builders import stored
from tests.edge_app.reading.bundles import change_card, label, write_chest, write_gate
from tests.edge_app.reading.swallows import (
    COLUMNS,
    COUNT,
    FINER,
    HEAD,
    OPENED,
    PASSED,
    RATE,
    ROWS,
    SHUT,
    SHUT_TO,
    STRIPES,
    painted,
    painted_swallow,
    write_swallow,
)

EXPECTED = {
    ORAL_ONSET: 10,
    HEAD_PAST_RAMUS: HEAD,
    LARYNX_CLOSED: SHUT,
    UES_OPENED: OPENED,
    TAIL_PAST_UES: PASSED,
    UES_CLOSED: PASSED + 1,
    LARYNX_OPENED: SHUT_TO + 1,
}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    write_gate(folder, "videofluoroscopy")
    write_swallow(folder)
    return folder


@pytest.fixture
def engine(models: Path, tmp_path: Path) -> Iterator[Engine]:
    with Engine(models, tmp_path / "cache", threads=1) as engine:
        yield engine


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Painted swallows: a healthy one, and one whose barium goes below the folds."""
    folder = tmp_path_factory.mktemp("videos")
    write_cine(folder / "healthy.dcm", painted_swallow())
    write_cine(folder / "aspirated.dcm", painted_swallow(enters=SUBGLOTTIS))
    return folder


def read(engine: Engine, video: Path, folder: Path | None = None, protocol: Protocol | None = Protocol.SWALLOW) -> Reading:
    return Reader(engine).read(video, protocol, folder, folder)


def found(reading: Reading) -> dict[str, Finding]:
    return {finding.name: finding for finding in reading.findings}


def decisions(reading: Reading) -> dict[str, Decision]:
    return {name: finding.decision for name, finding in found(reading).items()}


def refused(reading: Reading) -> Refusal:
    assert reading.refusal is not None
    assert reading.refusal.detail
    assert reading.film is None
    return reading.refusal.reason


@pytest.mark.parametrize("protocol", [Protocol.SWALLOW, None])
def test_a_swallow_is_followed_from_frame_to_frame(
    engine: Engine, models: Path, videos: Path, tmp_path: Path, protocol: Protocol | None
) -> None:
    reading = read(engine, videos / "healthy.dcm", tmp_path / "out", protocol)
    assert reading.assessed, reading.refusal
    assert reading.protocol is Protocol.SWALLOW
    assert (reading.rows, reading.columns) == (ROWS * FINER, COLUMNS * FINER)
    assert decisions(reading) == {ASPIRATION: Decision.ABSENT, PENETRATION: Decision.ABSENT}
    assert reading.urgency is Urgency.NONE
    assert reading.models == {name: card_hash(models / name) for name in ("radiograph_gate", SWALLOW_MODEL)}
    film = reading.film
    assert film is not None
    assert film.times_s == pytest.approx([number / RATE for number in range(COUNT)], abs=1e-3)
    (events,) = film.passages
    assert set(events) == set(EVENTS)
    assert {name: events[name] for name in EXPECTED} == EXPECTED
    assert [key.number for key in film.key_frames] == sorted(key.number for key in film.key_frames)
    assert {key.name: key.number for key in film.key_frames} == {**events, AFTERWARDS: PASSED + 1}
    assert HEAD <= film.still <= PASSED
    assert (film.flaws, film.frames_told) == ((), COUNT)


def test_every_time_and_what_stays_behind_is_measured(engine: Engine, videos: Path) -> None:
    reading = read(engine, videos / "healthy.dcm")
    assert set(reading.measurements) == set(MEASURED)
    assert reading.missing == ()
    values = {name: own.value for name, own in reading.measurements.items()}
    for name, (start, end) in BETWEEN.items():
        assert reading.measurements[name].unit == SECONDS
        if {start, end} <= set(EXPECTED):
            assert values[name] == pytest.approx((EXPECTED[end] - EXPECTED[start]) / RATE, abs=2e-3)
    assert {reading.measurements[name].unit for name in RESIDUE} == {PERCENT}
    assert values["residue_valleculae"] == pytest.approx(50.0, abs=1.0)
    assert values["residue_pyriform_sinuses"] == 0.0
    assert all(own.margin == 0.1 and own.validated for own in reading.measurements.values())


def test_too_few_videos_of_people_validate_no_time(engine: Engine, models: Path, videos: Path) -> None:
    write_swallow(models, timed=[{"name": "oral_transit", "videos": 3, "mae": 0.05, "margin": 0.1}])
    measured = read(engine, videos / "healthy.dcm").measurements
    assert not any(own.validated for own in measured.values())
    assert {name for name, own in measured.items() if own.margin is not None} == {"oral_transit"}


@pytest.mark.parametrize(
    ("enters", "urgency", "present"), [(SUBGLOTTIS, Urgency.URGENT, ASPIRATION), (VESTIBULE, Urgency.DELAYED, PENETRATION)]
)
def test_barium_on_the_wrong_way_is_found_and_shown(engine: Engine, tmp_path: Path, enters: str, urgency: Urgency, present: str) -> None:
    video = write_cine(tmp_path / "v.dcm", painted_swallow(enters=enters))
    reading = read(engine, video)
    assert {name for name, decision in decisions(reading).items() if decision is Decision.PRESENT} == {present}
    assert reading.urgency is urgency
    assert reading.film is not None
    (key,) = [key.number for key in reading.film.key_frames if key.name == present]
    assert key > SHUT_TO
    assert reading.film.still == key


def test_in_its_renderings_a_video_is_read_as_without(engine: Engine, videos: Path, tmp_path: Path) -> None:
    plain = read(engine, videos / "aspirated.dcm")
    write_gate(tmp_path / "rendered", "videofluoroscopy")
    write_swallow(tmp_path / "rendered", rendered=True)
    with Engine(tmp_path / "rendered", tmp_path / "cache2", threads=1) as other:
        rendered = read(other, videos / "aspirated.dcm")
    assert rendered.assessed, rendered.refusal
    assert rendered.film == plain.film
    assert found(rendered)[ASPIRATION].probability == pytest.approx(found(plain)[ASPIRATION].probability, abs=1e-3)


def test_who_has_seen_but_drawn_swallows_says_present_or_absent_of_none(engine: Engine, models: Path, videos: Path) -> None:
    drawn = [{"name": "drawn", "licence": "own", "pictures": 100, "simulated": True}]
    write_swallow(models, trained_on=drawn)
    for video in ("healthy.dcm", "aspirated.dcm"):
        reading = read(engine, videos / video)
        assert set(decisions(reading).values()) == {Decision.UNCERTAIN}
        assert all(finding.simulated for finding in reading.findings)
        assert found(reading)[ASPIRATION].called is (video == "aspirated.dcm")
        assert reading.urgency is (Urgency.DELAYED if video == "aspirated.dcm" else Urgency.NONE)


def test_what_too_few_people_showed_is_not_present(engine: Engine, models: Path, videos: Path) -> None:
    write_swallow(models, watched=[label(ASPIRATION, positives=3), label(PENETRATION)])
    assert decisions(read(engine, videos / "aspirated.dcm")) == {ASPIRATION: Decision.UNCERTAIN, PENETRATION: Decision.ABSENT}


def test_a_video_that_is_cut_short_rules_nothing_out(engine: Engine, videos: Path, tmp_path: Path) -> None:
    data = (videos / "healthy.dcm").read_bytes()
    (tmp_path / "cut.dcm").write_bytes(data[: round(0.9 * len(data))])
    reading = read(engine, tmp_path / "cut.dcm")
    assert reading.film is not None
    assert Flaw.TRUNCATED in reading.film.flaws
    assert len(reading.film.times_s) < COUNT == reading.film.frames_told
    assert set(decisions(reading).values()) == {Decision.UNCERTAIN}
    assert not any(finding.called for finding in reading.findings)
    data = (videos / "aspirated.dcm").read_bytes()
    (tmp_path / "cut.dcm").write_bytes(data[: round(0.9 * len(data))])
    assert decisions(read(engine, tmp_path / "cut.dcm"))[ASPIRATION] is Decision.PRESENT


def test_what_is_still_on_its_way_is_no_residue(engine: Engine, tmp_path: Path) -> None:
    reading = read(engine, write_cine(tmp_path / "v.dcm", painted_swallow(OPENED + 6)))
    assert reading.assessed, reading.refusal
    gaps = {gap.part: gap for gap in reading.missing}
    assert set(RESIDUE) <= set(gaps)
    assert {gap.reason for gap in gaps.values()} == {Gap.NOT_FOUND}
    assert gaps["pharyngeal_transit"].detail == f"not seen: {TAIL_PAST_UES}"
    assert set(reading.measurements) == {"oral_transit", "pharyngeal_delay"}


def test_without_times_nothing_is_timed_and_what_stays_behind_is(engine: Engine, videos: Path, tmp_path: Path) -> None:
    untimed = dcmread(videos / "healthy.dcm")
    for keyword in ("FrameTime", "CineRate", "RecommendedDisplayFrameRate", "FrameIncrementPointer"):
        delattr(untimed, keyword)
    untimed.save_as(tmp_path / "untimed.dcm")
    reading = read(engine, tmp_path / "untimed.dcm")
    assert reading.film is not None
    assert Flaw.RATE_ASSUMED in reading.film.flaws
    assert set(reading.measurements) == set(RESIDUE)
    assert {gap.part: gap.reason for gap in reading.missing} == dict.fromkeys(BETWEEN, Gap.NOT_MEASURABLE)
    told = as_contract("f", reading)["film"]
    assert {second for events in told["events"] for second in events.values()} == {None}
    assert f"{HEAD_PAST_RAMUS} frame {HEAD}" in as_text("f", reading)


def test_a_video_that_shows_no_swallow_tells_no_time(engine: Engine, tmp_path: Path) -> None:
    reading = read(engine, write_cine(tmp_path / "v.dcm", np.stack([painted(0)] * 12)))
    assert reading.film is not None
    assert (reading.film.passages, reading.film.key_frames, reading.measurements) == ((), (), {})
    assert {gap.part for gap in reading.missing} == set(MEASURED)
    assert reading.assessed


def test_a_video_without_barium_is_refused(engine: Engine, tmp_path: Path) -> None:
    assert refused(read(engine, write_cine(tmp_path / "v.dcm", painted_swallow(dry=True)))) is Refusal.NO_CONTRAST


@pytest.mark.parametrize("missing", [SPINE, MANDIBLE])
def test_what_shows_no_spine_or_no_mandible_is_unlike_training(engine: Engine, tmp_path: Path, missing: str) -> None:
    frames = painted_swallow(without=frozenset({missing}))
    assert refused(read(engine, write_cine(tmp_path / "v.dcm", frames))) is Refusal.UNLIKE_TRAINING
    frames[: COUNT // 2 + 2] = painted_swallow(COUNT // 2 + 2)
    assert read(engine, write_cine(tmp_path / "half.dcm", frames)).assessed


@pytest.mark.parametrize("protocol", [Protocol.SWALLOW, None])
def test_one_picture_shows_no_swallow(engine: Engine, tmp_path: Path, protocol: Protocol | None) -> None:
    assert cv2.imwrite(str(tmp_path / "still.png"), painted(30))
    reading = read(engine, tmp_path / "still.png", protocol=protocol)
    assert refused(reading) is Refusal.SINGLE_FRAME
    assert reading.protocol is Protocol.SWALLOW


def test_a_frame_that_somebody_turned_is_a_picture(engine: Engine, videos: Path) -> None:
    reading = Reader(engine).read(videos / "healthy.dcm", Protocol.SWALLOW, edits=Edits(quarter_turns=1))
    assert refused(reading) is Refusal.SINGLE_FRAME
    assert (reading.rows, reading.columns) == (COLUMNS * FINER, ROWS * FINER)


def test_a_video_of_something_else_is_refused(engine: Engine, models: Path, videos: Path) -> None:
    write_gate(models, "limb")
    assert refused(read(engine, videos / "healthy.dcm")) is Refusal.WRONG_BODY_PART


@pytest.mark.parametrize(
    "changes",
    [{"watched": []}, {"watched": [label("Something")]}, {"structures": [{"name": f"s{at}"} for at in range(12)]}, {"map": None}],
    ids=["watches nothing", "watches something else", "other structures", "no map"],
)
def test_a_card_that_cannot_tell_a_swallow_is_a_failed_model(engine: Engine, models: Path, videos: Path, changes: dict[str, Any]) -> None:
    write_swallow(models, **changes)
    assert refused(read(engine, videos / "healthy.dcm")) is Refusal.MODEL_FAILED


def test_without_its_model_a_video_is_not_read(videos: Path, tmp_path: Path) -> None:
    write_gate(tmp_path / "gate", "videofluoroscopy")
    with Engine(tmp_path / "gate", tmp_path / "cache", threads=1) as engine:
        assert refused(read(engine, videos / "healthy.dcm")) is Refusal.NO_MODEL


@pytest.mark.parametrize("error", [ModelError("broken"), EngineDiedError("gone")])
def test_a_failure_in_the_middle_of_a_video_is_no_reading(
    engine: Engine, videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    infer, asked = engine.infer, []

    def breaks(model: str, batch: NDArray[np.float32]) -> object:
        asked.append(model)
        if asked.count(SWALLOW_MODEL) == COUNT // 2:
            raise error
        return infer(model, batch)

    monkeypatch.setattr(engine, "infer", breaks)
    reading = read(engine, videos / "aspirated.dcm", tmp_path / "out")
    assert refused(reading) is Refusal.MODEL_FAILED
    assert reading.findings == ()
    assert not (tmp_path / "out" / OUTLINES).exists()


def test_what_was_outlined_on_every_frame_is_kept_where_it_lies(engine: Engine, videos: Path, tmp_path: Path) -> None:
    reading = read(engine, videos / "healthy.dcm", tmp_path / "out")
    assert reading.film is not None
    assert reading.film.outlines == tmp_path / "out" / OUTLINES
    frames = json.loads(reading.film.outlines.read_bytes())["frames"]
    assert len(frames) == COUNT
    for frame in frames:
        (spine,) = frame[SPINE]
        _, _, rows, columns = STRIPES[SPINE]
        x, y = np.array(spine).T
        # The edge of what is outlined runs within the pixels of the map at its rim.
        assert [x.min(), x.max(), y.min(), y.max()] == pytest.approx(
            [FINER * edge for edge in (columns.start, columns.stop, rows.start, rows.stop)], abs=FINER
        )
    assert BOLUS in frames[HEAD + 1]
    assert len(frames[HEAD + 1][BOLUS]) == 2, "in the pharynx, and in the valleculae"


def test_a_folder_that_cannot_be_written_costs_the_outlines_alone(engine: Engine, videos: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"a file, where the folder should be")
    reading = read(engine, videos / "aspirated.dcm", tmp_path / "out")
    assert reading.assessed, reading.refusal
    assert reading.film is not None
    assert reading.film.outlines is None
    assert decisions(reading)[ASPIRATION] is Decision.PRESENT


def test_a_reading_with_its_film_comes_back_from_the_casebook(engine: Engine, videos: Path, tmp_path: Path, database: Database) -> None:
    reading = read(engine, videos / "aspirated.dcm", tmp_path / "out")
    assert reading.film is not None
    written = add_reading(database, stored(database).id, reading)
    assert get_reading(database, written.id).reading == reading


def test_a_film_keeps_the_contract_of_a_reading(engine: Engine, videos: Path, tmp_path: Path) -> None:
    reading = read(engine, videos / "aspirated.dcm", tmp_path / "out")
    told = json.loads(json.dumps(as_contract("f", reading), allow_nan=False))
    assert {finding["name"] for finding in told["findings"]} == {ASPIRATION, PENETRATION}
    film = told["film"]
    assert (film["frames"], film["flaws"], film["outlines"]) == (COUNT, [], str(tmp_path / "out" / OUTLINES))
    (events,) = film["events"]
    assert {name: events[name] for name in EXPECTED} == pytest.approx({name: at / RATE for name, at in EXPECTED.items()}, abs=1e-3)
    assert {"name": ASPIRATION, "frame": film["still"]} in film["key_frames"]
    text = as_text("f", reading)
    assert f"{COUNT} frames followed, 1 swallowed" in text
    assert f"{HEAD_PAST_RAMUS} {HEAD / RATE:.2f} s" in text
    assert f"{ASPIRATION} {film['still']}" in text


@pytest.fixture
def chest(models: Path, tmp_path: Path) -> NDArray[np.uint8]:
    """A box that reads chests, and two frames of one."""
    write_gate(models, "chest_adult")
    write_chest(models, {"Effusion": 3.0})
    pixels = simulated_chest(3, 128, 128).pixels
    shown = pixels if pixels.dtype == np.uint8 else (pixels / max(1, int(pixels.max())) * 255).astype(np.uint8)
    return np.stack([shown, 255 - shown])


@pytest.mark.parametrize("protocol", [Protocol.CHEST, None])
def test_a_chest_of_many_frames_is_read_by_its_first(
    engine: Engine, chest: NDArray[np.uint8], tmp_path: Path, protocol: Protocol | None
) -> None:
    assert cv2.imwrite(str(tmp_path / "first.png"), chest[0])
    several, first = (read(engine, path, protocol=protocol) for path in (write_cine(tmp_path / "v.dcm", chest), tmp_path / "first.png"))
    assert several.assessed, several.refusal
    assert (several.protocol, several.film) == (Protocol.CHEST, None)
    for name, finding in found(first).items():
        assert found(several)[name].probability == pytest.approx(finding.probability, abs=0.02), name


@pytest.mark.parametrize("protocol", [Protocol.CHEST, None])
def test_a_video_file_of_a_chest_is_no_picture_of_one(
    engine: Engine, chest: NDArray[np.uint8], tmp_path: Path, protocol: Protocol | None
) -> None:
    video = write_video(tmp_path / "v.avi", np.repeat(chest, 4, axis=0))
    assert refused(read(engine, video, protocol=protocol)) is Refusal.MULTI_FRAME


def test_a_video_file_is_followed_too(engine: Engine, tmp_path: Path) -> None:
    reading = read(engine, write_video(tmp_path / "v.avi", painted_swallow(enters=SUBGLOTTIS)), protocol=None)
    assert reading.film is not None, reading.refusal
    (events,) = reading.film.passages
    assert {name: events[name] for name in EXPECTED} == EXPECTED
    assert decisions(reading)[ASPIRATION] is Decision.PRESENT


def test_a_video_that_the_gate_does_not_know_is_followed_where_it_shows_a_swallow_and_nothing_is_called(
    models: Path, videos: Path, tmp_path: Path
) -> None:
    write_gate(models, "limb", 0.0)
    write_cine(tmp_path / "held.dcm", painted_swallow()[:HEAD])
    with Engine(models, tmp_path / "cache2", threads=1) as unsure:
        reading = read(unsure, videos / "healthy.dcm")
        assert reading.assessed, reading.refusal
        assert reading.unfamiliar
        assert set(decisions(reading).values()) == {Decision.UNCERTAIN}
        nothing_passed = read(unsure, tmp_path / "held.dcm")
        assert refused(nothing_passed) is Refusal.UNLIKE_TRAINING
        assert "unlike every kind" in str(nothing_passed.refusal)
        assert refused(read(unsure, videos / "healthy.dcm", protocol=None)) is Refusal.UNLIKE_TRAINING


def test_a_finding_that_is_known_to_be_told_by_chance_is_missing_and_none(models: Path, videos: Path, tmp_path: Path) -> None:
    blind = [label(ASPIRATION), label(PENETRATION, auroc=0.51, auroc_ci95=(0.25, 0.76))]
    change_card(models / SWALLOW_MODEL, watched=blind)
    with Engine(models, tmp_path / "cache2", threads=1) as engine:
        reading = read(engine, videos / "aspirated.dcm")
    assert set(decisions(reading)) == {ASPIRATION}
    (gap,) = [gap for gap in reading.missing if gap.part == PENETRATION]
    assert gap.reason is Gap.NOT_TRUSTED
    assert reading.top3 == (ASPIRATION,)


def test_a_model_that_may_be_far_off_does_not_say_that_nothing_stays_behind(models: Path, videos: Path, tmp_path: Path) -> None:
    far = [{"name": name, "videos": 40, "mae": 20.0, "margin": 38.0} for name in RESIDUE]
    change_card(models / SWALLOW_MODEL, timed=far)
    with Engine(models, tmp_path / "cache2", threads=1) as engine:
        reading = read(engine, videos / "healthy.dcm")
    little = {name for name in RESIDUE if name not in reading.measurements}
    assert little
    assert little <= {gap.part for gap in reading.missing if gap.reason is Gap.NOT_TRUSTED}
    assert all(reading.measurements[name].value >= 38.0 for name in set(RESIDUE) - little)
