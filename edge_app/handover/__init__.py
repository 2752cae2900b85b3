"""The handover page: what is known of a patient on one A4 page, as a PDF made on the box, without a browser and without a network."""
