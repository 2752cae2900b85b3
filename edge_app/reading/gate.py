"""The gate: what kind of picture it is, before any protocol may read it. A protocol never reads a picture it did not let in."""

from collections.abc import Mapping

from edge_app.errors import ModelError, Refusal
from edge_app.radiograph.picture import Facts
from edge_app.reading.card import Card
from edge_app.reading.finding import Flaw, FlawSeen, GateVerdict, NotAssessed
from edge_app.reading.protocols.chest import CHEST_KINDS
from edge_app.reading.protocols.neonatal_rds import MAY_BE, NO_NEWBORN_FROM_YEARS

GATE_MODEL = "radiograph_gate"
KIND_GROUP = "kind"
"""The group of the card's labels that are kinds of picture; those without a group are flaws."""

NEWBORN = "chest_newborn"
LATERAL_CHEST = "chest_lateral"
FRONTAL_CHESTS = CHEST_KINDS | {NEWBORN}
NEWBORN_UNTIL_YEARS = 28 / 365.25
DECEIVING = frozenset({Flaw.TURNED_LEFT, Flaw.TURNED_RIGHT, Flaw.UPSIDE_DOWN, Flaw.INVERTED})
"""The flaws with which a chest looks like what it is not; exposure and cutting only hide."""
LYING = frozenset({Flaw.TURNED_LEFT, Flaw.TURNED_RIGHT, Flaw.UPSIDE_DOWN})
"""Those of them that are no more than how the picture lies."""

_NEWBORNS_ALONE = "the newborns' model knows nobody else"

# DICOM Modality (0008,0060) of radiographs that are never of a chest: mammography, intra-oral and panoramic.
_MODALITIES_AGAINST_CHEST = frozenset({"MG", "IO", "PX"})

# Words in Body Part Examined (0018,0015) that speak for and against a chest; manufacturers write far more than the standard's terms.
_WORDS_FOR_CHEST = ("CHEST", "THORA", "LUNG", "RIB", "HEART", "BODY", "TORSO", "BABY")
_WORDS_AGAINST_CHEST = (
    *("SKULL", "HEAD", "JAW", "NOSE", "NASAL", "TEETH", "NECK", "SPINE", "PELVIS", "HIP", "ABDOMEN", "BREAST", "EXTREMITY"),
    *("SHOULDER", "HUMERUS", "ELBOW", "FOREARM", "WRIST", "HAND", "FINGER", "FEMUR", "KNEE", "LEG", "ANKLE", "FOOT", "TOE"),
)


def informed(given: Mapping[str, float], facts: Facts) -> Mapping[str, float]:
    """The probabilities with what the stated age leaves of them: among frontal chests alone, so that it never makes a chest of anything.

    Under 28 days every frontal chest is a newborn's; from one year on none is.
    """
    chests = [kind for kind in CHEST_KINDS if kind in given]
    if facts.age_years is None or NEWBORN not in given or not chests:
        return given
    if facts.age_years < NEWBORN_UNTIL_YEARS:
        return {**given, **dict.fromkeys(chests, 0.0), NEWBORN: given[NEWBORN] + sum(given[kind] for kind in chests)}
    if facts.age_years >= NO_NEWBORN_FROM_YEARS:
        likeliest = max(chests, key=given.__getitem__)
        return {**given, likeliest: given[likeliest] + given[NEWBORN], NEWBORN: 0.0}
    return given


def judge(card: Card, given: Mapping[str, float]) -> GateVerdict:
    """The likeliest kind among ``given``, one per label of the gate's card, and the flaws of a frontal chest, the surest first.

    Of a newborn's chest those that deceive, and no others.

    Raises:
        ModelError: the card knows no kinds.
    """
    kinds = [label.name for label in card.labels if label.group == KIND_GROUP]
    if not kinds:
        raise ModelError(f"{card.name}: no kinds of picture among its labels")
    kind = max(kinds, key=given.__getitem__)
    # A newborn is small on a film that its whole body lies on: what ends at the edge is no lung, and how it is exposed nobody has tried.
    told = DECEIVING if kind == NEWBORN else frozenset(Flaw) if kind in FRONTAL_CHESTS else frozenset[Flaw]()
    return GateVerdict(kind, given[kind], _flaws(card, given, told))


def _flaws(card: Card, given: Mapping[str, float], flaws: frozenset[Flaw]) -> tuple[FlawSeen, ...]:
    seen = [
        FlawSeen(Flaw(label.name), given[label.name], label.validated)
        for label in card.labels
        if label.group is None and label.name in flaws and given[label.name] >= label.threshold
    ]
    return tuple(sorted(seen, key=lambda one: -one.probability))


def surely_newborn(card: Card, verdict: GateVerdict) -> bool:
    """Whether it is a newborn's chest, by that kind's own threshold; one that is less sure counts as any other frontal chest."""
    return verdict.kind == NEWBORN and verdict.probability >= card.label(NEWBORN).threshold


def contradicted(kind: str, facts: Facts) -> bool:
    """Whether the file's own modality or body part speaks against that kind."""
    if kind not in FRONTAL_CHESTS:
        return False
    if (facts.modality or "").upper() in _MODALITIES_AGAINST_CHEST:
        return True
    part = (facts.body_part or "").upper()
    if any(word in part for word in _WORDS_FOR_CHEST):
        return False
    return any(word in part for word in _WORDS_AGAINST_CHEST)


