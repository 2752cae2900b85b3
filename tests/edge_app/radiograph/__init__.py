"""Pictures from files: every syntax against known pixels, every refusal by its name."""
