"""The nasal bone protocol: the nose is found on a lateral skull, and whether its bone is broken is told on the part around it."""

NOSE_MODEL = "nose_finder"
NASAL_MODEL = "nasal_bone"
NASAL_KINDS = frozenset({"skull_lateral"})
NOSE = "nose"
NASAL_FRACTURE = "Nasal_Fracture"
