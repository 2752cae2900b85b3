"""Who this machine is on the link beside its name, and whether another one goes by the same name."""

import secrets

from edge_app.casebook.cases import stamp_columns, stamp_of
from edge_app.clock import now
from edge_app.database import Database

NAMESAKE_FOR_S = 300.0


def instance_of(database: Database) -> str:
    """The eight hexadecimal digits that tell this machine from others of its name; drawn once, then kept."""
    with database.writing() as tables:
        row = database.row("SELECT instance FROM link_instance")
        if row is not None:
            return str(row["instance"])
        instance = secrets.token_hex(4)
        tables.table("link_instance").insert({"id": 1, "instance": instance})
        return instance


def client_id_of(me: str, instance: str) -> str:
    """The MQTT identifier of an end: machines of one name must not throw each other out."""
    return f"{me.replace('/', '-')}-{instance}"


def note_namesake(database: Database) -> None:
    """Another machine has been heard under this end's name."""
    with database.writing() as tables:
        tables.table("link_instance").update(1, stamp_columns(now(), "namesake"))


def has_namesake(database: Database) -> bool:
    """Whether another machine was heard under this end's name within the last minutes."""
    row = database.row("SELECT * FROM link_instance WHERE namesake_ms IS NOT NULL")
    return row is not None and now().seconds_since(stamp_of(row, "namesake")) < NAMESAKE_FOR_S
