"""Where spend is kept, so that a cap is a cap: a protocol, and a file for every store."""
