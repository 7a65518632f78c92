"""The live sources: OpenRouter's keyless exports, its Data API, its catalogue; one module each.

Each yields observations (body, origin, published sha256) as `assets.resources.Observations` asks. Not here: parsing
or judging what was received, and storing it.
"""
