"""The dialog by which images of the user's own are taken up."""
