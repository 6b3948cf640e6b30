"""Leaderboards and thanks."""
