"""Drawn pictures, where real ones do not exist or may not be shipped."""
