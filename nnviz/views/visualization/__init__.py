"""A picture that forms: what is asked for, and the work on it."""
