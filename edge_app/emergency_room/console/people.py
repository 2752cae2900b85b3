"""The pages about accounts: one's own, everybody's, and the record of signing in."""

from collections.abc import Callable
from http import HTTPStatus

from flask import Flask, Response, abort, make_response, redirect, render_template, request
from flask_babel import gettext

from edge_app.config import RoomSettings
from edge_app.database import Database
from edge_app.emergency_room.console.signing_in import waits
from edge_app.emergency_room.console.watch import watch_of
from edge_app.screens.gate import Gate, address
from edge_app.security.accounts import (
    LONGEST_PASSWORD,
    NAME_LENGTH,
    SHORTEST_PASSWORD,
    Account,
    AccountError,
    AccountFault,
    Role,
    account_of,
    accounts,
    add_account,
    is_password_of,
    set_disabled,
    set_password,
    set_role,
)
from edge_app.security.audit import sign_ins
from edge_app.security.backoff import Refused

SIGN_INS_LISTED = 50
_FAULTS = {
    AccountFault.NAME: "console.account.fault.name",
    AccountFault.TAKEN: "console.account.fault.taken",
    AccountFault.PASSWORD: "console.account.fault.password",
    AccountFault.LAST_ADMINISTRATOR: "console.account.fault.last_administrator",
    AccountFault.UNKNOWN: "console.account.fault.unknown",
}


def _fault(error: AccountError) -> str:
    """Why it cannot be done, in the screen's language."""
    return str(gettext(_FAULTS[error.fault], shortest=SHORTEST_PASSWORD))


def add_people(app: Flask, database: Database, settings: RoomSettings, gate: Gate) -> None:
    """Add ``/account``, ``/accounts`` and ``/sign-ins``."""

    def me() -> Account:
        account = gate.visitor().account
        if account is None:
            abort(HTTPStatus.FORBIDDEN)
        return account

    def page(inner: str, problem: str | None = None, said: str | None = None, **values: object) -> Response:
        shown = render_template(
            "console/page.html",
            inner=inner,
            desk=watch_of(database, inside=True),
            hospital=settings.name,
            problem=problem,
            said=said,
            name_length=NAME_LENGTH,
            shortest=SHORTEST_PASSWORD,
            longest=LONGEST_PASSWORD,
            **values,
        )
        return make_response(shown, HTTPStatus.CONFLICT if problem else HTTPStatus.OK)

    def everybody(problem: str | None = None) -> Response:
        return page("console/people.html", problem, people=accounts(database), roles=tuple(Role))

    @app.get("/account")
    def own_account() -> Response:
        return page("console/account.html", said=gettext("console.account.changed") if "changed" in request.args else None)

    @app.post("/account/password")
    def own_password() -> Response:
        account, new = me(), request.form.get("new", "")
        right = is_password_of(database, account, request.form.get("old", ""), address())
        if isinstance(right, Refused):
            return page("console/account.html", gettext("console.sign_in.too_many") + waits(right))
        if not right:
            return page("console/account.html", gettext("console.account.old_wrong"))
        if new != request.form.get("again", ""):
            return page("console/account.html", gettext("console.account.not_same"))
        try:
            set_password(database, account, new, gate.actor())
        except AccountError as error:
            return page("console/account.html", _fault(error))
        # Every session of the account has ended; the one that changed it begins anew under another number.
        gate.admit(account)
        return make_response(redirect("/account?changed=1", HTTPStatus.SEE_OTHER))

    @app.get("/accounts")
    def people() -> Response:
        return everybody()

    def after(act: Callable[[], object]) -> Response:
        """Everybody's page again, with a word where it could not be done."""
        try:
            act()
        except AccountError as error:
            return everybody(_fault(error))
        return make_response(redirect("/accounts", HTTPStatus.SEE_OTHER))

    @app.post("/accounts")
    def add_person() -> Response:
        form, by = request.form, gate.actor()
        if form.get("role") not in tuple(Role):
            abort(HTTPStatus.BAD_REQUEST)
        return after(lambda: add_account(database, form.get("name", ""), form.get("password", ""), Role(form["role"]), by))

    @app.post("/accounts/<account_id>")
    def change_person(account_id: str) -> Response:
        form, by = request.form, gate.actor()
        if "password" in form:
            return after(lambda: set_password(database, account_of(database, account_id), form["password"], by))
        if form.get("role") in tuple(Role):
            return after(lambda: set_role(database, account_id, Role(form["role"]), by))
        if form.get("disabled") not in ("0", "1"):
            abort(HTTPStatus.BAD_REQUEST)
        return after(lambda: set_disabled(database, account_id, by, disabled=form["disabled"] == "1"))

    @app.get("/sign-ins")
    def signed_in() -> Response:
        number = max(1, request.args.get("page", 1, type=int))
        rows = sign_ins(database, SIGN_INS_LISTED + 1, (number - 1) * SIGN_INS_LISTED)
        return page("console/sign_ins.html", rows=rows[:SIGN_INS_LISTED], number=number, more=len(rows) > SIGN_INS_LISTED)
