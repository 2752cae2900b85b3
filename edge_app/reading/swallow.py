"""What is outlined on a lateral videofluoroscopy of the neck, where barium may lie on it, and which moments of a swallow are timed."""

SPINE = "cervical_spine"
"""The bodies of C2 to C7 with the dens, as one."""
MANDIBLE, HYOID = "mandible", "hyoid"
AIRWAY = "airway"
"""The air of the laryngeal vestibule and of the windpipe below the vocal folds."""
BOLUS = "bolus"
"""All barium that can be seen, what is left behind included."""
STRUCTURES = (SPINE, MANDIBLE, HYOID, AIRWAY, BOLUS)

ASPIRATION, PENETRATION = "Aspiration", "Penetration"
"""Barium below the vocal folds, and in the laryngeal vestibule above them."""

ORAL_CAVITY, PHARYNX, UES = "oral_cavity", "pharynx", "upper_oesophageal_sphincter"
VALLECULAE, PYRIFORM_SINUSES = "valleculae", "pyriform_sinuses"
VESTIBULE, SUBGLOTTIS = "laryngeal_vestibule", "subglottic_airway"
REGIONS = (ORAL_CAVITY, PHARYNX, UES, VALLECULAE, PYRIFORM_SINUSES, VESTIBULE, SUBGLOTTIS)
"""Where barium is told to be; the mouth ends and the pharynx begins where the mandible's lower rim crosses the base of the tongue."""
CLEAR = (SPINE, MANDIBLE)
OUTLINED = (*CLEAR, HYOID, AIRWAY, *REGIONS, BOLUS)
"""What a network outlines, in the order of its map; what is clear first."""
CAN_KEEP = (VALLECULAE, PYRIFORM_SINUSES)
"""Regions in which residue is measured."""

ORAL_ONSET = "oral_onset"
"""The bolus starts backwards."""
HEAD_PAST_RAMUS = "head_past_ramus"
TAIL_PAST_UES = "tail_past_ues"
HYOID_ONSET, HYOID_HIGHEST = "hyoid_onset", "hyoid_highest"
"""The hyoid starts up and forwards, and is as far there as it gets."""
LARYNX_CLOSED, LARYNX_OPENED = "larynx_closed", "larynx_opened"
"""The vestibule is as shut as it gets, and starts to open again."""
UES_OPENED, UES_CLOSED = "ues_opened", "ues_closed"
EVENTS = (
    *(ORAL_ONSET, HEAD_PAST_RAMUS, HYOID_ONSET, LARYNX_CLOSED, UES_OPENED),
    *(HYOID_HIGHEST, TAIL_PAST_UES, UES_CLOSED, LARYNX_OPENED),
)
