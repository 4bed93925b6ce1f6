"""A network changed: units switched off, weights edited."""
