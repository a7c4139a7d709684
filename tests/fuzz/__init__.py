"""Searches by random texts and random expressions; long runs are commands (CONTRIBUTING.md)."""
