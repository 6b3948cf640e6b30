"""Tests of the portal, through its front door."""
