"""Everything that is known for choosing whom to ask, gathered and ranked: directory, roads, status board, earlier answers, needs."""

import logging

from edge_app.casebook.hospital_words import told_statuses
from edge_app.casebook.offers import answer_rates
from edge_app.clock import Stamp
from edge_app.config import Settings
from edge_app.database import Database
from edge_app.dispatch.emergency_rooms import read_directory
from edge_app.dispatch.position import Place
from edge_app.dispatch.ranking import Known, Ranked, rank
from edge_app.dispatch.roads import Roads
from edge_app.dispatch.status_board import Board, read_board
from edge_app.errors import DirectoryError
from edge_app.triage import Need

log = logging.getLogger(__name__)


def ask_router(roads: Roads, settings: Settings, place: Place) -> None:
    """Have the ways from there known to ``ranked_rooms`` where a router tells them. Outside of transactions, for it may take a second."""
    if not roads.is_due(place):
        return
    try:
        roads.ask(place, read_directory(settings.directory_file))
    except DirectoryError as error:
        log.error("no way can be asked for: %s", error)


def ranked_rooms(
    database: Database | None, settings: Settings, place: Place, needs: frozenset[Need], at: Stamp, roads: Roads | None = None
) -> list[Ranked]:
    """All rooms of the directory in use, the one to ask first at the front.

    Without a ``database`` nothing is known of earlier answers and of what hospitals told of themselves, without ``roads``, or before
    these were asked, all travel times are estimates.

    Raises:
        DirectoryError: the directory cannot be read. A board that cannot be read is left out, and in the log.
    """
    rooms = read_directory(settings.directory_file)
    try:
        board = read_board(settings.board_file)
    except DirectoryError as error:
        log.error("nothing is known of free beds: %s", error)
        board = Board()
    rates = {} if database is None else answer_rates(database, settings.dispatch.no_answer_after_s, at)
    ways = {} if roads is None else roads.known(place)
    told = {} if database is None else told_statuses(database, at)
    return rank(rooms, place, settings.dispatch, Known(at.unix_ms, board, rates, needs, ways, told))
