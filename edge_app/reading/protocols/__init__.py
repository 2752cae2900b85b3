"""How each body part is read: one file per protocol, one row per protocol in the table."""

from collections.abc import Mapping

from edge_app.reading.finding import Protocol
from edge_app.reading.protocols.chest import ANATOMY_MODEL, CHEST_KINDS, CHEST_MODEL, SEVERITY_MODEL, assess_chest
from edge_app.reading.protocols.limb_fracture import LIMB_KINDS, LIMB_MODEL, assess_limb
from edge_app.reading.protocols.method import Method
from edge_app.reading.protocols.nasal_bone import NASAL_KINDS, NASAL_MODEL, NOSE_MODEL, assess_nose
from edge_app.reading.protocols.neonatal_rds import (
    MAY_BE,
    NEWBORN_ANATOMY_MODEL,
    NEWBORN_KINDS,
    NO_NEWBORN_FROM_YEARS,
    RDS_MODEL,
    assess_newborn,
)
from edge_app.reading.protocols.spine import IMPLANTS_MODEL, SPINE_KINDS, SPINE_MODEL, assess_spine, is_lumbar_spine
from edge_app.reading.protocols.swallow import SWALLOW_KINDS, SWALLOW_MODEL, is_swallow, refuse_still, watch_swallow
from edge_app.reading.protocols.tuberculosis import ADULTS_FROM_YEARS, TUBERCULOSIS_KINDS, TUBERCULOSIS_MODEL, assess_tuberculosis

# The protocols this box knows how to read. One that is not here, or whose model is not on the box, is refused as NO_MODEL.
METHODS: Mapping[Protocol, Method] = {
    Protocol.CHEST: Method(CHEST_KINDS, (CHEST_MODEL,), assess_chest, uses=(ANATOMY_MODEL, SEVERITY_MODEL)),
    Protocol.TUBERCULOSIS: Method(
        TUBERCULOSIS_KINDS, (TUBERCULOSIS_MODEL,), assess_tuberculosis, uses=(ANATOMY_MODEL,), from_years=ADULTS_FROM_YEARS
    ),
    Protocol.NEONATAL_RDS: Method(
        NEWBORN_KINDS,
        (RDS_MODEL,),
        assess_newborn,
        uses=(NEWBORN_ANATOMY_MODEL, ANATOMY_MODEL),
        below_years=NO_NEWBORN_FROM_YEARS,
        may_be=MAY_BE,
        turns=True,
    ),
    Protocol.NASAL_BONE: Method(NASAL_KINDS, (NASAL_MODEL,), assess_nose, uses=(NOSE_MODEL,)),
    Protocol.LIMB_FRACTURE: Method(LIMB_KINDS, (LIMB_MODEL,), assess_limb),
    Protocol.SWALLOW: Method(SWALLOW_KINDS, (SWALLOW_MODEL,), refuse_still, watch=watch_swallow, recognises=is_swallow),
    Protocol.SPINE: Method(SPINE_KINDS, (SPINE_MODEL,), assess_spine, uses=(IMPLANTS_MODEL,), recognises=is_lumbar_spine),
}

# What ``auto`` takes for each kind the gate knows; a kind that is not here has no protocol.
PROTOCOL_OF_KIND: Mapping[str, Protocol] = {
    "chest_adult": Protocol.CHEST,
    "chest_child": Protocol.CHEST,
    "chest_newborn": Protocol.NEONATAL_RDS,
    "skull_lateral": Protocol.NASAL_BONE,
    "spine_lateral": Protocol.SPINE,
    "limb": Protocol.LIMB_FRACTURE,
    "videofluoroscopy": Protocol.SWALLOW,
}
