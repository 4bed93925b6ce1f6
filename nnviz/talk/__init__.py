"""The talk: scenes, the wall, the speaker's window. It knows pages; no page knows it."""
