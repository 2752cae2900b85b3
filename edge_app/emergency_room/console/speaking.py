"""Who speaks for the house, for what is said without a name of its own."""

from flask import g

from edge_app.database import Database
from edge_app.emergency_room.duty import duty_name
from edge_app.screens.gate import Visitor


def speaker(database: Database) -> str | None:
    """Who is signed in; where nobody signs in by name, who is on duty."""
    visitor: Visitor = g.visitor
    return duty_name(database) if visitor.account is None else visitor.account.name
