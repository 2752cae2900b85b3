"""How good a model is, in each form it ships in: figures with what the patients' number leaves uncertain, and reports for people."""
