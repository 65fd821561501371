"""The domain: what a room, a member and a message are, and who may do what."""
