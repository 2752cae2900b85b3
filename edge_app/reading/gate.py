"""The gate: what kind of picture it is, before any protocol may read it. A protocol never reads a picture it did not let in."""

from collections.abc import Mapping

from edge_app.errors import Refusal
from edge_app.radiograph.picture import Facts
from edge_app.reading.card import Card
from edge_app.reading.finding import GateVerdict, NotAssessed

GATE_MODEL = "radiograph_gate"

# DICOM Modality (0008,0060) of radiographs that are never of a chest: mammography, intra-oral and panoramic.
_MODALITIES_AGAINST: Mapping[str, frozenset[str]] = {"chest": frozenset({"MG", "IO", "PX"})}

# Words in Body Part Examined (0018,0015) that speak for and against a kind; manufacturers write far more than the standard's terms.
_WORDS_FOR: Mapping[str, tuple[str, ...]] = {"chest": ("CHEST", "THORA", "LUNG", "RIB", "HEART", "BODY", "TORSO")}
_WORDS_AGAINST: Mapping[str, tuple[str, ...]] = {
    "chest": (
        *("SKULL", "HEAD", "JAW", "NOSE", "NASAL", "TEETH", "NECK", "SPINE", "PELVIS", "HIP", "ABDOMEN", "BREAST", "EXTREMITY"),
        *("SHOULDER", "HUMERUS", "ELBOW", "FOREARM", "WRIST", "HAND", "FINGER", "FEMUR", "KNEE", "LEG", "ANKLE", "FOOT", "TOE"),
    )
}


def judge(card: Card, given: Mapping[str, float]) -> GateVerdict:
    """The kind with the highest probability among ``given``, one per label of the gate's card."""
    kind = max((label.name for label in card.labels), key=given.__getitem__)
    return GateVerdict(kind, given[kind])


def contradicted(kind: str, facts: Facts) -> bool:
    """Whether the file's own modality or body part speaks against that kind."""
    if (facts.modality or "").upper() in _MODALITIES_AGAINST.get(kind, frozenset()):
        return True
    part = (facts.body_part or "").upper()
    if any(word in part for word in _WORDS_FOR.get(kind, ())):
        return False
    return any(word in part for word in _WORDS_AGAINST.get(kind, ()))


def refuse_kind(card: Card, verdict: GateVerdict, facts: Facts, wanted: frozenset[str]) -> NotAssessed | None:
    """Why the gate does not let a picture in to a protocol that reads the ``wanted`` kinds, or None where it does.

    The picture decides, by its kind's threshold in the card. What the file says never lets a picture in; where it
    speaks against the kind, half of the way from the threshold to certainty is asked on top, because it is often wrong too.
    """
    threshold = card.label(verdict.kind).threshold
    percent = f"{verdict.kind} at {verdict.probability:.0%}"
    if verdict.probability < threshold:
        return NotAssessed(
            Refusal.UNLIKE_TRAINING, f"unlike every kind of picture the gate was trained on; nearest is {percent}, below {threshold:.0%}"
        )
    if verdict.kind not in wanted:
        return NotAssessed(Refusal.WRONG_BODY_PART, f"the gate sees {percent}; what can be read here is {' or '.join(sorted(wanted))}")
    if contradicted(verdict.kind, facts) and verdict.probability < (1.0 + threshold) / 2.0:
        return NotAssessed(Refusal.WRONG_BODY_PART, f"the gate sees {percent}, but the file says it shows something else")
    return None
