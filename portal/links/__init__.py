"""Tracked links: codes, redirect, verdicts, visitors."""
