"""Passwords and PINs as they are kept."""

import pytest
from argon2 import Type

from edge_app.security.hashing import hashed, matches
from tests.edge_app.security.watched import Watched


def test_it_is_argon2id_with_a_salt_of_its_own() -> None:
    first, second = hashed("correct horse"), hashed("correct horse")
    assert first.startswith("$argon2id$")
    assert first != second
    assert "correct horse" not in first
    assert matches("correct horse", first)
    assert not matches("Correct horse", first)


def test_what_two_keyboards_write_differently_is_one_password() -> None:
    assert matches("가나다라 ａｂｃ", hashed("가나다라 abc"))


def test_where_nothing_is_kept_the_same_work_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, watched = hashed("correct horse"), Watched(monkeypatch)
    assert [matches("correct horse", None), matches("wrong", kept)] == [False, False]
    assert watched.work[0] == watched.work[1]
    assert watched.work[0].type is Type.ID


def test_what_is_no_hash_opens_nothing() -> None:
    assert not matches("anything", "not a hash")
