"""Asking the emergency rooms: who is asked, what they are told, what their answers do."""
