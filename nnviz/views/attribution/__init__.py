"""Attribution maps: the queue that makes them, their panels, and why one is zero."""
