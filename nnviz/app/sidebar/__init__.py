"""What the sidebar offers: networks, pictures and what is done to them."""
