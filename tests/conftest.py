"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# How fast examples are made says something of the machine, not of the code: on a busy one it must not fail a test.
settings.register_profile("any machine", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("any machine")
