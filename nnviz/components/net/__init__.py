"""A network run in the browser: `net.js` does what `analysis.network.program` puts down. It knows of no page yet."""
