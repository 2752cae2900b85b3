"""The limb protocol: whether a bone of an arm, a leg, a hip or a shoulder is broken, and where, the surest place first."""

LIMB_MODEL = "limb_fracture"
LIMB_KINDS = frozenset({"limb"})
FRACTURE = "Fracture"
PARTS = ("hand", "leg", "hip", "shoulder")
"""What of a limb a picture shows, as FracAtlas sorts it: a hand with its wrist and forearm, a leg from knee to foot, and so on."""
