"""The crew's screen: what was found, how sure, where; which hospital has what in hand; and the answer."""
