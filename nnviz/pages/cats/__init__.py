"""Cats: a photograph through a network for photographs, from what it sees to what it dreams."""
