"""Office displays: pairing, slides, live updates."""
