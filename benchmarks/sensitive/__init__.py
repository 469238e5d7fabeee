"""Made-up texts with sensitive values in them, and without: to measure detectors on what they were not written for."""
