"""When what happens in a swallow of nobody: its moments, how far every part has moved between them, and what goes the wrong way.

Seconds from the first frame. How long things take: Molfenter and Steele 2012 (Dysphagia 27:162-177) for the healthy; delays as after a
stroke go beyond. The penetration-aspiration scale: Rosenbek et al. 1996 (Dysphagia 11:93-98).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np

from edge_app.reading.swallow import (
    HEAD_PAST_RAMUS,
    HYOID_HIGHEST,
    HYOID_ONSET,
    LARYNX_CLOSED,
    LARYNX_OPENED,
    ORAL_ONSET,
    TAIL_PAST_UES,
    UES_CLOSED,
    UES_OPENED,
)
from export.simulate.swallow_neck import GULLET, LAST, RAMUS, SINUS, SPHINCTER, VALLECULA, Posture

THIN, MILDLY_THICK, PASTE, SOLID = "thin", "mildly_thick", "paste", "solid"
CONSISTENCIES = (THIN, MILDLY_THICK, PASTE, SOLID)
"""Water, nectar, pudding and a biscuit: IDDSI 0, 2, 4 and 7."""
PENETRATES, CONTACTS, ASPIRATES = 2, 4, 6
"""The least number on the scale for barium in the vestibule, on the folds and below them."""
_EJECTED, _EFFORT = frozenset({2, 4, 6}), frozenset({2, 4, 6, 7})
_HELD = (0.6, 3.3)
_SPILLS_FROM_S = 0.15
"""Where the swallow starts so much later than the bolus is there, it runs ahead in a thread while most of it is still in the mouth."""
BEFORE, DURING, AFTER = "before", "during", "after"


def ramp(t: float, start: float, end: float) -> float:
    """0 until the start, 1 from the end, smooth between."""
    share = min(max((t - start) / max(end - start, 1e-6), 0.0), 1.0)
    return share * share * (3 - 2 * share)


@dataclass(frozen=True)
class Misway:
    """Barium on the wrong way: when it comes over the larynx's edge, how far it gets and by when, and when it is thrown out again.

    ``reach`` is a share of the vestibule, from 0 at its inlet to 1 on the folds; ``below_cm`` how far below the folds,
    along the windpipe's back wall where it runs ``behind``.
    """

    start_s: float
    reach: float
    below_cm: float
    arrived_s: float
    ejected_s: float | None
    cough_s: float | None
    behind: bool

    @property
    def over_s(self) -> float:
        """When nothing of it moves any more."""
        return max(self.arrived_s + 0.5, 0.0 if self.ejected_s is None else self.ejected_s + 0.3)

    def depth(self, t: float) -> tuple[float, float]:
        """How much of the vestibule it has come through by then, and how many cm below the folds."""
        through = self.start_s + (self.arrived_s - self.start_s) * (0.4 if self.below_cm else 1.0)
        back = 0.0 if self.ejected_s is None else ramp(t, self.ejected_s, self.ejected_s + 0.25)
        vestibule = self.reach * float(np.clip((t - self.start_s) / (through - self.start_s), 0.0, 1.0)) * (1 - back)
        below = self.below_cm * float(np.clip((t - through) / max(self.arrived_s - through, 1e-3), 0.0, 1.0)) * (1 - min(1.0, 2.0 * back))
        return vestibule, below


@dataclass(frozen=True, eq=False)
class Course:
    """One swallow.

    Attributes:
        events: seconds by name; those of the bolus are there without barium too, for the saliva goes the same way.
        rest_s: when everything lies again as it did.
        consistency: one of ``CONSISTENCIES``.
        volume_cm3: swallowed at once.
        pas: 1 to 8.
        misway: what goes wrong; None at 1.
        kept: shares of valleculae and sinuses that stay full.
        hold: how far along its way the head waits until the hyoid starts.
        strength: of the movements, 1 in the healthy.
        shut: how far the larynx closes.
        lowered_s: when hyoid and larynx start back.
    """

    events: Mapping[str, float]
    rest_s: float
    consistency: str
    volume_cm3: float
    pas: int
    misway: Misway | None
    kept: tuple[float, float]
    hold: float
    strength: float
    shut: float
    lowered_s: float

    def posture(self, t: float) -> Posture:
        """How far every part has moved."""
        event = self.events
        onset, highest = event[HYOID_ONSET], event[HYOID_HIGHEST]
        back = self.lowered_s, self.rest_s
        up = ramp(t, onset, onset + 0.8 * (highest - onset)) - ramp(t, *back)
        forward = ramp(t, onset + 0.15 * (highest - onset), highest) - ramp(t, back[0] + 0.1, back[1])
        closed, opened = event[LARYNX_CLOSED], event[LARYNX_OPENED]
        velum = ramp(t, event[HEAD_PAST_RAMUS] - 0.4, event[HEAD_PAST_RAMUS] - 0.15) - ramp(t, event[UES_CLOSED], event[UES_CLOSED] + 0.35)
        return Posture(
            hyoid_up=self.strength * up,
            hyoid_forward=self.strength * forward,
            larynx=self.strength * (ramp(t, onset, highest) - ramp(t, *back)),
            velum=velum,
            epiglottis=min(1.0, 0.25 + 0.8 * self.strength) * (ramp(t, closed - 0.12, closed + 0.1) - ramp(t, opened, opened + 0.25)),
            closure=self.shut * (ramp(t, closed - 0.15, closed) - ramp(t, opened, opened + 0.2)),
        )

    def spills(self, t: float) -> float:
        """How much of its shape is that of one that runs ahead, 0 to 1."""
        ramus, onset = self.events[HEAD_PAST_RAMUS], self.events[HYOID_ONSET]
        if onset - ramus <= _SPILLS_FROM_S:
            return 0.0
        return ramp(t, ramus - 0.1, ramus + 0.05) * (1 - ramp(t, onset - 0.05, onset + 0.15))

    def head(self, t: float) -> float:
        """Where along its way the bolus ends in front."""
        event = self.events
        ramus, opened, closed = event[HEAD_PAST_RAMUS], event[UES_OPENED], event[UES_CLOSED]
        at = [(event[ORAL_ONSET], _HELD[1]), (ramus, RAMUS)]
        if event[HYOID_ONSET] - ramus > _SPILLS_FROM_S:
            at += [(ramus + 0.22, 0.6 * self.hold + 0.4 * RAMUS), (opened - 0.1, self.hold)]
        at += [(opened, SPHINCTER), (opened + 0.14, GULLET + 0.4), (closed + 0.1, GULLET + 2.6), (closed + 1.0, LAST)]
        return float(np.interp(t, [own for own, _ in at], [own for _, own in at]))

    def tail(self, t: float) -> float:
        """Where it ends behind."""
        event = self.events
        onset, opened = event[ORAL_ONSET], event[UES_OPENED]
        left = max(event[HEAD_PAST_RAMUS], event[HYOID_ONSET])
        past = left + 0.5 * (event[TAIL_PAST_UES] - left)
        at = [
            *(
                (onset, _HELD[0]),
                (left, _HELD[1] + (1.2 if left - event[HEAD_PAST_RAMUS] < _SPILLS_FROM_S else 0.0)),
                (past, RAMUS + 0.5),
                (event[TAIL_PAST_UES], GULLET),
            ),
            (max(event[TAIL_PAST_UES], opened) + 1.2, LAST + 0.5),
        ]
        return float(np.interp(t, [own for own, _ in at], [own for _, own in at]))

    def sphincter(self, t: float) -> float:
        """How far it is open, 0 to 1."""
        opened, closed = self.events[UES_OPENED], self.events[UES_CLOSED]
        return ramp(t, opened - 0.06, opened + 0.08) * (1 - ramp(t, closed - 0.08, closed))

    def emptied(self, t: float) -> float:
        """How far the throat behind the bolus is squeezed shut, 0 to 1."""
        return ramp(t, self.events[HYOID_ONSET] - 0.1, self.events[HYOID_ONSET] + 0.1) * (1 - ramp(t, self.lowered_s, self.rest_s))

    @cached_property
    def _at_pockets(self) -> tuple[tuple[float, float], ...]:
        """When head and tail come to the valleculae, and to the sinuses."""
        moments = np.linspace(self.events[ORAL_ONSET], self.rest_s, 80)
        heads, tails = [self.head(t) for t in moments], [self.tail(t) for t in moments]
        found = []
        for place in (VALLECULA, SINUS):
            reached, passed = (next((t for t, at in zip(moments, own, strict=True) if at >= place), self.rest_s) for own in (heads, tails))
            found.append((float(reached), float(passed)))
        return tuple(found)

    def full(self, t: float) -> tuple[float, float]:
        """Shares of the valleculae and of the sinuses that barium fills."""
        # The base of the tongue empties the valleculae as the epiglottis turns over.
        held = 1 - 0.85 * self.posture(t).epiglottis
        share = 0.5 if self.consistency == SOLID else 0.85
        shares = []
        for (reached, passed), kept, most in zip(self._at_pockets, self.kept, (share * held, share), strict=True):
            filled = ramp(t, reached, reached + 0.12) * max(most, kept)
            shares.append(filled + (kept - filled) * ramp(t, passed - 0.1, passed + 0.05) if t >= reached else 0.0)
        return shares[0], shares[1]

    def cleared(self, t: float) -> tuple[float, float]:
        """How far it has taken along what lay in the valleculae and in the sinuses before it, 0 to 1."""
        valleculae, sinuses = (ramp(t, passed - 0.1, passed + 0.05) for _, passed in self._at_pockets)
        return valleculae, sinuses

    def jolt(self, t: float) -> float:
        """How much a cough shakes the patient, −1 to 1."""
        cough = None if self.misway is None else self.misway.cough_s
        if cough is None or not cough <= t <= cough + 0.7:
            return 0.0
        return float(np.sin((t - cough) * 2 * np.pi / 0.32) * np.exp(-(t - cough) / 0.3))


def _misway(pas: int, events: Mapping[str, float], rest_s: float, when: str, random: np.random.Generator) -> Misway:
    start = {
        BEFORE: events[HYOID_ONSET] - random.uniform(0.25, 0.4),
        DURING: events[LARYNX_CLOSED] + random.uniform(0.0, 0.1),
        AFTER: rest_s - random.uniform(0.0, 0.1),
    }[when]
    reach = random.uniform(0.35, 0.65) if pas < CONTACTS else 1.0
    below = random.uniform(1.0, 5.0) if pas >= ASPIRATES else 0.0
    arrived = start + random.uniform(0.2, 0.3) + (random.uniform(0.3, 0.9) if below else 0.0)
    # What came before is thrown out as the larynx shuts, what came later by clearing the throat.
    ejected = arrived + random.uniform(0.1, 0.5) if pas in _EJECTED else None
    cough = None
    if pas in _EFFORT and (pas >= ASPIRATES or random.random() < 0.5):
        cough = arrived + random.uniform(0.05, 0.1)
    return Misway(start, reach, below, arrived, ejected, cough, behind=bool(random.random() < 0.4))


def course(random: np.random.Generator, start_s: float, consistency: str, pas: int, volume_cm3: float) -> Course:
    """A swallow drawn at random whose bolus starts backwards then."""
    slow = {THIN: 1.0, MILDLY_THICK: 1.15, PASTE: 1.4, SOLID: 1.5}[consistency]
    impaired = random.uniform(0.3, 1.0) if pas >= CONTACTS else random.beta(1.0, 2.5)
    when = random.choice([BEFORE, DURING, AFTER]) if pas >= PENETRATES else DURING
    delay = random.uniform(-0.1, 0.3) + (random.uniform(0.0, 1.0) if random.random() < impaired else 0.0)
    if when == BEFORE:
        delay = max(delay, random.uniform(0.6, 1.3))
    ramus = start_s + slow * random.uniform(0.35, 0.8) * (1 + impaired * random.uniform(0.0, 1.0))
    onset = ramus + delay
    opened = max(onset + random.uniform(0.16, 0.3), ramus + 0.22)
    closed = opened + random.uniform(0.42, 0.65)
    shut_s = onset + random.uniform(0.14, 0.24)
    highest = onset + random.uniform(0.3, 0.45)
    again = max(shut_s + random.uniform(0.4, 0.75), closed - 0.05)
    events = {
        ORAL_ONSET: start_s,
        HEAD_PAST_RAMUS: ramus,
        HYOID_ONSET: onset,
        LARYNX_CLOSED: shut_s,
        UES_OPENED: opened,
        HYOID_HIGHEST: highest,
        TAIL_PAST_UES: closed - 0.02,
        UES_CLOSED: closed,
        LARYNX_OPENED: again,
    }
    lowered = max(again, highest + 0.05, closed - 0.1)
    rest = lowered + random.uniform(0.35, 0.6)
    thick = {THIN: 0.35, MILDLY_THICK: 0.6, PASTE: 1.0, SOLID: 0.8}[consistency]
    kept = np.where(
        random.random(2) < 0.2 + 0.75 * impaired, random.uniform(0.08, 0.3 + 0.6 * impaired, 2) * (thick, 1.2 - 0.4 * thick), 0.0
    )
    if when == AFTER and pas >= PENETRATES:
        kept = np.maximum(kept, (0.0, random.uniform(0.35, 0.8)))
    hold = random.uniform(VALLECULA, 11.6) if consistency in {THIN, MILDLY_THICK} or when == BEFORE else random.uniform(8.6, 9.8)
    return Course(
        events=MappingProxyType(events),
        rest_s=rest,
        consistency=consistency,
        volume_cm3=volume_cm3,
        pas=pas,
        misway=_misway(pas, events, rest, when, random) if pas >= PENETRATES else None,
        kept=(float(kept[0]), float(kept[1])),
        hold=float(hold),
        strength=1.0 - 0.5 * impaired * random.random(),
        shut=random.uniform(0.25, 0.45) if when == DURING and pas >= PENETRATES else random.uniform(0.97, 1.0),
        lowered_s=lowered,
    )
