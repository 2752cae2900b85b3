"""Argon2 with somebody looking on: what is asked is done, and counted."""

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters

from edge_app.security import hashing


def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let hashes cost next to nothing, for tests of what stands on them."""
    monkeypatch.setattr(hashing, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(hashing, "_NOBODYS", hashing.hashed("nobody's"))


class Watched:
    """Stands for the hasher; ``work`` is every verification by what it costs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.work: list[Parameters] = []
        self._hasher = hashing._HASHER
        monkeypatch.setattr(hashing, "_HASHER", self)

    def hash(self, secret: str) -> str:
        return self._hasher.hash(secret)

    def verify(self, kept: str, secret: str) -> bool:
        self.work.append(extract_parameters(kept))
        return self._hasher.verify(kept, secret)
