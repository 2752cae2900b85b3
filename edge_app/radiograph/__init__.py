"""One picture, or one video, and its facts: decoding, photometric interpretation, windowing, spacing, view."""

import logging

# pydicom's messages quote values, which may be the patient's.
logging.getLogger("pydicom").propagate = False
