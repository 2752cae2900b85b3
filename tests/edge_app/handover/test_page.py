"""One page, in Korean and in English, with its fonts in it and nothing cut off, however much there is to say."""

from dataclasses import replace

import pytest
from reportlab.lib.pagesizes import A4

from edge_app.handover.fonts import REGULAR, width_of, writable
from edge_app.handover.page import in_short, make_pdf
from edge_app.handover.sheet import Sheet, TimelineLine
from edge_app.handover.wrapping import fitted, wrap
from tests.edge_app.handover.extracting import Written, fonts_of, lines_of, pages_of
from tests.edge_app.handover.sheets import ENGLISH, KOREAN, fullest, sheet

WIDTH, HEIGHT = A4
MARGIN = 34.0


def said(pdf: bytes) -> str:
    return " ".join(line.text for line in lines_of(pdf))


def test_what_is_on_the_page_can_be_read_back() -> None:
    text = said(make_pdf(sheet()))
    for part in ("홍길동 · 남 · 약 60세", "즉시 확인", "2 · 긴급", "적색 긴급", "폐렴 81% · 의심", "검증됨 n=214", "88 % (13:03:18)"):
        assert part in text
    for part in ("고려대학교안암병원", "확인 코드 9353", "사진 받음", "연구용 시제품 · 의료기기가 아닙니다", "교통사고"):
        assert part in text
    assert "줄임" not in text


def test_every_font_is_embedded_as_a_subset() -> None:
    pdf = make_pdf(sheet())
    fonts = fonts_of(pdf)
    assert {font.name.partition("+")[2] for font in fonts} == {"HandoverSans-Regular", "HandoverSans-Bold"}
    assert all(font.embedded and font.name.partition("+")[1] for font in fonts)
    # Two whole fonts would be five million bytes.
    assert len(pdf) < 500_000


@pytest.mark.parametrize("full", [sheet(), fullest(KOREAN), fullest(ENGLISH), fullest("가나다" * 200), fullest("W" * 400)])
def test_one_page_on_which_every_line_is_whole_and_none_lies_over_another(full: Sheet) -> None:
    pdf = make_pdf(full)
    assert pages_of(pdf) == 1
    lines = lines_of(pdf)
    for line in lines:
        assert line.x >= MARGIN - 1
        assert line.x + width_of(line.text, line.font, line.size) <= WIDTH - MARGIN + 1, line.text
        assert 10 <= line.y <= HEIGHT - 20
    assert [pair for number, line in enumerate(lines) for pair in _over(line, lines[number + 1 :])] == []


def _over(line: Written, others: list[Written]) -> list[tuple[str, str]]:
    """The lines that lie over this one."""
    right = line.x + width_of(line.text, line.font, line.size)
    return [
        (line.text, other.text)
        for other in others
        if abs(other.y - line.y) < 0.7 * min(line.size, other.size)
        and other.x < right - 0.5
        and line.x < other.x + width_of(other.text, other.font, other.size) - 0.5
    ]


def test_what_is_shortened_says_so_and_what_was_left_out_is_counted() -> None:
    text = said(make_pdf(fullest(KOREAN)))
    assert "… (줄임)" in text
    assert "건 줄임" in text


def test_a_page_without_a_picture_says_why_and_without_a_hospital_that_there_is_none() -> None:
    text = said(make_pdf(replace(sheet(), picture=None, answered=(), vitals=(), found=())))
    for part in ("사진 없음", "아직 받기로 한 병원이 없습니다.", "입력 안 함"):
        assert part in text


def test_a_letter_that_no_font_has_is_a_square_and_never_nothing() -> None:
    assert writable("金 Kim 김") == "□ Kim 김"
    assert "□ Kim" in said(make_pdf(replace(sheet(), patient="金 Kim 김")))


def test_the_title_of_the_file_is_not_the_patient_s() -> None:
    pdf = make_pdf(sheet())
    assert b"/Title" in pdf
    assert "홍길동".encode("utf-16-be") not in pdf


def test_wrapping_loses_no_letter() -> None:
    for text in (KOREAN, ENGLISH, "가" * 90, ""):
        lines = wrap(text, REGULAR, 9, 100)
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert all(width_of(line, REGULAR, 9) <= 100 for line in lines)
        assert len(lines) >= 1
    assert fitted("short", REGULAR, 9, 100, 1, "(cut)") == ["short"]
    (line,) = fitted(ENGLISH, REGULAR, 9, 100, 1, "(cut)")
    assert line.endswith("… (cut)")
    assert width_of(line, REGULAR, 9) <= 100


def test_in_short_keeps_how_it_began_and_how_it_stands() -> None:
    lines = tuple(TimelineLine(str(number), "x") for number in range(30))
    short = in_short(lines, 12, "{n} more")
    assert [line.at for line in short] == ["0", "1", "2", "3", "…", *(str(number) for number in range(23, 30))]
    assert short[4].words == "19 more"
    assert in_short(lines, 30, "") == lines
