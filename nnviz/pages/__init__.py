"""The pages of the dashboard."""

FIRST_SLUG = "network"
"""Slug of the page that the app opens on: here, since the server needs it before the pages can be imported."""
