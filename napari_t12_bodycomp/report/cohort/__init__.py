"""The study's statistics as tables, figures, numbers and one report."""
