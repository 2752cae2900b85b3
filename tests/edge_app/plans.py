"""How SQLite finds what a screen asks for: nothing that grows may be looked through from end to end at every change."""

import re
from collections.abc import Callable, Iterable

from edge_app.database import Database

# The newest of a table, as many as there is room for: the look ends with them.
_NEWEST = re.compile(r"ORDER BY (?:\w+\.)?(?:rowid|id|number) DESC LIMIT \d+\s*$")
_ASIDE = re.compile(r"\([^()]*\)")
# A table by its own name or the letter that a statement gives it.
_SCAN = re.compile(r"SCAN (\w+)")


def statements_of(database: Database, look: Callable[[], object]) -> set[str]:
    """Every statement that reads while somebody looks, with its values in it."""
    said: list[str] = []
    database.tables.conn.set_trace_callback(said.append)
    look()
    database.tables.conn.set_trace_callback(None)
    return {one for one in said if one.lstrip().startswith(("SELECT", "WITH"))}


def looked_through(database: Database, statements: Iterable[str], bounded: Iterable[str]) -> list[str]:
    """The statements that look through a table from end to end which is not one of the ``bounded``, each with that table."""
    found = []
    for sql in sorted(statements):
        plan = [str(row[3]) for row in database.tables.conn.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
        ends = _NEWEST.search(sql) and "WHERE" not in _ASIDE.sub("", sql) and not any("FOR ORDER BY" in step for step in plan)
        for step in plan:
            scan = _SCAN.match(step)
            if scan is None or ends:
                continue
            named = re.search(rf"(?:FROM|JOIN)\s+(\w+)\s+{scan[1]}\b", sql)
            table = scan[1] if named is None else named[1]
            if table not in (*bounded, "json_each", "subquery"):
                found.append(f"{table}: {' '.join(sql.split())}")
    return found
