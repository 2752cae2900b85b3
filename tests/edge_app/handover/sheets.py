"""Handover pages for tests: as a usual one is, and as full as one can get."""

from dataclasses import replace

import numpy as np

from edge_app.handover.sheet import Answered, Badge, Fact, FoundLine, Marked, Sheet, SheetPicture, TimelineLine

ENGLISH = "right chest pressed under the beam, wide bruise with crackling under the skin, can hardly speak"
KOREAN = "오른쪽 가슴이 들보에 깔려 넓은 멍과 피하기종이 있고 말하기 힘들어하며 왼손 손가락 두 개가 절단됨"


def sheet() -> Sheet:
    grey = np.tile(np.arange(256, dtype=np.uint8), (300, 1))
    return Sheet(
        title="환자 인계 요약",
        patient="홍길동 · 남 · 약 60세",
        made="Unit 1 · 2026-11-29 13:04 작성",
        notice="연구용 시제품 · 의료기기가 아닙니다",
        footer="판독 모형: chest_findings 9f3c1a",
        badges=(
            Badge("영상 긴급도", "즉시 확인", of_crew=False),
            Badge("Pre-KTAS", "2 · 긴급", of_crew=True),
            Badge("START 분류", "적색 긴급", of_crew=True, colour="immediate"),
        ),
        picture=SheetPicture(grey, 1200, 1024, 1.0, (Marked(1, 100, 200, 300, 260), Marked(2, 900, 1100, 400, 400))),
        no_picture="사진 없음",
        found_title="사진 소견",
        found_sentence="폐렴이 의심됩니다.",
        found=(FoundLine(1, "폐렴", 81, "의심", "검증됨 n=214", strong=True),),
        vitals_title="활력징후",
        vitals=(Fact("산소포화도", "88 % (13:03:18)"),),
        no_vitals="입력 안 함",
        atmist_title="ATMIST",
        atmist=(*(Fact(letter, "교통사고") for letter in "ATMIST"), Fact("메모", "입력 안 함")),
        answered_title="받기로 한 병원",
        answered=(Answered("수락 · 13:03:17", "고려대학교안암병원", "확인 코드", "9353", "동문으로"),),
        not_answered="아직 받기로 한 병원이 없습니다.",
        timeline_title="시간 기록",
        timeline=(TimelineLine("13:02:38", "사진 받음"),),
        shortened="(줄임)",
        left_out="그 사이 {n}건 줄임",
    )


def fullest(words: str) -> Sheet:
    """Everything as long as it can be, twice accepted, in these words."""
    long = " ".join([words] * 6)
    twice = tuple(Answered(long, long, "확인 코드", code, long) for code in ("9353", "1204"))
    return replace(
        sheet(),
        patient=long,
        made=words[:40],
        badges=tuple(replace(badge, label=long, word=long) for badge in sheet().badges),
        found_sentence=long,
        found=tuple(FoundLine(number, long, 99, words, long, strong=number == 1) for number in (1, 2, 3)),
        vitals=tuple(Fact(words, long) for _ in range(6)),
        atmist=tuple(Fact(f"{letter} {words}", long) for letter in "ATMISTN"),
        answered=twice,
        timeline=tuple(TimelineLine(f"13:{number // 60:02}:{number % 60:02}", long) for number in range(300)),
        footer=long,
        notice=words[:60],
    )
