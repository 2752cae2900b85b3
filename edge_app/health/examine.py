"""Runs the health checks. None may take the others with it: a check that breaks off is itself a failed check."""

import importlib
import logging
from collections.abc import Iterable, Iterator

from edge_app.config import Settings
from edge_app.health.check import Check, failed
from edge_app.health.checks import CHECKS, Fault

log = logging.getLogger(__name__)


def examine(settings: Settings, faults: Iterable[Fault] = CHECKS) -> Iterator[Check]:
    """The outcome of every check, in the order of the table, each as soon as it is there."""
    for fault in faults:
        yield _look(fault, settings)


def _look(fault: Fault, settings: Settings) -> Check:
    try:
        # Imported here, so that a library that is missing fails the checks that need it and no other.
        module = importlib.import_module(f"edge_app.health.checks.{fault.name}")
        check: Check = module.look(settings)
    except Exception as error:
        # The edge of a check: whatever broke in it, it has not shown that the box is well.
        log.exception("the check %s broke off", fault.name)
        word = f"the check itself broke off: {type(error).__name__}: {' '.join(str(error).split())}"[:300]
        return failed(fault.name, word, "Reinstall the appliance; if it stays, send this line and the log to its makers.")
    return check
