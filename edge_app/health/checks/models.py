"""Fault: a model this box needs or can use is missing, or a file of it is not the one its card names."""

from edge_app.config import Settings
from edge_app.errors import ModelError
from edge_app.health.check import Check, failed, ok, warning
from edge_app.reading.card import CARD, GOLDEN, ONNX_MODEL, OPENVINO_MODEL, OPENVINO_WEIGHTS, load_card
from edge_app.reading.finding import Protocol
from edge_app.reading.gate import GATE_MODEL
from edge_app.reading.models import models_folder
from edge_app.reading.protocols import METHODS

NAME = "models"
REMEDY = "Copy models_int8 from the release again; until then the pictures concerned are shown as not assessed."
REMEDY_FOR_A_PART = "Copy models_int8 from the release again; until then readings lack what these models give, and say so."


def look(settings: Settings) -> Check:
    """Hold every model folder against its card, and the folders against what is needed: by chests, and by the protocol the site has set.

    Any other protocol may be left out of a release: the screens do not offer what is not there.
    """
    protocols = {Protocol.CHEST} if settings.reading.protocol == "auto" else {Protocol.CHEST, Protocol(settings.reading.protocol)}
    needed = {GATE_MODEL, *(model for protocol in protocols & METHODS.keys() for model in METHODS[protocol].requires)}
    faults = [f"{name} is missing" for name in sorted(needed) if not _is_here(name)]
    held = []
    for name in bundle_names():
        try:
            fault = _unnamed(name)
        except ModelError as error:
            fault = " ".join(str(error).split())[:160]
        if fault is None:
            held.append(name)
        else:
            faults.append(fault)
    if faults:
        return failed(NAME, "; ".join(faults), REMEDY)
    # What only helps a protocol that is left out helps nobody.
    used = {model for method in METHODS.values() if all(map(_is_here, method.requires)) for model in method.uses}
    lacking = sorted(name for name in used if not _is_here(name))
    if lacking:
        return warning(NAME, f"{' and '.join(lacking)} missing", REMEDY_FOR_A_PART)
    return ok(NAME, f"{', '.join(held)}: every file is the one its card names")


def _is_here(name: str) -> bool:
    return (models_folder() / name / CARD).is_file()


def bundle_names() -> list[str]:
    """The model folders on this box, by name."""
    folder = models_folder()
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _unnamed(name: str) -> str | None:
    """A file that will be used without the card vouching for it, or None. ModelError where a named one is missing or altered."""
    card = load_card(models_folder() / name)
    used = {OPENVINO_MODEL, OPENVINO_WEIGHTS, ONNX_MODEL, *(f"{GOLDEN}/{golden.picture}" for golden in card.golden)}
    loose = sorted(used - card.files.keys())
    if loose:
        return f"{name}: the card has no hash for {', '.join(loose)}"
    return None if card.name == name else f"{name}: the card is that of {card.name}"
