"""Fault: a message can never be sent, or has waited long for its hospital's receipt. A picture may wait long on a thin link."""

from edge_app.clock import now
from edge_app.config import Settings
from edge_app.errors import Who
from edge_app.health.casebook_view import open_view
from edge_app.health.check import Check, failed, ok, warning
from edge_app.link.outbox import Lane, Priority

NAME = "outbox"
OLD_AFTER_S = 600


def look(settings: Settings) -> Check:
    """Count what is set aside and what waits too long."""
    view = open_view(settings, NAME)
    if isinstance(view, Check):
        return view
    try:
        waiting = view.rows("SELECT queued_ms, quarantined, priority FROM outbox WHERE received_ms IS NULL")
    finally:
        view.close()
    # Where the unit is is told anew all the time, and nobody has to do anything where it is not.
    rows = [row for row in waiting if row["priority"] in Lane.WORDS.value and row["priority"] != Priority.POSITION]
    pictures = [row for row in waiting if row["priority"] in Lane.PICTURES.value]
    quarantined = sorted({row["quarantined"] for row in rows if row["quarantined"] is not None})
    if quarantined:
        count = sum(row["quarantined"] is not None for row in rows)
        remedy = "Phone the hospitals of these cases; then report the word to the appliance's makers."
        return failed(NAME, f"{count} messages can never be sent: {', '.join(quarantined)}", remedy, Who.CREW)
    # A message from the future says that the clock was set back: how long it has waited is then unknown, which is not short.
    old = sum(abs(now().unix_ms - row["queued_ms"]) > OLD_AFTER_S * 1000 for row in rows)
    if old:
        remedy = "Phone the hospitals that show no receipt on the kiosk; see that their consoles run and reach the broker."
        return failed(NAME, f"{old} of {len(rows)} waiting messages are older than {OLD_AFTER_S // 60} minutes", remedy, Who.CREW)
    lost = sorted({row["quarantined"] for row in pictures if row["quarantined"] is not None})
    if lost:
        remedy = "The hospitals decide without these pictures; raise the broker's largest packet (max_packet_size)."
        return warning(
            NAME, f"{sum(row['quarantined'] is not None for row in pictures)} pictures can never be sent: {', '.join(lost)}", remedy
        )
    counted = [f"{len(rows)} waiting" if rows else "", f"{len(pictures)} pictures under way" if pictures else ""]
    return ok(NAME, ", ".join(filter(None, counted)) or "empty")
