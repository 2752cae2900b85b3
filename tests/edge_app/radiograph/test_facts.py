"""What a header says about the picture, and what it does not say."""

import logging
import warnings
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.picture import Assumption, Facts
from edge_app.radiograph.reader import read_facts, read_picture, read_picture_bytes
from tests.edge_app.radiograph.dicoms import SOP_INSTANCE, data_set, phantom, written


@pytest.fixture
def facts_of(tmp_path: Path):
    def read(**values: object) -> Facts:
        path = tmp_path / "picture.dcm"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path.write_bytes(written(data_set(phantom(), 12, **values)))
        facts = read_facts(path)
        assert facts == read_picture(path).facts
        return facts

    return read


def test_all_facts(facts_of) -> None:
    facts = facts_of(
        Modality="DX",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.1.1",
        BodyPartExamined="CHEST",
        ViewPosition="AP",
        ImageLaterality="U",
        PatientSex="F",
        PatientAge="034Y",
        AcquisitionDate="20260301",
        AcquisitionTime="101112.5",
        Manufacturer="Portable Works",
    )
    assert facts == Facts(
        modality="DX",
        body_part="CHEST",
        view="AP",
        laterality="U",
        sex="F",
        age_years=34.0,
        sop_instance_uid=SOP_INSTANCE,
        study_instance_uid="1.2.826.0.1.3680043.8.498.2",
        taken_at="2026-03-01T10:11:12",
        manufacturer="Portable Works",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
    )


def test_nothing_said_is_nothing_known(facts_of) -> None:
    facts = facts_of(Modality=None, StudyInstanceUID=None, PatientSex="", PatientAge="", StudyDate="")
    assert facts == Facts(sop_instance_uid=SOP_INSTANCE, transfer_syntax_uid="1.2.840.10008.1.2.1")


@pytest.mark.parametrize(
    ("values", "years"),
    [
        ({"PatientAge": "003D"}, 3 / 365.25),
        ({"PatientAge": "002W"}, 14 / 365.25),
        ({"PatientAge": "018M"}, 1.5),
        ({"PatientAge": "000Y"}, 0.0),
        ({"PatientAge": "old", "PatientBirthDate": "20000101", "StudyDate": "20200101"}, 20.0),
        ({"PatientBirthDate": "20200101", "StudyDate": "20000101"}, None),
        ({"PatientBirthDate": "18000101", "StudyDate": "20000101"}, None),
        ({"PatientBirthDate": "20001399", "StudyDate": "20200101"}, None),
        ({"PatientBirthDate": "20000101"}, None),
    ],
    ids=str,
)
def test_age(facts_of, values: dict[str, object], years: float | None) -> None:
    assert facts_of(**values).age_years == (None if years is None else pytest.approx(years, abs=0.01))


@pytest.mark.parametrize(
    ("values", "moment"),
    [
        ({"AcquisitionDate": "20260301", "AcquisitionTime": "1011", "StudyDate": "20200101"}, "2026-03-01T10:11:00"),
        ({"AcquisitionDateTime": "20260301101112.25+0900", "StudyDate": "20200101"}, "2026-03-01T10:11:12+09:00"),
        ({"ContentDate": "20260302", "ContentTime": "235959.999", "StudyDate": "20200101"}, "2026-03-02T23:59:59"),
        ({"StudyDate": "1993.02.24", "StudyTime": "17:58:00"}, "1993-02-24T17:58:00"),
        ({"StudyDate": "20200229"}, "2020-02-29"),
        ({"AcquisitionDate": "20210230", "StudyDate": "20210301", "StudyTime": "99"}, "2021-03-01"),
        ({"StudyDate": "yesterday"}, None),
    ],
    ids=str,
)
def test_when_it_was_taken(facts_of, values: dict[str, object], moment: str | None) -> None:
    assert facts_of(**values).taken_at == moment


def test_body_part_by_code_where_there_is_no_word(facts_of) -> None:
    region = Dataset()
    region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = "51185008", "SCT", "Chest"
    assert facts_of(AnatomicRegionSequence=Sequence([region])).body_part == "CHEST"


@pytest.mark.parametrize("value", ["not a uid", "1.2.x", "1" * 65, "1..2", ".", None])
def test_a_malformed_identifier_is_replaced_by_one_of_the_content(value: str | None) -> None:
    def read(uid: str | None, seed: int):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels = phantom()
            pixels[0, 0] = seed
            return read_picture_bytes(written(data_set(pixels, 12, SOPInstanceUID=uid, StudyInstanceUID=uid)))

    one, again, other = read(value, 1), read(value, 1), read(value, 2)
    assert Assumption.IDENTIFIER_REPLACED in one.assumptions
    assert one.facts.sop_instance_uid == again.facts.sop_instance_uid != other.facts.sop_instance_uid
    assert (one.facts.sop_instance_uid or "").startswith("2.25.")
    assert len(one.facts.sop_instance_uid or "") <= 64
    assert one.facts.study_instance_uid is None


