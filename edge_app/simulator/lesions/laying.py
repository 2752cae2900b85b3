"""One lesion after the other, each by its own rules."""

import numpy as np

from edge_app.simulator.lesions.airspace import atelectasis, consolidation, edema, infiltration, pneumonia
from edge_app.simulator.lesions.chronic import emphysema, fibrosis
from edge_app.simulator.lesions.ground import Ground
from edge_app.simulator.lesions.lesion import Effect, Lesion, LesionKind, LookAlikeKind, NewbornKind, TuberculousKind
from edge_app.simulator.lesions.look_alikes import basal_mass, old_fracture, rib_cartilage
from edge_app.simulator.lesions.midline import hernia, whole_heart
from edge_app.simulator.lesions.newborn import respiratory_distress, wet_lung
from edge_app.simulator.lesions.nodular import mass, nodule
from edge_app.simulator.lesions.pleura import effusion, pleural_thickening, pneumothorax
from edge_app.simulator.lesions.tuberculous import cavity, infiltrate, miliary, nodes, primary, scar, spread


def lay(lesion: Lesion, ground: Ground, rng: np.random.Generator) -> Effect:
    """What one lesion adds to a chest whose shape it has changed already (``shapes.shift_of``)."""
    lung, strength = ground.lungs[lesion.side], lesion.strength
    match lesion.kind:
        case LesionKind.ATELECTASIS:
            return atelectasis(strength, lung, ground, rng)
        case LesionKind.CARDIOMEGALY:
            return whole_heart(ground)
        case LesionKind.CONSOLIDATION:
            return consolidation(strength, lung, ground, rng)
        case LesionKind.EDEMA:
            return edema(strength, ground, rng)
        case LesionKind.EFFUSION:
            return effusion(strength, lung, ground, rng)
        case LesionKind.EMPHYSEMA:
            return emphysema(strength, ground, rng)
        case LesionKind.FIBROSIS:
            return fibrosis(strength, ground, rng)
        case LesionKind.HERNIA:
            return hernia(strength, ground, rng)
        case LesionKind.INFILTRATION:
            return infiltration(strength, lung, ground, rng)
        case LesionKind.MASS:
            return mass(strength, lung, ground, rng)
        case LesionKind.NODULE:
            return nodule(strength, lung, ground, rng)
        case LesionKind.PLEURAL_THICKENING:
            return pleural_thickening(strength, lung, ground, rng)
        case LesionKind.PNEUMONIA:
            return pneumonia(strength, lung, ground, rng)
        case LesionKind.PNEUMOTHORAX:
            return pneumothorax(strength, lung, ground, rng)
        case LesionKind.TENSION_PNEUMOTHORAX:
            return pneumothorax(strength, lung, ground, rng, tension=True)
        case TuberculousKind.INFILTRATE:
            return infiltrate(strength, lung, ground, rng)
        case TuberculousKind.CAVITY:
            return cavity(strength, lung, ground, rng)
        case TuberculousKind.SPREAD:
            return spread(strength, lung, ground, rng)
        case TuberculousKind.MILIARY:
            return miliary(strength, ground, rng)
        case TuberculousKind.SCAR:
            return scar(strength, lung, ground, rng)
        case TuberculousKind.NODES:
            return nodes(strength, lung, ground, rng)
        case TuberculousKind.PRIMARY:
            return primary(strength, lung, ground, rng)
        case LookAlikeKind.BASAL_MASS:
            return basal_mass(strength, lung, ground, rng)
        case LookAlikeKind.RIB_CARTILAGE:
            return rib_cartilage(strength, ground, rng)
        case LookAlikeKind.OLD_FRACTURE:
            return old_fracture(strength, lung, ground, rng)
        case NewbornKind.RESPIRATORY_DISTRESS:
            return respiratory_distress(strength, ground, rng)
        case NewbornKind.WET_LUNG:
            return wet_lung(strength, ground, rng)
