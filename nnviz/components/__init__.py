"""What must run in the browser."""
