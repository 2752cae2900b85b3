"""Whether a file is a radiograph at all, told by its SOP Class (PS3.4 B.5) and Modality (PS3.3 C.7.3.1.1.1)."""

from edge_app.errors import Refusal, UnreadablePictureError
from edge_app.radiograph.header import Header
from edge_app.radiograph.picture import Assumption
from edge_app.radiograph.transfer_syntax import is_short_uid

_STORAGE = "1.2.840.10008.5.1.4.1.1."
# Computed, digital, mammography and intra-oral radiographs; angiography and fluoroscopy with their enhanced and biplane kinds.
_RADIOGRAPHS = frozenset(
    _STORAGE + leaf for leaf in ("1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1", "12.1", "12.1.1", "12.2", "12.2.1", "12.3")
)
_SECONDARY_CAPTURES = frozenset(_STORAGE + leaf for leaf in ("7", "7.1", "7.2", "7.3", "7.4"))
_RADIOGRAPHIC = frozenset({"CR", "DX", "DR", "RG", "RF", "XA", "XR", "MG", "IO", "PX", "DF", "CF", "DS"})
_SAYS_NOTHING = frozenset({"OT", "SC"})


def check_modality(header: Header) -> Assumption | None:
    """Refuse what is no radiograph; MODALITY_MISSING where the file does not say.

    Raises:
        UnreadablePictureError: WRONG_MODALITY.
    """
    modality = header.word("Modality")
    uid = header.text("SOPClassUID")
    sop_class = uid.value if uid is not None and is_short_uid(uid.value) else None
    radiograph = sop_class in _RADIOGRAPHS
    if sop_class is not None and sop_class.startswith(_STORAGE) and not radiograph and sop_class not in _SECONDARY_CAPTURES:
        raise UnreadablePictureError(Refusal.WRONG_MODALITY, f"SOP Class {sop_class}, {_named(modality)}")
    if modality in _RADIOGRAPHIC:
        return None
    if modality is None or modality in _SAYS_NOTHING:
        return None if radiograph else Assumption.MODALITY_MISSING
    raise UnreadablePictureError(Refusal.WRONG_MODALITY, _named(modality))


def _named(modality: str | None) -> str:
    """Codes have at most 16 letters and digits; anything else could be text in the wrong place and is not repeated."""
    if modality is None:
        return "no Modality"
    return f"Modality {modality}" if len(modality) <= 16 and modality.isascii() and modality.isalnum() else "a malformed Modality"
