"""HTTP: parses a request, renders an answer."""
