"""What the crew's screens must have room for."""

from collections.abc import Callable

from edge_app.dispatch.offers import Event
from edge_app.errors import Refusal
from edge_app.link.messages import AnswerKind
from edge_app.reading.finding import Flaw, Urgency
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.figured import COMPLETE, GAPS, NOTHING, flawed


def _busy(seed: Seeder) -> None:
    """As full as a page gets: six hospitals, the longest names, two pictures, another case."""
    seed.no_answer()
    radiograph = seed.radiograph(study="1.9.6", age=0.5, ago_s=4000)
    reading = seed.assessed(radiograph, present=(("Pleural_Thickening", 0.998), ("Cardiomegaly", 0.91), ("Pneumothorax", 0.66)))
    seed.rendition(radiograph, 700, 300)
    seed.offers(reading, count=6, ago_s=20)
    seed.refused(seed.radiograph(study="1.9.6", ago_s=3000))
    late = seed.radiograph(study="1.9.6", ago_s=2)
    seed.assessed(
        late,
        present=(("Pleural_Thickening", 0.998), ("Cardiomegaly", 0.91), ("Pneumothorax", 0.66)),
        gate=flawed(Flaw.CUT_OFF, Flaw.OVER_EXPOSED),
        **COMPLETE,
    )
    seed.rendition(late, 300, 700)


def _four_unanswered(seed: Seeder) -> None:
    radiograph = seed.radiograph(age=103, ago_s=3000)
    seed.offers(seed.assessed(radiograph, present=(("Hernia", 0.9),)), count=4, ago_s=2900)
    seed.rendition(radiograph)


def _nine_asked(seed: Seeder) -> str:
    seed.link()
    radiograph = seed.radiograph(ago_s=500)
    offers = seed.offers(seed.assessed(radiograph), count=9, ago_s=480)
    seed.rendition(radiograph)
    for offer in offers[:2]:
        seed.says(offer, Event.PHONE_DECLINE)
    seed.says(offers[2], Event.EXPIRE)
    return radiograph.case_id


def _last_of_nine(seed: Seeder) -> None:
    _nine_asked(seed)
    seed.answers(seed.newest_offers()[-1], AnswerKind.ACCEPT, note="동문으로")


SITUATIONS: dict[str, Callable[[Seeder], object]] = {
    "waiting": lambda seed: seed.link(),
    "reading": Seeder.unread,
    "result": Seeder.result,
    "look now": lambda seed: seed.of_urgency(Urgency.IMMEDIATE),
    "can wait": lambda seed: seed.of_urgency(Urgency.DELAYED),
    "nothing urgent": lambda seed: seed.of_urgency(Urgency.NONE),
    "much unproven": Seeder.much_unproven,
    "accepted": Seeder.accepted,
    "no_answer": Seeder.no_answer,
    "declined": Seeder.declined,
    "withdrawn": Seeder.withdrawn,
    "phoned": Seeder.phoned,
    "told too late": Seeder.told_too_late,
    "not in time": Seeder.not_in_time,
    "closed": Seeder.closed,
    "refused": Seeder.not_read,
    "cannot be sent": lambda seed: seed.not_read(Refusal.UNSUPPORTED_TRANSFER_SYNTAX),
    "no figures": lambda seed: seed.result(**NOTHING),
    "gaps and flaws": lambda seed: seed.result(Flaw.CUT_OFF, Flaw.UNDER_EXPOSED, Flaw.TURNED_RIGHT, **GAPS),
    "refused and flawed": lambda seed: seed.not_read(
        Refusal.UNLIKE_TRAINING, Flaw.TURNED_LEFT, Flaw.INVERTED, Flaw.UNDER_EXPOSED, Flaw.CUT_OFF
    ),
    "busy": _busy,
    "four unanswered": _four_unanswered,
    "nine asked": _nine_asked,
    "last of nine": _last_of_nine,
}

CALLED = ("no_answer", "busy", "four unanswered", "nine asked")
"""In which of them somebody is telephoned or asked beyond the others."""
