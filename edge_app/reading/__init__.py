"""Reading a picture: models and their cards, the engine, the gate, the protocols."""
