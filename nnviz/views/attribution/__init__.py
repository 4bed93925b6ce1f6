"""Attribution maps: what is asked for, their panels, and why one is zero."""
