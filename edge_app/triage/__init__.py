"""From findings, severity, measurements and vital signs to imaging urgency, and to what the hospital must have.

Imaging urgency is the box's own word about the picture. It is not the crew's Pre-KTAS and never overwrites it. Vital signs can only
raise what the picture says, and ``NONE`` means no urgent finding was found, not that the patient is well.

The rules are in ``rules.toml``, which a doctor can read; a site's own file goes over them (``[triage] rules`` in the settings).
"""

from edge_app.triage.conditions import About, Because, Evidence, Lack
from edge_app.triage.judging import Judgement, Unjudged, judge, judge_reading, most_urgent
from edge_app.triage.table import SHIPPED, InForce, Rule, Table, read_table, rules_in_force
from edge_app.triage.vitals import Entered, Vitals, is_plausible
from edge_app.triage.vocabulary import FINDINGS, STEPS, VITALS, Need

__all__ = [
    "FINDINGS",
    "SHIPPED",
    "STEPS",
    "VITALS",
    "About",
    "Because",
    "Entered",
    "Evidence",
    "InForce",
    "Judgement",
    "Lack",
    "Need",
    "Rule",
    "Table",
    "Unjudged",
    "Vitals",
    "is_plausible",
    "judge",
    "judge_reading",
    "most_urgent",
    "read_table",
    "rules_in_force",
]
