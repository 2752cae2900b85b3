"""Fault: a model no longer gives the answers on its golden pictures that it gave when it was released."""

import tempfile
from pathlib import Path

from edge_app.config import Settings
from edge_app.errors import EngineDiedError, ModelError
from edge_app.health.check import Check, failed, ok, warning
from edge_app.health.checks.models import bundle_names
from edge_app.reading.choice import CANDIDATES, Candidate
from edge_app.reading.engine import Engine
from edge_app.reading.models import models_folder

NAME = "golden_pictures"
REMEDY = "Copy models_int8 from the release again, then install the pinned requirements again; until then nothing may be read with it."


def look(settings: Settings) -> Check:
    """Load each model as the reading service would, into a cache of its own, and let it answer its golden pictures."""
    faults, doubts, held = [], [], 0
    with (
        tempfile.TemporaryDirectory(prefix="edge-doctor-") as cache,
        Engine(models_folder(), Path(cache), threads=settings.reading.threads) as engine,
    ):
        for name in bundle_names():
            try:
                choice = engine.choice(name)
                golden = len(engine.card(name).golden)
            except (ModelError, EngineDiedError) as error:
                faults.append(" ".join(str(error).split())[:200])
                continue
            held += golden
            if not golden:
                doubts.append(f"{name} has no golden picture to hold it against")
            elif Candidate(choice.runtime, choice.device) != CANDIDATES[0]:
                doubts.append(f"{name} runs on {choice}")
    if faults:
        return failed(NAME, "; ".join(faults), REMEDY)
    if not held and not doubts:
        return failed(NAME, "there is no model to prove", "Follow the remedy of the check Models.")
    if doubts:
        return warning(NAME, "; ".join(doubts)[:300], "It works, but not as released: report this line to the appliance's makers.")
    return ok(NAME, f"{held} answered as when released, {CANDIDATES[0]}")
