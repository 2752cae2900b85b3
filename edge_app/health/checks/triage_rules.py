"""Fault: the site's own rules for urgency are named in the settings, but the box judges by those that ship."""

from edge_app.config import Settings
from edge_app.health.check import Check, failed, ok
from edge_app.triage import rules_in_force

NAME = "triage_rules"
REMEDY = "Mend that line and restart the box, or take rules out of [triage] in the settings; ./edge rules --settings FILE shows the table."


def look(settings: Settings) -> Check:
    """Read the rules as the services do."""
    rules = rules_in_force(settings.triage.rules)
    if rules.fault is not None:
        return failed(NAME, f"the site's rules are NOT in force, those that ship are: {rules.fault}", REMEDY)
    own = sum(rule.site for rule in rules.table.rules)
    whose = "those that ship" if rules.table.site is None else f"{own} of them from {rules.table.site}"
    return ok(NAME, f"{len(rules.table.rules)} rules, {whose} ({rules.table.digest[:12]})")
