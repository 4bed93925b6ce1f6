"""Arrays in, Plotly figures out; and the colours and ranges that pages and notebooks share."""
