"""Findings laid into a chest: into the simulated one, and in training into real ones, by the same code."""
