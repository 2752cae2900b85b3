"""The hospital's side: requests arrive, are stored and acknowledged, ring, are opened and answered."""
