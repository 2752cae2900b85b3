"""The console in a real Chromium, on a real server: it rings, is opened by a person, answers, and is loud when it is cut off."""

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from edge_app.config import Language
from edge_app.emergency_room.requests import RequestState, answer, get_request
from edge_app.link.messages import PART_BYTES, AnswerKind, OriginalBody, PartBody
from edge_app.link.outbox import note_at_broker, note_received, waiting
from edge_app.link.remarks import Phrase, RemarkBody
from edge_app.link.state import LinkWord
from edge_app.radiograph.original import OriginalMedia
from edge_app.simulator.dicom import write_dx
from tests.chromium import CHROMIUM, IN_CHROMIUM, but_for_broken_off
from tests.edge_app.emergency_room.builders import (
    OFFER,
    OTHER,
    ROOM,
    UNIT,
    decision,
    deliver,
    granted,
    nothing_found,
    preview,
    refused,
    stand_down,
)
from tests.edge_app.emergency_room.served import Served, served
from tests.edge_app.full_disk import Disk
from tests.edge_app.screens.sixteen_bits import drag_the_window, ramp, window_of_true_greys

THIRD = "0" * 31 + "3"
PATIENCE_MS = 20_000

__all__ = ["served"]
pytestmark = IN_CHROMIUM


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--autoplay-policy=document-user-activation-required"],
        )
        yield launched
        launched.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, served: Served) -> Iterator[Open]:
    """Open the console; at the end no page may have reported an error that the test did not expect."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            wrong.append(message.text)

    def opening(
        path: str = "/",
        *,
        language: Language = "ko",
        theme: str = "day",
        width: int = 1440,
        height: int = 900,
        cut_off: bool = False,
        scripts: bool = True,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=scripts)
        contexts.append(context)
        context.add_cookies(
            [
                {"name": "console_language", "value": language, "url": served.url},
                {"name": "console_theme", "value": theme, "url": served.url},
            ]
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        if not cut_off:
            page.on("console", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(served.url + path)
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield opening
    for context in contexts:
        context.close()
    assert but_for_broken_off(wrong) == []


def playing(page: Page, sound: str) -> None:
    """Wait until the page sounds so."""
    expect(page.locator("html")).to_have_attribute("data-playing", sound)


def until(page: Page, reached: Callable[[], bool], what: str) -> None:
    """Let the page live until the store says so."""
    for _ in range(PATIENCE_MS // 100):
        if reached():
            return
        page.wait_for_timeout(100)
    pytest.fail(f"never came: {what}")


def state_of(served: Served, offer_id: str = OFFER) -> RequestState:
    return get_request(served.database, offer_id).state


def test_it_rings_and_says_so_while_the_browser_holds_the_sound_back(served: Served, open_page: Open, tmp_path: Path) -> None:
    page = open_page()
    expect(page.locator("h1")).to_have_text("기다리는 요청이 없습니다")
    expect(page.get_by_role("button", name="소리가 꺼져 있습니다")).to_be_visible()
    page.screenshot(path=tmp_path / "waiting-without-sound.png")
    page.get_by_role("button", name="소리가 꺼져 있습니다").click()
    expect(page.locator("[data-sound-off]")).to_be_hidden()
    expect(page.get_by_role("button", name="소리 켜짐")).to_be_visible()
    playing(page, "")
    deliver(served.database, decision())
    expect(page.locator("h1")).to_have_text("폐렴, 침윤이 의심됩니다.")
    playing(page, "ring")
    expect(page).to_have_title(re.compile("응급 요청 1건"))
    page.screenshot(path=tmp_path / "ringing-before-the-picture.png")
    deliver(served.database, preview())
    expect(page.locator("[data-viewer]")).to_have_attribute("data-viewer-state", "shown")
    page.screenshot(path=tmp_path / "ringing.png")


def test_only_a_persons_act_opens_a_request(served: Served, open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("Shift")
    deliver(served.database, decision(), preview(), decision(OTHER))
    expect(page.locator(f"#card-{OTHER}")).to_be_visible()
    expect(page.locator("[data-viewer]")).to_have_attribute("data-viewer-state", "shown")
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', code: 'KeyA' }))")
    assert [get_request(served.database, one).opened_ms for one in (OFFER, OTHER)] == [None, None]
    assert state_of(served) is RequestState.RINGING
    page.locator(f"#card-{OTHER}").click()
    expect(page.locator(f'[data-case="{OTHER}"]')).to_be_visible()
    until(page, lambda: get_request(served.database, OTHER).opened_ms is not None, "opened by choosing it")
    assert get_request(served.database, OFFER).opened_ms is None
    page.locator(f"#card-{OFFER}").click()
    until(page, lambda: get_request(served.database, OFFER).opened_ms is not None, "opened by choosing it")


def test_the_first_touch_opens_what_stands_there(served: Served, open_page: Open) -> None:
    page = open_page()
    deliver(served.database, decision())
    expect(page.locator("[data-case]")).to_be_visible()
    page.locator(".matter").click()
    until(page, lambda: get_request(served.database, OFFER).opened_ms is not None, "opened by the first touch")


def test_accepting_shows_only_what_is_proven_until_the_unit_confirms(served: Served, open_page: Open, tmp_path: Path) -> None:
    deliver(served.database, decision(), preview())
    page, second = open_page(), open_page(language="en", theme="night")
    page.locator("#accept-button").click()
    for screen, words in ((page, "아직 우리 환자로 정해지지 않았습니다"), (second, "The patient is not ours yet")):
        expect(screen.locator(".answer.accept_sent")).to_contain_text(words)
    expect(page.locator(".receipt li.now")).to_contain_text("이 병원에 저장됨")
    page.screenshot(path=tmp_path / "accept-sent.png")
    (sent,) = [one for one in waiting(served.database) if one.kind == "answer"]
    note_at_broker(served.database, sent.id)
    expect(page.locator(".receipt li.now")).to_contain_text("중계 서버에 닿음")
    note_received(served.database, sent.id, UNIT)
    expect(page.locator(".receipt li.now")).to_contain_text("구급대 기기가 받음")
    expect(page.locator(".code")).to_have_count(0)
    deliver(served.database, granted(code="4471"))
    for screen in (page, second):
        expect(screen.locator(".code b")).to_have_text("4471")
    playing(page, "")
    page.screenshot(path=tmp_path / "granted.png")
    second.screenshot(path=tmp_path / "granted-night-en.png")


def test_the_first_touch_counts_though_it_lets_the_page_sound(served: Served, open_page: Open) -> None:
    deliver(served.database, decision(), preview())
    page = open_page()
    expect(page.locator("[data-sound-off]")).to_be_visible()
    box = page.locator("#accept-button").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    # While the finger is down the sound begins and another request comes: nothing may move from under it.
    playing(page, "ring")
    deliver(served.database, decision(OTHER))
    page.wait_for_timeout(700)
    assert page.locator("#accept-button").bounding_box() == box
    page.mouse.up()
    expect(page.locator(".answer.accept_sent")).to_be_visible()
    expect(page.locator("[data-sound-off]")).to_be_hidden()
    expect(page.locator(f"#card-{OTHER}")).to_be_visible()


def test_another_hospital_accepting_arrives_by_itself(served: Served, open_page: Open, tmp_path: Path) -> None:
    deliver(served.database, decision(), preview())
    page = open_page()
    page.locator(".matter").click()
    playing(page, "ring")
    deliver(served.database, stand_down())
    expect(page.locator(".answer.stood_down h2")).to_have_text("다른 병원이 수락했습니다. 준비를 푸세요.")
    playing(page, "")
    page.screenshot(path=tmp_path / "stood-down.png")


def test_a_newer_word_of_the_unit_replaces_what_is_shown(served: Served, open_page: Open) -> None:
    deliver(served.database, decision(eta_s=3000))
    page = open_page(language="en")
    expect(page.locator(".arrival .left")).to_have_text(re.compile("^4[89]:"))
    deliver(served.database, refused(revision=2, eta_s=None))
    expect(page.locator("h1")).to_have_text("Not read by the box")
    expect(page.locator(".arrival")).to_contain_text("No estimate")
    deliver(served.database, decision(revision=3, eta_s=0))
    expect(page.locator(".arrival .over")).to_be_visible()
    expect(page.locator(".arrival")).to_contain_text("Overdue")


def test_an_answer_that_finds_no_disk_is_not_shown_as_given(served: Served, open_page: Open, disk: Disk) -> None:
    deliver(served.database, decision())
    page = open_page(cut_off=True)
    disk.fill(served.database)
    page.locator("#accept-button").click()
    expect(page.locator(".problem")).to_contain_text("저장하지 못해 보내지 않았습니다")
    expect(page.locator(".answer")).to_have_class("answer ringing")
    assert state_of(served) is RequestState.RINGING
    disk.free()
    page.locator("#accept-button").click()
    expect(page.locator(".answer")).to_have_class("answer accept_sent")
    assert state_of(served) is RequestState.ACCEPT_SENT


def test_declining_is_one_touch(served: Served, open_page: Open, tmp_path: Path) -> None:
    deliver(served.database, decision(), preview())
    page = open_page(language="en", theme="night")
    page.get_by_role("textbox", name="A word to the unit").fill("free at ten")
    page.get_by_role("button", name="In theatre").click()
    expect(page.locator(".answer.declined")).to_contain_text("In theatre")
    expect(page.locator(".said")).to_contain_text("free at ten")
    assert state_of(served) is RequestState.DECLINED
    page.screenshot(path=tmp_path / "declined-night-en.png")


def test_withdrawing_takes_a_second_touch(served: Served, open_page: Open, tmp_path: Path) -> None:
    deliver(served.database, decision(), preview())
    answer(served.database, ROOM, OFFER, AnswerKind.ACCEPT)
    deliver(served.database, granted())
    page = open_page()
    really = page.get_by_role("button", name="네, 철회합니다")
    expect(really).to_be_hidden()
    page.locator(".withdraw summary").click()
    expect(really).to_be_visible()
    assert state_of(served) is RequestState.GRANTED
    page.screenshot(path=tmp_path / "withdrawing.png")
    really.click()
    expect(page.locator(".answer.withdrawn")).to_be_visible()
    assert state_of(served) is RequestState.WITHDRAWN


def test_keys_answer_but_not_while_somebody_types(served: Served, open_page: Open) -> None:
    deliver(served.database, decision())
    page = open_page()
    note = page.locator('[name="note"]')
    note.click()
    note.press_sequentially("aaa a door")
    expect(note).to_have_value("aaa a door")
    assert state_of(served) is RequestState.RINGING
    deliver(served.database, decision(OTHER))
    expect(page.locator(f"#card-{OTHER}")).to_be_visible()
    expect(note).to_have_value("aaa a door")
    page.locator(".matter").click()
    page.keyboard.press("d")
    expect(page.locator("#reason-no_bed")).to_be_focused()
    assert state_of(served) is RequestState.RINGING
    page.keyboard.press("a")
    expect(page.locator(".answer.accept_sent")).to_contain_text("aaa a door")
    assert (state_of(served), state_of(served, OTHER)) == (RequestState.ACCEPT_SENT, RequestState.RINGING)


def test_an_answer_never_goes_to_the_request_that_stood_there_before(served: Served, open_page: Open) -> None:
    deliver(served.database, decision(), decision(OTHER))
    page = open_page()
    held: list[Callable[[], None]] = []
    page.route(f"**/requests/{OTHER}", lambda route: held.append(route.continue_))
    page.wait_for_timeout(1000)
    page.locator(f"#card-{OTHER}").click()
    until(page, lambda: bool(held), "the other request is asked for")
    page.keyboard.press("a")
    page.locator("#accept-button").click()
    held.pop()()
    expect(page.locator(f'[data-case="{OTHER}"]')).to_be_visible()
    assert (state_of(served), state_of(served, OTHER)) == (RequestState.RINGING, RequestState.RINGING)
    assert not [one for one in waiting(served.database) if one.kind == "answer"]


def test_a_picture_that_was_not_read_looks_like_nothing_else(served: Served, open_page: Open, tmp_path: Path) -> None:
    deliver(served.database, refused(), preview(), nothing_found(OTHER), preview(OTHER))
    for language, theme, unread, nothing in (
        ("ko", "day", "판독하지 않은 사진", "이상 소견을 찾지 못함 (진단 아님)"),
        ("en", "night", "Not read by the box", "No abnormality found (not a diagnosis)"),
    ):
        page = open_page(f"/requests/{OFFER}", language=language, theme=theme)
        expect(page.locator("h1")).to_have_text(unread)
        expect(page.locator("[data-viewer]")).to_have_attribute("data-viewer-state", "shown")
        page.screenshot(path=tmp_path / f"unread-{theme}-{language}.png")
        page.locator(f"#card-{OTHER}").click()
        expect(page.locator("h1")).to_have_text(nothing)
        expect(page.locator("[data-viewer]")).to_have_attribute("data-viewer-state", "shown")
        page.screenshot(path=tmp_path / f"nothing-found-{theme}-{language}.png")


def test_a_lost_relay_is_loud_and_the_answer_says_that_it_waits(served: Served, open_page: Open, tmp_path: Path) -> None:
    deliver(served.database, decision(), preview())
    page = open_page()
    page.locator(".matter").click()
    playing(page, "ring")
    served.cut_link(LinkWord.UNREACHABLE)
    expect(page.get_by_role("alert").filter(has_text="중계 서버에 연결되지 않습니다")).to_be_visible()
    expect(page.locator(".cannot")).to_contain_text("연결될 때까지 여기 남습니다")
    playing(page, "lost")
    page.get_by_role("button", name="소리 1분 낮춤").click()
    expect(page.locator("html")).to_have_attribute("data-alarm", "low")
    playing(page, "lost")
    page.screenshot(path=tmp_path / "link-down.png")
    served.mend_link()
    expect(page.locator(".link-down")).to_have_count(0)
    playing(page, "ring")


def test_a_dead_server_is_loud_and_cannot_be_answered_into(served: Served, open_page: Open, tmp_path: Path) -> None:
    deliver(served.database, decision(), preview())
    page = open_page(language="en", cut_off=True)
    page.locator(".matter").click()
    playing(page, "ring")
    served.stop()
    expect(page.locator("[data-lost]")).to_be_visible()
    expect(page.locator("[data-lost]")).to_contain_text("Answer the direct telephone")
    playing(page, "lost")
    expect(page).to_have_title(re.compile("Screen disconnected"))
    page.keyboard.press("a")
    page.screenshot(path=tmp_path / "server-dead.png")
    served.start()
    expect(page.locator("[data-lost]")).to_be_hidden()
    expect(page.locator("#accept-button")).to_be_visible()
    assert state_of(served) is RequestState.RINGING


def test_an_answer_that_did_not_leave_the_screen_says_so(served: Served, open_page: Open, tmp_path: Path) -> None:
    deliver(served.database, decision())
    page = open_page(cut_off=True)
    page.route("**/answer", lambda route: route.abort())
    page.locator("#accept-button").click()
    expect(page.locator("[data-not-sent]")).to_be_visible()
    expect(page.locator("#accept-button")).to_be_enabled()
    page.screenshot(path=tmp_path / "not-sent.png")
    page.unroute("**/answer")
    page.locator("#accept-button").click()
    expect(page.locator(".answer.accept_sent")).to_be_visible()
    expect(page.locator("[data-not-sent]")).to_be_hidden()


def test_a_late_answer_gets_its_word_on_the_screen(served: Served, open_page: Open) -> None:
    deliver(served.database, decision())
    page = open_page(cut_off=True)
    page.route("**/events?*", lambda route: route.abort())
    page.reload()
    deliver(served.database, stand_down())
    page.locator("#accept-button").click()
    expect(page.locator(".problem")).to_have_text("수락을 보내지 않았습니다. 지금 상태: 다른 곳 수락.")
    expect(page.locator(".answer.stood_down")).to_be_visible()


def test_the_picture_takes_window_and_zoom_and_keeps_them(served: Served, open_page: Open) -> None:
    deliver(served.database, decision(), preview())
    page = open_page()
    expect(page.locator("[data-viewer]")).to_have_attribute("data-viewer-state", "shown")
    page.mouse.move(500, 500)
    looks = [page.locator("[data-viewer] canvas").evaluate("c => c.toDataURL()")]
    page.mouse.wheel(0, -600)
    page.wait_for_timeout(300)
    looks.append(page.locator("[data-viewer] canvas").evaluate("c => c.toDataURL()"))
    page.mouse.down()
    page.mouse.move(620, 450, steps=4)
    page.mouse.up()
    page.wait_for_timeout(800)
    looks.append(page.locator("[data-viewer] canvas").evaluate("c => c.toDataURL()"))
    assert len(set(looks)) == 3
    deliver(served.database, decision(OTHER))
    expect(page.locator(f"#card-{OTHER}")).to_be_visible()
    page.wait_for_timeout(500)
    assert page.locator("[data-viewer] canvas").evaluate("c => c.toDataURL()") == looks[-1]


@pytest.mark.parametrize("scripts", [True, False])
def test_theme_and_language_change_on_the_request_that_is_shown(served: Served, open_page: Open, scripts: bool) -> None:
    deliver(served.database, decision(), decision(OTHER))
    page = open_page(f"/requests/{OTHER}", scripts=scripts)
    page.get_by_role("button", name="밤").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "night")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(f'[data-case="{OTHER}"]')).to_be_visible()


def test_an_answer_needs_no_script_and_the_page_says_that_it_cannot_ring(served: Served, open_page: Open, tmp_path: Path) -> None:
    deliver(served.database, decision(), preview())
    page = open_page(scripts=False)
    expect(page.locator("[data-sound-off]")).to_be_visible()
    expect(page.locator("[data-sound-off] noscript")).to_be_visible()
    expect(page.locator(".picture noscript img")).to_be_visible()
    page.screenshot(path=tmp_path / "without-scripts.png")
    page.get_by_role("button", name="병상 없음").click()
    expect(page.locator(".answer.declined")).to_contain_text("병상 없음")
    page.get_by_role("button", name="그래도 수락").click()
    expect(page.locator(".answer.accept_sent")).to_be_visible()


def test_a_first_touch_on_withdraw_outlives_a_change(served: Served, open_page: Open) -> None:
    deliver(served.database, decision())
    answer(served.database, ROOM, OFFER, AnswerKind.ACCEPT)
    page = open_page()
    page.locator(".withdraw summary").click()
    deliver(served.database, granted())
    expect(page.locator(".code b")).to_have_text("4471")
    expect(page.get_by_role("button", name="네, 철회합니다")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1440, 900)])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_nothing_is_cut_off(served: Served, open_page: Open, tmp_path: Path, width: int, height: int, language: Language) -> None:
    deliver(served.database, decision(), preview(), refused(OTHER, pre_ktas=None, eta_s=None), decision(THIRD, urgency="immediate"))
    answer(served.database, ROOM, THIRD, AnswerKind.ACCEPT)
    for offer_id in (OFFER, OTHER, THIRD):
        page = open_page(f"/requests/{offer_id}", language=language, width=width, height=height, theme="night")
        expect(page.locator("#desk")).to_be_visible()
        page.screenshot(path=tmp_path / f"{offer_id[-1]}-{width}-{language}.png")
        over = page.evaluate(
            """() => [...document.querySelectorAll('.answer, .answer *, .matter *, .card *, .top, .rungs *, .side > *')]
                 .filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).display !== 'inline')
                 .map((e) => `${e.tagName}.${e.className.baseVal ?? e.className}: ${e.textContent.trim().slice(0, 40)}`)"""
        )
        assert over == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight")


def test_several_screens_see_the_same_and_a_remark_sounds_once_under_the_answer(served: Served, open_page: Open, tmp_path: Path) -> None:
    deliver(served.database, decision(), preview())
    answer(served.database, ROOM, OFFER, AnswerKind.ACCEPT)
    deliver(served.database, granted())
    first, second = open_page(), open_page(language="en", theme="night")
    first.locator(".matter").click()
    deliver(served.database, RemarkBody(offer_id=OFFER, phrase=Phrase.CONDITION_WORSE, text="SpO2 84", at_ms=5))
    expect(first.locator("html")).to_have_attribute("data-sounded", "remark 1")
    for page, words in ((first, "환자 악화"), (second, "Patient is worse")):
        expect(page.locator(".remark.unread")).to_contain_text(words)
        code, said = page.locator(".code").bounding_box(), page.locator(".remark.unread").bounding_box()
        assert code is not None
        assert said is not None
        assert code["y"] + code["height"] <= said["y"]
    text = second.get_by_role("textbox", name="A short text")
    text.fill("come to the east door")
    first.get_by_role("button", name="읽었습니다").click()
    for page in (first, second):
        expect(page.locator(".remark.theirs")).to_be_visible()
        expect(page.locator(".remark.unread, .unread-talk")).to_have_count(0)
    expect(text).to_have_value("come to the east door")
    second.get_by_role("button", name="Send").click()
    expect(first.locator(".remark.mine")).to_contain_text("come to the east door")
    expect(text).to_have_value("")
    first.locator(".standing-open").click()
    first.locator("form[action='/standing/O027'] .closed").click()
    expect(second.locator(".standing-open .shut")).to_have_text("1 not open")
    expect(first.locator("#standing")).to_be_visible()
    first.screenshot(path=tmp_path / "standing.png")
    expect(first.locator("html")).to_have_attribute("data-sounded", "remark 1")


def test_the_large_picture_leaves_the_answer_and_what_rings_in_sight(served: Served, open_page: Open, tmp_path: Path) -> None:
    deliver(served.database, decision(), preview())
    page = open_page(language="en")
    viewer = page.locator("[data-viewer]").first
    expect(viewer).to_have_attribute("data-viewer-state", "shown")
    page.locator(".picture .tools [data-viewer-action=large]").click()
    expect(page.locator(".queue")).to_be_hidden()
    expect(page.locator("#accept-button")).to_be_visible()
    page.keyboard.press("f")
    expect(viewer.locator("[data-viewer-changes]")).to_have_text("Flipped left–right")
    assert page.locator(".viewer-tools .tool:visible").evaluate_all(
        "all => all.every((one) => one.offsetWidth >= 44 && one.offsetHeight >= 44)"
    )
    # A better picture takes its place, and another request rings: the doctor goes on looking.
    deliver(served.database, preview(revision=2), decision(OTHER))
    expect(page.locator("[data-viewing]")).to_have_id(re.compile("preview-2$"))
    expect(page.locator("[data-viewing]")).to_have_class(re.compile("large"))
    expect(page.locator(".also-rings")).to_have_text("Also ringing: 1")
    page.screenshot(path=tmp_path / "large.png")
    page.locator("[data-viewing] canvas").first.focus()
    page.keyboard.press("Escape")
    expect(page.locator(".queue")).to_be_visible()
    page.locator(".picture .tools [data-viewer-action=large]").click()
    page.keyboard.press("a")
    expect(page.locator(".answer.accept_sent")).to_be_visible()
    expect(page.locator(".queue")).to_be_hidden()


def test_an_original_of_sixteen_bits_and_three_thousand_pixels_a_side_has_its_greys(
    served: Served, open_page: Open, tmp_path: Path
) -> None:
    content = write_dx(tmp_path / "original.dcm", ramp()).read_bytes()
    sha = hashlib.sha256(content).hexdigest()
    original = OriginalBody(
        offer_id=OFFER, sha256=sha, revision=1, media_type=OriginalMedia.DICOM, size=len(content), part_bytes=PART_BYTES
    )
    parts = [content[at : at + PART_BYTES] for at in range(0, len(content), PART_BYTES)]
    bodies = (PartBody(offer_id=OFFER, sha256=sha, number=number, content=part) for number, part in enumerate(parts))
    deliver(served.database, decision(findings=()), preview(), original, *bodies)
    page = open_page()
    expect(page.locator("[data-viewer]")).to_have_attribute("data-viewer-state", "shown")
    before = window_of_true_greys(page)
    drag_the_window(page, -120, 60)
    assert window_of_true_greys(page) != before
