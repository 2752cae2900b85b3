"""Argon2id over passwords and PINs."""

import logging
import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

log = logging.getLogger(__name__)

# OWASP's figures for Argon2id: strong enough beside the pauses after wrong words, and small enough for a box that reads meanwhile.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# One at a time: whoever posts a hundred wrong words at once takes one hash's memory, and one core.
_ONE_AT_A_TIME = threading.Lock()


def _plain(secret: str) -> str:
    """One form for what keyboards of different makers write differently."""
    return unicodedata.normalize("NFKC", secret)


def hashed(secret: str) -> str:
    """The secret as it is kept, with its salt and figures."""
    with _ONE_AT_A_TIME:
        return _HASHER.hash(_plain(secret))


_NOBODYS = hashed(secrets.token_urlsafe())


def matches(secret: str, kept: str | None) -> bool:
    """Whether that is the secret. Where nothing is kept the answer is no, after the same work."""
    with _ONE_AT_A_TIME:
        try:
            _HASHER.verify(_NOBODYS if kept is None else kept, _plain(secret))
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError):
            log.exception("a stored hash cannot be used")
            return False
    return kept is not None