@pytest.mark.parametrize(
    ("character_set", "raw", "name", "guessed"),
    [
        (b"ISO_IR 192", "서울엑스레이".encode(), "서울엑스레이", False),
        (b"ISO 2022 IR 149", b"\x1b$)C" + "서울".encode("euc_kr"), "서울", False),
        (b"\\ISO 2022 IR 149", b"\x1b$)C" + "서울".encode("euc_kr"), "서울", False),
        (b"ISO_IR 100", "Möller".encode("latin-1"), "Möller", False),
        (b"", "Möller".encode(), "Möller", True),
        (b"", "Möller".encode("latin-1"), "Möller", True),
        (b"ISO_IR 192", b"M\xf6ller", "Möller", True),
        (b"NONSENSE", b"Plain", "Plain", False),
    ],
)
def test_manufacturer_in_every_script(character_set: bytes, raw: bytes, name: str, guessed: bool) -> None:
    data = written(data_set(phantom(), 12, SpecificCharacterSet="ISO_IR 6", Manufacturer="@" * 30))
    stored = b"\x08\x00\x05\x00CS" + (8).to_bytes(2, "little") + b"ISO_IR 6"
    padded = character_set + b" " * (len(character_set) % 2)
    data = data.replace(stored, b"\x08\x00\x05\x00CS" + len(padded).to_bytes(2, "little") + padded).replace(b"@" * 30, raw.ljust(30))
    picture = read_picture_bytes(data)
    assert picture.facts.manufacturer == name
    assert (Assumption.CHARACTER_SET_GUESSED in picture.assumptions) is guessed


def test_patient_names_in_no_known_script_are_never_looked_at(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    name = b"\xff\xfe\xb1\xe8\x1b$)C\x00\x80=^\\\x81\x99 Kim"
    data = written(data_set(phantom(), 12, PatientName="@" * len(name))).replace(b"@" * len(name), name)
    picture = read_picture_bytes(data)
    assert Assumption.CHARACTER_SET_GUESSED not in picture.assumptions
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


@pytest.mark.parametrize(
    ("values", "spacing", "assumption"),
    [
        ({"PixelSpacing": [0.14, 0.15], "ImagerPixelSpacing": [0.16, 0.17]}, (0.14, 0.15), None),
        ({"PixelSpacing": [0.14, 0.15], "PixelSpacingCalibrationType": "FIDUCIAL"}, (0.14, 0.15), None),
        ({"PixelSpacing": [0.14, 0.15], "ImagerPixelSpacing": [0.14, 0.15]}, (0.14, 0.15), Assumption.SPACING_AT_DETECTOR),
        ({"PixelSpacing": [0.14, 0.15]}, (0.14, 0.15), Assumption.SPACING_AT_DETECTOR),
        ({"ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2), Assumption.SPACING_AT_DETECTOR),
        ({"ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": 1.25}, (0.16, 0.16), None),
        ({"ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": 0}, (0.2, 0.2), Assumption.SPACING_AT_DETECTOR),
        ({"NominalScannedPixelSpacing": [0.1, 0.1]}, (0.1, 0.1), Assumption.SPACING_AT_DETECTOR),
        ({"PixelSpacing": [0, 0]}, None, Assumption.SPACING_UNKNOWN),
        ({"PixelSpacing": [-1, 0.2]}, None, Assumption.SPACING_UNKNOWN),
        ({"PixelSpacing": [500, 500]}, None, Assumption.SPACING_UNKNOWN),
        ({}, None, Assumption.SPACING_UNKNOWN),
    ],
    ids=str,
)
def test_spacing(values: dict[str, object], spacing: tuple[float, float] | None, assumption: Assumption | None) -> None:
    picture = read_picture_bytes(written(data_set(phantom(), 12, **values)), longest_side=30)
    assert picture.spacing_mm == (None if spacing is None else pytest.approx(spacing))
    assert picture.pixel_aspect == pytest.approx(spacing[0] / spacing[1] if spacing else 1.0)
    said = {Assumption.SPACING_AT_DETECTOR, Assumption.SPACING_UNKNOWN} & set(picture.assumptions)
    assert said == ({assumption} if assumption else set())


@pytest.mark.parametrize(("ratio", "aspect"), [([2, 1], 2.0), ([1, 1], 1.0), ([0, 1], 1.0), ([1], 1.0), ([4, 3], 4 / 3)])
def test_pixels_that_are_not_square(ratio: list[int], aspect: float) -> None:
    assert read_picture_bytes(written(data_set(phantom(), 12, PixelAspectRatio=ratio))).pixel_aspect == pytest.approx(aspect)


def test_facts_of_what_is_no_radiograph_are_still_facts(tmp_path: Path) -> None:
    path = tmp_path / "ct.dcm"
    path.write_bytes(written(data_set(phantom(), 12, Modality="CT", BodyPartExamined="HEAD")))
    assert read_facts(path).modality == "CT"
    with pytest.raises(UnreadablePictureError) as caught:
        read_picture(path)
    assert caught.value.reason is Refusal.WRONG_MODALITY
