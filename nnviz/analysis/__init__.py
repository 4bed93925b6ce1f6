"""What is computed: networks, images, traces and explanations, without any plotting or page."""
