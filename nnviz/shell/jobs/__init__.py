"""Long work: progress, stop, resume, one bar."""
