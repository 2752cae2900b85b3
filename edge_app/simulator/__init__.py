"""Radiographs of nobody: simulated pictures for the demo, the tests and the golden files."""
