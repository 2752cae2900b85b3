"""The appliance: from a radiograph in the field to a hospital's answer. Research prototype, not a medical device."""

__version__ = "0.1.0"
