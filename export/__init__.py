"""From data to a shipped INT8 model. PyTorch lives here and nowhere else."""

import os

# Threads that wait by spinning make training several times slower as soon as anything else runs on the machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
