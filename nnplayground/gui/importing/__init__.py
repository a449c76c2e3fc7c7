"""What the dialogs share by which data of the user's own are taken up."""
