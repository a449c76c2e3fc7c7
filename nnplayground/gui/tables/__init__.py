"""The dialog by which a table of the user's own is taken up."""
