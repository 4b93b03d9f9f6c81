"""The measured figures: `./run bench`. A benchmark, never a timed test."""
