"""How fast this box is: the same work, many rounds, interleaved, told as medians and ratios with their spread."""
