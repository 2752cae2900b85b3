"""One picture and its facts: decoding, photometric interpretation, windowing, spacing, view."""
