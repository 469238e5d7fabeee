"""Sets of byte regexes that are matched all at once."""
