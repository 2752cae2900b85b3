"""When the picture was taken: the start of the clock this product lives by."""

from datetime import datetime

from edge_app.casebook.radiographs import StoredRadiograph
from edge_app.clock import Stamp

PLAUSIBLE_S = 3600.0


def seconds_from_exposure_to_reception(radiograph: StoredRadiograph) -> float | None:
    """Seconds between exposure and reception by the sender's and the box's wall clocks; None where that is not to be believed.

    A sender's clock may be years off; only an exposure within the hour before reception is believed.
    """
    if radiograph.taken_at is None:
        return None
    try:
        taken = datetime.fromisoformat(radiograph.taken_at)
    except ValueError:
        return None
    # A DICOM time without an offset is local time (PS3.3 C.12.1.1.8), which is what a naive timestamp() takes it for.
    age_s = radiograph.received.unix_ms / 1000 - taken.timestamp()
    return age_s if 0 <= age_s <= PLAUSIBLE_S else None


def exposure_age_s(radiograph: StoredRadiograph, at: Stamp) -> float:
    """Seconds from exposure, or where that is not known from reception, to ``at``."""
    return at.seconds_since(radiograph.received) + (seconds_from_exposure_to_reception(radiograph) or 0.0)