def refuse_kind(
    card: Card, verdict: GateVerdict, given: Mapping[str, float], facts: Facts, wanted: frozenset[str], *, turns: bool = False
) -> NotAssessed | None:
    """Why the gate does not let a picture in to a protocol that reads the ``wanted`` kinds, or None where it does.

    The picture decides: its likeliest kind is a wanted one, and the wanted kinds together reach the highest of their thresholds in the
    card, for taking a child for an adult must not cost the reading. A newborn that is not surely one counts as a chest; a
    chest that may be a child's or a newborn's is let in as a newborn's where that is asked for, if it is surely a chest. What the file
    says never lets a picture in; where it speaks against the kind, half of the way from the threshold to certainty is asked on top,
    because it is often wrong too. A chest with a flaw that deceives is not let in, but for how it lies where the protocol ``turns`` it.
    """
    percent = f"{verdict.kind} at {verdict.probability:.0%}"
    if surely_newborn(card, verdict) and NEWBORN not in wanted and wanted & CHEST_KINDS:
        return NotAssessed(Refusal.NEWBORN, f"the gate sees {percent}; this protocol's model was never tried on newborns")
    if wanted == {NEWBORN} and (older := _older(card, verdict, facts)) is not None:
        return older
    counted = FRONTAL_CHESTS if wanted & FRONTAL_CHESTS else wanted
    if verdict.kind not in counted:
        return _another_kind(card, verdict, wanted)
    total = sum(given.get(kind, 0.0) for kind in counted)
    # Which chest it is may be open where a newborn's is asked for; that it is a chest may not.
    open_kinds = counted if wanted == {NEWBORN} and not surely_newborn(card, verdict) else wanted
    threshold = max((label.threshold for label in card.labels if label.name in open_kinds), default=1.0)
    if total < threshold:
        return _unlike(percent if total == verdict.probability else f"{percent}, {total:.0%} with what is like it", threshold)
    if wanted == {NEWBORN} and verdict.kind in CHEST_KINDS - MAY_BE:
        return _no_newborn(verdict)
    if contradicted(verdict.kind, facts) and total < (1.0 + threshold) / 2.0:
        return NotAssessed(Refusal.WRONG_BODY_PART, f"the gate sees {percent}, but the file says it shows something else")
    deceiving = [flaw for flaw in verdict.flaws if flaw.flaw in (DECEIVING - LYING if turns else DECEIVING)]
    if deceiving:
        named = ", ".join(f"{flaw.flaw} at {flaw.probability:.0%}" for flaw in deceiving)
        return NotAssessed(Refusal.POORLY_TAKEN, f"the gate sees {percent}, taken or sent wrongly: {named}")
    return None


def _older(card: Card, verdict: GateVerdict, facts: Facts) -> NotAssessed | None:
    """Why a frontal chest is surely no newborn's, by the file's word or the gate's; None where it may be one."""
    if verdict.kind in FRONTAL_CHESTS and facts.age_years is not None and facts.age_years >= NO_NEWBORN_FROM_YEARS:
        return NotAssessed(Refusal.NO_NEWBORN, f"the file says {facts.age_years:.3g} years; {_NEWBORNS_ALONE}")
    if verdict.kind in CHEST_KINDS and verdict.probability >= card.label(verdict.kind).threshold:
        return _no_newborn(verdict)
    return None


def _no_newborn(verdict: GateVerdict) -> NotAssessed:
    return NotAssessed(Refusal.NO_NEWBORN, f"the gate sees {verdict.kind} at {verdict.probability:.0%}; {_NEWBORNS_ALONE}")


def refuse_child(verdict: GateVerdict, facts: Facts, kinds: frozenset[str], from_years: float) -> NotAssessed | None:
    """Why a frontal chest that the gate let in is not read by a protocol for patients ``from_years`` on; None where it is.

    Either word is enough, the file's or the gate's: a child that is read as an adult is told something that nobody ever tried on children.
    """
    unproven = "this protocol's model was never validated on children"
    if facts.age_years is not None and facts.age_years < from_years:
        return NotAssessed(Refusal.CHILD, f"the file says {facts.age_years:.3g} years, below {from_years:g}; {unproven}")
    if verdict.kind not in kinds:
        return NotAssessed(Refusal.CHILD, f"the gate sees {verdict.kind} at {verdict.probability:.0%}; {unproven}")
    return None


def _another_kind(card: Card, verdict: GateVerdict, wanted: frozenset[str]) -> NotAssessed:
    """The refusal of a picture whose likeliest kind is not among those that can be read."""
    percent, threshold = f"{verdict.kind} at {verdict.probability:.0%}", card.label(verdict.kind).threshold
    if verdict.probability < threshold:
        return _unlike(percent, threshold)
    if verdict.kind == LATERAL_CHEST and wanted & CHEST_KINDS:
        return NotAssessed(Refusal.WRONG_VIEW, f"the gate sees {percent}, a chest from the side; a frontal one can be read")
    return NotAssessed(Refusal.WRONG_BODY_PART, f"the gate sees {percent}; what can be read here is {' or '.join(sorted(wanted))}")


def _unlike(nearest: str, threshold: float) -> NotAssessed:
    return NotAssessed(
        Refusal.UNLIKE_TRAINING, f"unlike every kind of picture the gate was trained on; nearest is {nearest}, below {threshold:.0%}"
    )
