"""From data to a shipped INT8 model. PyTorch lives here and nowhere else."""
