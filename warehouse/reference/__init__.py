"""The curated reference files: facts of attribution, each reviewed and with its evidence."""
