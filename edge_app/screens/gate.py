"""Who may use which route of a screen: one table a screen, asked before any view runs.

No token in forms: the guard has refused by then whatever was posted from another origin, the cookie is SameSite=Strict, and a token
would be asked for exactly where both hold already (OWASP's cheat sheet on CSRF: Fetch Metadata and the origin instead of a token).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Flask, Response, abort, g, request

from edge_app.screens.guard import SAFE_METHODS
from edge_app.security.accounts import Account, Role
from edge_app.security.audit import Actor
from edge_app.security.sessions import Session, Sessions


class Access(StrEnum):
    """What a route asks of who uses it.

    ANYBODY: nothing of a patient is in it. LOOK: a page, FETCH what a page fetches. ANSWER speaks for the house, OWN is about one's own
    account, MANAGE about everybody's.
    """

    ANYBODY = "anybody"
    LOOK = "look"
    FETCH = "fetch"
    ANSWER = "answer"
    OWN = "own"
    MANAGE = "manage"


_ROLES = {
    Role.VIEWER: frozenset({Access.LOOK, Access.FETCH, Access.OWN}),
    Role.DOCTOR: frozenset({Access.LOOK, Access.FETCH, Access.OWN, Access.ANSWER}),
    Role.ADMINISTRATOR: frozenset({Access.LOOK, Access.FETCH, Access.OWN, Access.ANSWER, Access.MANAGE}),
}
# Where nobody signs in as somebody: an open screen, or one that a PIN has opened.
_NAMELESS = frozenset({Access.LOOK, Access.FETCH, Access.ANSWER})


@dataclass(frozen=True)
class Visitor:
    """Who asks. ``required``: this screen asks for a sign-in now."""

    required: bool
    session: Session | None = None

    @property
    def account(self) -> Account | None:
        """Who it is; None where nobody signs in by name."""
        return None if self.session is None else self.session.account

    @property
    def inside(self) -> bool:
        """Whether the screen is open to them."""
        return not self.required or self.session is not None

    def may(self, access: Access) -> bool:
        """Whether a route that asks for that is theirs."""
        if access is Access.ANYBODY:
            return True
        if not self.inside:
            return False
        return access in (_NAMELESS if self.account is None else _ROLES[self.account.role])

    @property
    def may_answer(self) -> bool:
        """Whether they speak for the house."""
        return self.may(Access.ANSWER)


# Where it is not known who asks, nothing is shown.
_NOBODY = Visitor(required=True)


class Gate:
    """The sign-in of one screen.

    ``required`` says whether somebody from that address has to sign in now, ``locked`` makes what is shown instead of a page, and
    ``denied`` what is shown to who is signed in and may not.
    """

    def __init__(
        self,
        sessions: Sessions,
        cookie: str,
        required: Callable[[str], bool],
        locked: Callable[[], Response],
        denied: Callable[[], Response],
    ) -> None:
        self._sessions = sessions
        self._cookie = cookie
        self._required = required
        self._locked = locked
        self._denied = denied

    def _look(self, identifier: str | None, origin: str) -> Visitor:
        required = self._required(origin)
        return Visitor(required, self._sessions.find(identifier) if required else None)

    def visitor(self) -> Visitor:
        """Who asks now."""
        found: Visitor = g.visitor
        return found

    def left_s(self) -> float | None:
        """How long the session of this request lives on if nobody touches anything; None where there is none."""
        session = self._sessions.find(request.cookies.get(self._cookie))
        return None if session is None else session.left_s

    def actor(self) -> Actor:
        """Who asks now, for the record."""
        account = self.visitor().account
        return Actor(None if account is None else account.name, address())

    def stays(self) -> Callable[[], bool]:
        """For an answer that never ends: whether the screen is still as open, or as closed, as it was when it began."""
        identifier, origin, inside = request.cookies.get(self._cookie), address(), self.visitor().inside
        return lambda: self._look(identifier, origin).inside == inside

    def admit(self, account: Account | None) -> None:
        """Begin a session under a new number, whatever number the browser came with."""
        self.dismiss()
        g.session_cookie = self._sessions.begin(account)
        g.visitor = self._look(g.session_cookie, address())

    def dismiss(self) -> None:
        """End the session this request came with."""
        session = self._sessions.find(request.cookies.get(self._cookie))
        if session is not None:
            self._sessions.end(session)
        g.session_cookie = None
        g.visitor = self._look(None, address())

    def stand_before(self, app: Flask, rules: Mapping[str, Access]) -> None:
        """Ask ``rules`` before every view. LookupError where a route has no rule, or a rule no route."""
        undecided = {rule.endpoint for rule in app.url_map.iter_rules()} ^ rules.keys()
        if undecided:
            raise LookupError(f"who may use these routes is not decided: {', '.join(sorted(undecided))}")

        @app.before_request
        def ask() -> Response | None:
            g.visitor = visitor = self._look(request.cookies.get(self._cookie), address())
            if visitor.session is not None and _is_an_act():
                self._sessions.touch(visitor.session)
            access = Access.ANYBODY if request.endpoint is None else rules[request.endpoint]
            if visitor.may(access):
                return None
            if visitor.inside:
                return self._denied()
            if access is Access.FETCH:
                abort(401)
            return self._locked()

        @app.after_request
        def keep(response: Response) -> Response:
            if "session_cookie" in g and g.session_cookie is None:
                response.delete_cookie(self._cookie, secure=request.is_secure, httponly=True, samesite="Strict")
            elif "session_cookie" in g:
                # Without an age: a browser that is started anew asks anew.
                response.set_cookie(self._cookie, g.session_cookie, secure=request.is_secure, httponly=True, samesite="Strict")
            return response

        @app.context_processor
        def who() -> dict[str, Any]:
            return {"visitor": g.get("visitor", _NOBODY)}


def address() -> str:
    """Where the request comes from."""
    return request.remote_addr or "unknown"


def _is_an_act() -> bool:
    """Whether a person did this; what a page fetches by itself keeps no session alive."""
    return request.method not in SAFE_METHODS or request.headers.get("Sec-Fetch-User") == "?1"
