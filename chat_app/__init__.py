"""Rooms on the web that anybody can open with one command."""

__version__ = "0.1.0"
