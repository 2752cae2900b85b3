import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.casebook import Casebook
from edge_app.casebook.cases import case_for_study
from edge_app.database import Database
from edge_app.screens.sse import ChangeFeed, stream


@pytest.fixture
def casebook(tmp_path: Path) -> Iterator[Casebook]:
    book = Casebook(tmp_path)
    yield book
    book.database.close()


@pytest.fixture
def feed(casebook: Casebook) -> Iterator[ChangeFeed]:
    feed = ChangeFeed(casebook.database, max_streams=2)
    yield feed
    if not feed.closed:
        feed.close()


def _next_event(lines: Iterator[bytes], name: str) -> str:
    while True:
        text = next(lines).decode()
        if text.startswith(f"event: {name}\n"):
            return text


def test_the_feed_wakes_on_a_commit(casebook: Casebook, feed: ChangeFeed) -> None:
    seen = feed.number
    case_for_study(casebook.database, None, None, None)
    assert feed.wait(seen, 10.0) != seen


def test_no_commit_is_missed_however_late_the_watcher_begins(casebook: Casebook, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Database.version

    def slow(database: Database) -> int:
        if threading.current_thread().name == "change-feed":
            time.sleep(0.3)
        return real(database)

    monkeypatch.setattr(Database, "version", slow)
    feed = ChangeFeed(casebook.database)
    case_for_study(casebook.database, None, None, None)
    assert feed.wait(0, 10.0) == 1
    feed.close()


def test_a_page_hears_of_a_change_once_and_of_a_beat_again_and_again(feed: ChangeFeed) -> None:
    prints = iter(["a", "a", "b", *"b" * 1000])
    answer = stream(feed, lambda: next(prints), "a")
    lines = answer.iter_encoded()
    assert next(lines).startswith(b"retry: ")
    assert _next_event(lines, "change") == "event: change\nid: b\ndata: b\n\n"
    assert _next_event(lines, "beat").startswith("event: beat\ndata: ")
    answer.close()


def test_a_page_that_missed_a_change_hears_of_it_at_once(feed: ChangeFeed) -> None:
    answer = stream(feed, lambda: "new", "old")
    assert "data: new" in _next_event(answer.iter_encoded(), "change")
    answer.close()


def test_places_are_bounded_and_given_back(feed: ChangeFeed) -> None:
    first, second = stream(feed, lambda: "x", "x"), stream(feed, lambda: "x", "x")
    assert (first.status_code, second.status_code) == (200, 200)
    assert stream(feed, lambda: "x", "x").status_code == 503
    next(first.iter_encoded())
    first.close()
    first.close()
    third = stream(feed, lambda: "x", "x")
    assert third.status_code == 200
    second.close()
    third.close()


def test_closing_the_feed_ends_every_page(feed: ChangeFeed) -> None:
    answer = stream(feed, lambda: "x", "x")
    lines = answer.iter_encoded()
    next(lines)
    feed.close()
    assert sum(1 for _ in lines) <= 2
    answer.close()
    assert stream(feed, lambda: "x", "x").status_code == 503


def test_a_fault_in_the_view_gives_the_place_back(feed: ChangeFeed) -> None:
    def broken() -> str:
        raise ValueError("no such case")

    for _ in range(3):
        answer = stream(feed, broken, "x")
        assert answer.status_code == 200
        with pytest.raises(ValueError, match="no such case"):
            list(answer.iter_encoded())
