"""Measures a real endpoint: what it costs, what it keeps up with, and what it does when it is killed."""
