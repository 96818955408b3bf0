"""What measures, tries and documents the package; it is not installed with it."""
