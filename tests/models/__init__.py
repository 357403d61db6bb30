"""Models of others, and what passes through them."""
