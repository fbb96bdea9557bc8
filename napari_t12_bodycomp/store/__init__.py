"""The study store: the only room that knows SQL."""
