"""Whether the box is well: heartbeats of its services, and checks of one fault each."""
