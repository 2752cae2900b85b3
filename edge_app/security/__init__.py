"""Who may use a screen: the kiosk's PIN, the console's accounts, sessions, pauses after wrong words, and the record of all of it."""
