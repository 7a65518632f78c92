"""What the command line shows: each module reads the published file and renders one report. Nothing here writes."""
