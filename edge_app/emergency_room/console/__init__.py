"""The emergency doctor's console: what rings, what was found, and the answer."""

from edge_app.emergency_room.console.app import create_app

__all__ = ["create_app"]
